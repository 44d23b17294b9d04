"""What a script told about its result: its reports, and the metrics found in its output."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from argmin.api.outcome import Outcome, Reason, Sense
from argmin_solvers.failure import RunError

_FIELDS = ("objective", "bestBound", "outcome", "solutions", "sense")


@dataclass(frozen=True)
class Findings:
    """What is known of a script's result; numbers as they were told."""

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
    merged: dict[str, Any] = {name: found[name] for name in _FIELDS if name in found}
    metrics: dict[str, Any] = {n: text for n, text in found.items() if n not in _FIELDS}
    for entry in _read_reports(report_file):
        metrics.update(entry.pop("metrics", {}))
        merged.update(entry)
    solutions = merged.get("solutions")
    variables = merged.get("variables")
    return Findings(
        objective=_optional_number("objective", merged.get("objective")),
        best_bound=_optional_number("bestBound", merged.get("bestBound")),
        outcome=_outcome(merged.get("outcome")),
        sense=_sense(merged.get("sense")),
        solutions=None if solutions is None else int(_number("solutions", solutions)),
        variables=variables and {n: _number(n, value) for n, value in variables.items()},
        metrics={name: _number(name, value) for name, value in metrics.items()},
    )


def _read_reports(report_file: Path) -> list[dict[str, Any]]:
    if not report_file.exists():
        return []
    entries = []
    for number, line in enumerate(report_file.read_bytes().splitlines(), start=1):
        try:
            entry = json.loads(line)
        except ValueError:
            entry = None
        if not isinstance(entry, dict):
            raise _failed(f"line {number} of the file $ARGMIN_REPORT is no JSON object")
        entries.append(entry)
    return entries


def _optional_number(name: str, value: Any) -> float | None:
    return None if value is None else _number(name, value)


def _number(name: str, value: Any) -> float:
    try:
        number: float = value if isinstance(value, int) else float(value)
    except (TypeError, ValueError):
        number = math.nan
    if not math.isfinite(number):
        raise _failed(f"the program told {name} = {value!r}, which is not a finite number")
    return number


def _outcome(value: Any) -> Outcome | None:
    if value is None:
        return None
    if value not in tuple(Outcome):
        raise _failed(f"the program told outcome = {value!r}: say one of {', '.join(Outcome)}")
    return Outcome(value)


def _sense(value: Any) -> Sense | None:
    if value is None:
        return None
    if value not in tuple(Sense):
        raise _failed(f"the program told sense = {value!r}: say one of {', '.join(Sense)}")
    return Sense(value)


def _failed(message: str) -> RunError:
    return RunError(Reason.PROGRAM_FAILED, message)
