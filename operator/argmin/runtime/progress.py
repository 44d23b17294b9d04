"""What runs tell of their searches while they work, until the leader has written it down.

In memory only, and only where the work is done: what is lost with the process is told again.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from argmin.api.common import Condition
from argmin.api.conditions import COMPLETE, FAILED, is_true
from argmin.api.progress import AttemptProgress, Progress, choose_pause
from argmin.plan import Key, Manifest

Wake = Callable[[Key, float], None]
"""Has an object looked at in so many seconds."""

MOST_OBJECTS = 10_000
"""Of how many objects the latest is kept; who has been silent longest is forgotten first."""
WRITES_A_SECOND = 50.0
"""How much progress is written down over all objects: with very many, each waits longer."""

_CLOCKS = ("elapsed_seconds", "incumbent_seconds")
"""Fields that move by themselves: alone they are no news."""


@dataclass
class _Heard:
    uid: str
    attempt: str
    latest: Progress
    shown: Progress | None = None
    due: float = float("-inf")
    """When the next may be shown."""


class ProgressBoard:
    """The latest word of each search, shown at a pace that slows down as the search gets older."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        """`clock` gives seconds, and only goes forward."""
        self._clock = clock
        self._heard: dict[Key, _Heard] = {}
        self._wake: Wake = _wake_nobody

    def connect(self, wake: Wake) -> None:
        """Have `wake` called for each object of which there is something new to show."""
        self._wake = wake

    @property
    def size(self) -> int:
        """Of how many objects the latest is kept."""
        return len(self._heard)

    def post(self, key: Key, uid: str, attempt: str, progress: Progress) -> None:
        """Take in what an attempt of the object with this key and UID tells."""
        before = self._heard.pop(key, None)
        now = self._clock()
        heard = _Heard(uid, attempt, progress)
        if before is not None:
            heard.due = before.due
            if (before.uid, before.attempt) == (uid, attempt):
                heard.shown = before.shown
                heard.latest = progress if _is_news(before.latest, progress) else before.latest
        self._heard[key] = heard
        if len(self._heard) > MOST_OBJECTS:
            self._heard.pop(next(iter(self._heard)))
        if heard.latest is not heard.shown:
            self._wake(key, max(0.0, heard.due - now))

    def read(self, key: Key, uid: str) -> AttemptProgress | None:
        """What is to be shown of an object now; the same until its next turn has come."""
        heard = self._heard.get(key)
        if heard is None or heard.uid != uid:
            return None
        now = self._clock()
        if heard.latest is not heard.shown and now >= heard.due:
            heard.shown = heard.latest
            heard.due = now + self._choose_pause(heard.latest)
        elif heard.latest is not heard.shown:
            self._wake(key, heard.due - now)
        return AttemptProgress(attempt=heard.attempt, progress=heard.shown) if heard.shown else None

    def settle(self, key: Key, manifest: Manifest | None) -> None:
        """Forget an object that is gone, going or finished."""
        if key in self._heard and (manifest is None or _is_over(manifest)):
            del self._heard[key]

    def _choose_pause(self, progress: Progress) -> float:
        return max(choose_pause(progress.elapsed_seconds), len(self._heard) / WRITES_A_SECOND)


def _is_news(before: Progress, after: Progress) -> bool:
    still = dict.fromkeys(_CLOCKS, 0)
    return before.model_copy(update=still) != after.model_copy(update=still)


def _is_over(manifest: Manifest) -> bool:
    if "deletionTimestamp" in manifest["metadata"]:
        return True
    listed = (manifest.get("status") or {}).get("conditions") or ()
    conditions = [Condition.model_validate(condition) for condition in listed]
    return any(is_true(conditions, kind) for kind in (COMPLETE, FAILED))


def _wake_nobody(_key: Key, _seconds: float) -> None:
    """Before anybody has been connected."""
