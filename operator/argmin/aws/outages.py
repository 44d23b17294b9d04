"""Where AWS does not answer at all: one call tries there, and the others are told so at once.

A call that nobody answers holds up whoever makes it until it is given up. With many jobs, all of
argmin would wait for AWS, also for what needs none.
"""

from __future__ import annotations

from dataclasses import dataclass

from argmin.aws.budget import Clock

FEWEST_CALLS = 2
"""So many in a row that were not answered are an outage; one may be that of a slow operation."""
_MOST_PLACES = 1000

Place = tuple[str, ...]
"""Account, region, service and the like: what answers, or does not, as one."""


@dataclass
class _Silence:
    calls: int = 0
    try_at: float = 0.0
    is_tried: bool = False


class Outages:
    """The places that are silent; one call in `pause` seconds finds out whether they still are."""

    def __init__(self, pause: float, clock: Clock) -> None:
        self._pause = pause
        self._clock = clock
        self._silences: dict[Place, _Silence] = {}

    def admits(self, place: Place) -> bool:
        """Whether a call may be made there; its end is to be noted."""
        silence = self._silences.get(place)
        if silence is None or silence.calls < FEWEST_CALLS:
            return True
        if silence.is_tried or self._clock() < silence.try_at:
            return False
        silence.is_tried = True
        return True

    def note(self, place: Place, is_answered: bool, *, is_silent: bool) -> None:
        """A call has ended: with an answer, in silence, or neither: its caller has gone, say."""
        silence = self._silences.pop(place, _Silence())
        if is_answered or not (is_silent or silence.calls):
            return
        if is_silent:
            silence.calls += 1
            silence.try_at = self._clock() + self._pause
        silence.is_tried = False
        if len(self._silences) < _MOST_PLACES:
            self._silences[place] = silence
