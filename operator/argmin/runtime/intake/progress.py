"""The latest progress that running attempts have reported, until the leader writes it to a status.

It is kept in the memory of the leading process only: after a restart the runs report it again.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

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

_CLOCKS = ("elapsed_seconds", "incumbent_seconds")
"""Fields that change with time alone: a report that differs only in them is not a change."""


@dataclass
class _Entry:
    uid: str
    attempt: str
    latest: Progress
    shown: Progress | None = None
    due: float = float("-inf")
    """Earliest time of the next status write, in seconds of the clock."""


class ProgressStore:
    """The latest progress of each run of each object, released more rarely as it grows older."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        """`clock` returns monotonic seconds."""
        self._clock = clock
        self._entries: dict[Key, dict[str, _Entry]] = {}
        """By object, and by run."""
        self._wake: Wake = _ignore

    def connect(self, wake: Wake) -> None:
        """Set the callback for objects with unwritten progress."""
        self._wake = wake

    @property
    def size(self) -> int:
        """Number of objects with progress."""
        return len(self._entries)

    def record(self, key: Key, uid: str, run: str, attempt: str, progress: Progress) -> None:
        """Record the progress that an attempt of a run of the object with this UID has reported."""
        runs = self._entries.pop(key, {})
        before = runs.pop(run, None)
        now = self._clock()
        entry = _Entry(uid, attempt, progress)
        if before is not None:
            entry.due = before.due
            if (before.uid, before.attempt) == (uid, attempt):
                entry.shown = before.shown
                entry.latest = progress if _is_news(before.latest, progress) else before.latest
        runs[run] = entry
        if len(runs) > MOST_RUNS:
            runs.pop(next(iter(runs)))
        self._entries[key] = runs
        if len(self._entries) > MOST_OBJECTS:
            self._entries.pop(next(iter(self._entries)))
        if entry.latest is not entry.shown:
            self._wake(key, max(0.0, entry.due - now))

    def read(self, key: Key, uid: str, run: str) -> AttemptProgress | None:
        """The progress of a run to write to a status now; unchanged until the next is due."""
        entry = self._entries.get(key, {}).get(run)
        if entry is None or entry.uid != uid:
            return None
        now = self._clock()
        if entry.latest is not entry.shown and now >= entry.due:
            entry.shown = entry.latest
            entry.due = now + self._choose_pause(entry.latest)
        elif entry.latest is not entry.shown:
            self._wake(key, entry.due - now)
        return AttemptProgress(attempt=entry.attempt, progress=entry.shown) if entry.shown else None

    def drop_ended(self, key: Key, manifest: Manifest | None) -> None:
        """Drop the progress of an object that is gone, being deleted or finished."""
        if key in self._entries and (manifest is None or _is_over(manifest)):
            del self._entries[key]

    def _choose_pause(self, progress: Progress) -> float:
        return max(choose_pause(progress.elapsed_seconds), len(self._entries) / WRITES_A_SECOND)


def _is_news(before: Progress, after: Progress) -> bool:
    still = dict.fromkeys(_CLOCKS, 0)
    return before.model_copy(update=still) != after.model_copy(update=still)


def _is_over(manifest: Manifest) -> bool:
    return "deletionTimestamp" in manifest["metadata"] or is_finished(manifest.get("status"))


def _ignore(_key: Key, _seconds: float) -> None:
    """The callback before `connect`."""
