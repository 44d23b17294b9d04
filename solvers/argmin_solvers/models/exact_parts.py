"""Parts of exact linear models, from the numbers that Python objects hold."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from fractions import Fraction
from typing import Any

from argmin.api.answer import Reason
from argmin_solvers.errors import RunError
from argmin_solvers.models.exact import ExactVariable, take_interval
from argmin_solvers.models.numerals import to_fraction

Bounds = tuple[Fraction | None, Fraction | None]


class Parts:
    """Takes numbers exactly; `origin` is what messages call the model."""

    def __init__(self, origin: str) -> None:
        self.origin = origin

    def refuse(self, what: str, reason: Reason = Reason.UNSUPPORTED) -> RunError:
        """The failure for something that the model has."""
        return RunError(reason, f"{self.origin}: {what}")

    def number(self, value: Any, what: str) -> Fraction:
        """A number that is finite.

        Raises:
            RunError: InvalidModel, saying what it is.
        """
        try:
            if math.isfinite(value):
                return to_fraction(value)
        except OverflowError:
            pass  # beyond a double
        except (TypeError, ValueError):
            raise self.refuse(
                f"{what} is {value!r}: write a number", Reason.INVALID_MODEL
            ) from None
        raise self.refuse(f"{what} is {value}", Reason.INVALID_MODEL)

    def terms(
        self, pairs: Iterable[tuple[int, Any]], describe: Callable[[int], str]
    ) -> dict[int, Fraction]:
        """Coefficients by variable, summed; `describe` names the coefficient of a variable."""
        terms: dict[int, Fraction] = {}
        for at, value in pairs:
            # The common case first: a description costs more than a number.
            finite = type(value) in (int, float) and math.isfinite(value)
            exact = Fraction(value) if finite else self.number(value, describe(at))
            terms[at] = terms[at] + exact if at in terms else exact
        return terms

    def bounds(self, lower: Any, upper: Any, what: str) -> Bounds:
        """Two sides; None, or one that is infinite, is none.

        Raises:
            RunError: InvalidModel, for sides that are no numbers or infinite the wrong way.
        """
        try:
            ends = [None if end is None else to_fraction(end) for end in (lower, upper)]
        except ValueError as error:
            wrong = f"a bound of {what}: {error}"
            raise self.refuse(wrong, Reason.INVALID_MODEL) from None
        try:
            return take_interval(*ends)
        except ValueError as error:
            raise self.refuse(f"{what} has {error}", Reason.INVALID_MODEL) from None

    def variable(self, name: str, lower: Any, upper: Any, *, integer: bool) -> ExactVariable:
        """A variable with its bounds."""
        return ExactVariable(name, *self.bounds(lower, upper, f"variable {name}"), integer=integer)
