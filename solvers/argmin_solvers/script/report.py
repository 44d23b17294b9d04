"""The call by which a user's own program tells what it found.

Light on purpose: it is imported into programs that may hold any library, or none.
"""

from __future__ import annotations

import json
import math
import os
import sys
from collections.abc import Mapping
from typing import SupportsFloat

REPORT_FILE = "ARGMIN_REPORT"
"""Names the file that collects the reports, one JSON object a line."""

OUTCOMES = ("Optimal", "Feasible", "Infeasible", "Unbounded", "Unknown")
SENSES = ("Minimize", "Maximize")
_QUOTED = 60
"""Characters of a value in a message."""


def report(
    *,
    objective: SupportsFloat | None = None,
    bound: SupportsFloat | None = None,
    outcome: str | None = None,
    sense: str | None = None,
    solutions: int | None = None,
    variables: Mapping[str, SupportsFloat] | None = None,
    **metrics: SupportsFloat,
) -> None:
    """Tell argmin what the program has found so far; the last word on each field counts.

    Outside argmin the report is printed and nothing else happens.

    Args:
        objective: value of the best solution.
        bound: proven bound on the objective.
        outcome: one of Optimal, Feasible, Infeasible, Unbounded, Unknown. Say Optimal only with
            a proof; left out, a program with an objective ends as Feasible.
        sense: Minimize or Maximize.
        solutions: number of solutions found.
        variables: values of the solution, for `solution.json`.
        metrics: further numbers, kept as metrics of the run.

    Raises:
        ValueError: a number is none, NaN or infinite, a count is not whole, the variables are no
            mapping, or a word is none of those above.
    """
    _check_word("outcome", outcome, OUTCOMES)
    _check_word("sense", sense, SENSES)
    fields: dict[str, object] = {
        "objective": _number("objective", objective),
        "bestBound": _number("bound", bound),
        "outcome": outcome,
        "sense": sense,
        "solutions": _count("solutions", solutions),
        "variables": None if variables is None else _variables(variables),
        "metrics": _numbers(metrics, "{}") or None,
    }
    _tell(json.dumps({name: value for name, value in fields.items() if value is not None}))


def _tell(line: str) -> None:
    path = os.environ.get(REPORT_FILE)
    if path is None:
        sys.stdout.write(f"report {line}\n")
        return
    # One write of one line: reports of parallel workers do not mix.
    with open(path, "ab", buffering=0) as file:
        file.write(line.encode() + b"\n")


def _check_word(name: str, word: str | None, allowed: tuple[str, ...]) -> None:
    if word is not None and word not in allowed:
        raise ValueError(f"{name} is one of {', '.join(allowed)}, not {word!r}")


def _numbers(values: Mapping[str, SupportsFloat], label: str) -> dict[str, float | None]:
    return {str(name): _number(label.format(name), value) for name, value in values.items()}


def _variables(values: Mapping[str, SupportsFloat]) -> dict[str, float | None]:
    if not hasattr(values, "items"):
        raise ValueError(f"variables is {_quote(values)}: report a mapping, such as {{'x': 2.5}}")
    return _numbers(values, "variables[{!r}]")


def _number(name: str, value: SupportsFloat | None) -> float | None:
    if value is None:
        return None
    try:
        number = int(value) if isinstance(value, int) else float(value)
        is_finite = math.isfinite(number)
    except OverflowError:
        what = f"{name} is {_quote(value)}: report a finite number, which a double can hold"
        raise ValueError(what) from None
    except (TypeError, ValueError):
        raise ValueError(f"{name} is {_quote(value)}: report a number") from None
    if not is_finite:
        raise ValueError(f"{name} is {number}: report a finite number")
    return number


def _count(name: str, value: SupportsFloat | None) -> int | None:
    number = _number(name, value)
    if number is None:
        return None
    if number != int(number) or number < 0:
        raise ValueError(f"{name} is {_quote(value)}: report a whole number of zero or more")
    return int(number)


def _quote(value: object) -> str:
    try:
        text = repr(value)
    except ValueError:  # Python writes out no integer of more than 4300 digits
        return "a number of thousands of digits"
    return text if len(text) <= _QUOTED else text[: _QUOTED - 1] + "…"
