"""The result that a script reports: its reports, and the metrics found in its output."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from argmin.api.answer import Outcome, Reason, Sense
from argmin_solvers.errors import RunError
from argmin_solvers.process.log_capture import log
from argmin_solvers.script.report import OUTCOMES, SENSES
from argmin_solvers.text import shorten

_FIELDS = ("objective", "bestBound", "outcome", "solutions", "sense")
_LARGEST_EXACT = 10**60
"""As text it has fewer than 64 characters; larger ones are written with an exponent."""
_LARGEST_COUNT = 2**63 - 1


@dataclass(frozen=True)
class Findings:
    """The reported result of a script; numbers as they were reported."""

    objective: float | None = None
    best_bound: float | None = None
    outcome: Outcome | None = None
    sense: Sense | None = None
    solutions: int | None = None
    variables: Mapping[str, float] | None = None
    metrics: Mapping[str, float] = field(default_factory=dict)


def gather_findings(report_file: Path, found: Mapping[str, str]) -> Findings:
    """Merge the reports of a script with the metrics found in its output; reports win.

    Raises:
        RunError: ProgramFailed, where a value is no number or no known outcome.
    """
    told = _Told()
    told.take({name: text for name, text in found.items() if name in _FIELDS}, "")
    told.take({"metrics": {n: text for n, text in found.items() if n not in _FIELDS}}, "")
    for number, entry in _read_reports(report_file):
        told.take(entry, f"line {number} of $ARGMIN_REPORT: ")
    return Findings(
        **told.fields, variables=told.variables, metrics=told.metrics, solutions=told.solutions
    )


def understand(entry: Mapping[str, Any]) -> Findings:
    """The result of one report, or of the metrics found in the output, alone.

    Raises:
        RunError: ProgramFailed, where a value is no number or no known outcome.
    """
    told = _Told()
    told.take({name: value for name, value in entry.items() if name != "variables"}, "")
    return Findings(**told.fields, metrics=told.metrics, solutions=told.solutions)


def _read_reports(report_file: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    """The entries with the numbers of their lines."""
    if not report_file.exists():
        return
    lines = report_file.read_bytes().split(b"\n")
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            entry = json.loads(line)
        except (ValueError, RecursionError):
            if number == len(lines):  # no end of line: the program was killed as it wrote
                log.info("line %d of $ARGMIN_REPORT is cut short: it does not count", number)
                return
            entry = None
        if not isinstance(entry, dict):
            raise _failed(
                f"line {number} of $ARGMIN_REPORT is no JSON object: write one a line,"
                ' such as {"objective": 15005.0}'
            )
        yield number, entry


class _Told:
    """The reports so far; the last value of each field is used."""

    def __init__(self) -> None:
        self.fields: dict[str, Any] = {}
        self.variables: Mapping[str, float] | None = None
        self.solutions: int | None = None
        self.metrics: dict[str, float] = {}

    def take(self, entry: Mapping[str, Any], where: str) -> None:
        """Check and keep the fields of an entry; `where` begins the messages."""
        for name, value in entry.items():
            if value is None:
                continue
            if name in _READERS:
                field_name, read = _READERS[name]
                self.fields[field_name] = read(where + name, value)
            elif name == "variables":
                self.variables = _numbers(where + name, value)
            elif name == "solutions":
                self.solutions = _count(where + name, value)
            elif name == "metrics":
                self.metrics |= _numbers(where + name, value)
            else:
                self.metrics[name] = _number(where + name, value)


def _numbers(name: str, value: Any) -> dict[str, float]:
    if not isinstance(value, dict):
        raise _failed(f'{name} is {_quote(value)}: write an object, such as {{"x": 2.5}}')
    return {str(key): _number(f"{name}.{key}", number) for key, number in value.items()}


def _number(name: str, value: Any) -> float:
    try:
        approximate = math.nan if isinstance(value, bool) else float(value)
    except (TypeError, ValueError, OverflowError):
        approximate = math.nan
    if not math.isfinite(approximate):
        raise _failed(f"{name} is {_quote(value)}: write a finite number, which a double can hold")
    # Whole numbers stay exact as long as their text is one that the answer takes.
    exact = isinstance(value, int) and abs(value) < _LARGEST_EXACT
    number: float = value if exact else approximate
    return number


def _count(name: str, value: Any) -> int:
    number = _number(name, value)
    if number != int(number) or not 0 <= number <= _LARGEST_COUNT:
        raise _failed(f"{name} is {_quote(value)}: write a whole number of zero or more")
    return int(number)


def _quote(value: Any) -> str:
    try:
        return shorten(repr(value), 60)
    except ValueError:  # Python writes out no integer of more than 4300 digits
        return "a number of thousands of digits"


def _outcome(name: str, value: Any) -> Outcome:
    if value not in OUTCOMES:
        raise _failed(f"{name} is {_quote(value)}: write one of {', '.join(OUTCOMES)}")
    return Outcome(value)


def _sense(name: str, value: Any) -> Sense:
    if value not in SENSES:
        raise _failed(f"{name} is {_quote(value)}: write one of {', '.join(SENSES)}")
    return Sense(value)


_READERS: Mapping[str, tuple[str, Callable[[str, Any], Any]]] = {
    "objective": ("objective", _number),
    "bestBound": ("best_bound", _number),
    "outcome": ("outcome", _outcome),
    "sense": ("sense", _sense),
}


def _failed(what: str) -> RunError:
    return RunError(Reason.PROGRAM_FAILED, f"the program told: {what}")
