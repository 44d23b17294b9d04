"""The latest progress that running attempts have reported, until the leader writes it to a status.

It is kept in the memory of the leading process only: after a restart the runs report it again.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from argmin.api.conditions import is_finished
from argmin.api.progress import AttemptProgress, Progress, choose_pause
from argmin.plan import Key, Manifest

Wake = Callable[[Key, float], None]
"""Adds the key of an object to the work queue, after a delay in seconds."""

MOST_OBJECTS = 10_000
"""Maximum number of objects; the one that has reported least recently is dropped first."""
MOST_RUNS = 200
"""Maximum number of runs of one object; the same."""
WRITES_A_SECOND = 50.0
"""Maximum rate of status writes with progress over all objects; with many, each waits longer."""


@dataclass
class _Report:
    """The progress of one run."""

    attempt: str
    latest: Progress
    shown: Progress | None = None


@dataclass
class _Entry:
    """The runs of one object, whose progress is written to one status."""

    uid: str
    reports: dict[str, _Report] = field(default_factory=dict)
    """By run name."""
    due: float = float("-inf")
    """Earliest time of the next status write, in seconds of the clock."""

    @property
    def has_news(self) -> bool:
        return any(report.latest is not report.shown for report in self.reports.values())


class ProgressStore:
    """The latest progress of each run, released more rarely as the searches grow older."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        """`clock` returns monotonic seconds."""
        self._clock = clock
        self._entries: dict[Key, _Entry] = {}
        self._wake: Wake = _ignore

    def connect(self, wake: Wake) -> None:
        """Set the callback for objects with unwritten progress."""
        self._wake = wake

    @property
    def size(self) -> int:
        """Number of runs with progress."""
        return sum(len(entry.reports) for entry in self._entries.values())

    def record(self, key: Key, uid: str, run: str, attempt: str, progress: Progress) -> None:
        """Record the progress that an attempt of a run has reported.

        Args:
            key: of the object that owns the run.
            uid: of that object.
            run: name of the run.
            attempt: name of the attempt.
            progress: what it has reported.
        """
        before = self._entries.pop(key, None)
        entry = before if before and before.uid == uid else _Entry(uid)
        entry.due = before.due if before else entry.due
        report = entry.reports.pop(run, None)
        if report is None or report.attempt != attempt:
            report = _Report(attempt, progress)
        elif _is_news(report.latest, progress):
            report.latest = progress
        entry.reports[run] = report
        if len(entry.reports) > MOST_RUNS:
            entry.reports.pop(next(iter(entry.reports)))
        self._entries[key] = entry
        if len(self._entries) > MOST_OBJECTS:
            self._entries.pop(next(iter(self._entries)))
        if entry.has_news:
            self._wake(key, max(0.0, entry.due - self._clock()))

    def read(self, key: Key, uid: str, run: str) -> AttemptProgress | None:
        """The progress of a run to write to the status now; unchanged until the next is due."""
        entry = self._entries.get(key)
        if entry is None or entry.uid != uid or run not in entry.reports:
            return None
        now = self._clock()
        if entry.has_news and now >= entry.due:
            self._release(entry, now)
        elif entry.has_news:
            self._wake(key, entry.due - now)
        report = entry.reports[run]
        if report.shown is None:
            return None
        return AttemptProgress(attempt=report.attempt, progress=report.shown)

    def drop_ended(self, key: Key, manifest: Manifest | None) -> None:
        """Drop the progress of an object that is gone, being deleted or finished."""
        if key in self._entries and (manifest is None or _is_over(manifest)):
            del self._entries[key]

    def _release(self, entry: _Entry, now: float) -> None:
        """Release what all runs of an object have reported: one write shows it."""
        for report in entry.reports.values():
            report.shown = report.latest
        youngest = min(report.latest.elapsed_seconds for report in entry.reports.values())
        share = len(self._entries) / WRITES_A_SECOND
        entry.due = now + max(choose_pause(youngest), share)


def _is_news(before: Progress, after: Progress) -> bool:
    return before.differs_from(after)


def _is_over(manifest: Manifest) -> bool:
    return "deletionTimestamp" in manifest["metadata"] or is_finished(manifest.get("status"))


def _ignore(_key: Key, _seconds: float) -> None:
    """The callback before `connect`."""
