"""An answer as a file gives it, and its numbers."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

from argmin.api.answer import Outcome, Reason, Sense
from argmin_solvers.adapters.base import Solution
from argmin_solvers.errors import RunError
from argmin_solvers.models.numerals import LARGEST_EXPONENT
from argmin_solvers.text import quote

_WHOLE = re.compile(r"[+-]?\d{1,300}")
"""Whole numbers are kept as such: doubles hold those of CP-SAT not all."""


@dataclass(frozen=True)
class GivenAnswer:
    """What a file says: variables that are not listed are zero.

    `values` is None where there is no solution; `objective` and `bound` are as they are written.
    `digests` are those of the model and of the answer, `is_whole` whether the latter is right.
    """

    values: Solution | None
    pool: tuple[Solution, ...] = ()
    outcome: Outcome | None = None
    objective: Decimal | None = None
    bound: Decimal | None = None
    sense: Sense | None = None
    model_digest: str | None = None
    is_whole: bool = True


def refuse(message: str) -> RunError:
    """The failure for a file that is not understood."""
    return RunError(Reason.INVALID_MODEL, message)


def read_value(text: str, where: str) -> float:
    """The value of a variable; whole numbers stay whole.

    Raises:
        RunError: it is no number.
    """
    if _WHOLE.fullmatch(text):
        return int(text)
    try:
        if "_" in text:
            raise ValueError
        return float(text)
    except ValueError:
        raise refuse(f"{where}: {quote(text)} is not a number") from None


def read_decimal(text: str, where: str) -> Decimal:
    """A number as it is written.

    Raises:
        RunError: it is none, or not finite.
    """
    try:
        number = Decimal(text)
    except InvalidOperation:
        raise refuse(f"{where}: {quote(text)} is not a number") from None
    if not number.is_finite():
        raise refuse(f"{where}: {quote(text)} is not a finite number")
    if number and abs(number.adjusted()) > LARGEST_EXPONENT:
        raise refuse(f"{where}: the number {quote(text)} is beyond what doubles can hold")
    return number


def add_value(values: dict[str, float], name: str, value: float, where: str) -> None:
    """Add a value to those that were read.

    Raises:
        RunError: the variable has one already.
    """
    if name in values:
        raise refuse(f"{where}: variable {quote(name)} has a value already: list each once")
    values[name] = value


def find_outcome(words: str) -> Outcome | None:
    """What a solver's own words for its status say, as far as they are of these."""
    said = words.lower()
    for sign, outcome in _SIGNS.items():
        if sign in said:
            return outcome
    return None


_SIGNS: Mapping[str, Outcome | None] = {
    "infeasible or unbounded": None,
    "infeasible": Outcome.INFEASIBLE,
    "unbounded": Outcome.UNBOUNDED,
    "suboptimal": Outcome.FEASIBLE,
    "not optimal": Outcome.FEASIBLE,
    "optimal": Outcome.OPTIMAL,
}
