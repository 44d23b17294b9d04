"""The progress of a program of the user's own: its reports, and the metrics in its output."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from argmin_solvers.errors import RunError
from argmin_solvers.progress.sink import ProgressSink
from argmin_solvers.script.metrics import MetricFinder
from argmin_solvers.script.reports import understand

_LOOK_BYTES = 1024 * 1024
"""What is read at a time: of a program that reports more, the last."""


class ReportTail:
    """Follows the file that collects a program's reports."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._read_to = 0

    def look(self, sink: ProgressSink) -> None:
        """Report the new, complete lines to the sink."""
        for line in self._read_new().splitlines():
            try:
                entry = json.loads(line)
            except (ValueError, RecursionError):
                continue  # the end of the run says what is wrong with it
            if isinstance(entry, dict):
                _tell(entry, sink)

    def _read_new(self) -> bytes:
        try:
            with self._path.open("rb") as file:
                size = file.seek(0, 2)
                start = max(self._read_to, size - _LOOK_BYTES)
                file.seek(start)
                new = file.read(size - start)
        except FileNotFoundError:
            return b""  # nothing is reported yet
        if start > self._read_to:  # in the middle of a line
            new = new.partition(b"\n")[2]
        whole, newline, rest = new.rpartition(b"\n")
        self._read_to = size - len(rest)
        return whole + newline


class MetricTail:
    """Asks for the metrics that were found in a program's output."""

    def __init__(self, metrics: MetricFinder) -> None:
        self._metrics = metrics
        self._told: Mapping[str, str] = {}

    def look(self, sink: ProgressSink) -> None:
        """Report new metrics to the sink."""
        found = self._metrics.found_so_far
        if found != self._told:
            self._told = found
            _tell(found, sink)


def _tell(entry: Mapping[str, Any], sink: ProgressSink) -> None:
    try:
        told = understand(entry)
    except RunError:
        return  # the end of the run says what is wrong with it
    if told.sense is not None:
        sink.tell_sense(told.sense)
    sink.tell_metrics(told.metrics)
    sink.tell(objective=told.objective, bound=told.best_bound, solutions=told.solutions)
