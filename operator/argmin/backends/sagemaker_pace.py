"""How often SageMaker is asked about a job; pure, and the same for the same job.

Without events that is all that tells of a change. With them it makes up for those that are lost,
and for what SageMaker tells nobody: that the container has started. All pauses follow from one.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from datetime import datetime, timedelta

_SHARE_OF_AGE = 0.1
_SPREAD = 0.2


@dataclass(frozen=True)
class Pace:
    """Pauses between two looks at a job, and between two tries of what AWS refuses."""

    shortest: timedelta = timedelta(seconds=30)
    """Between two looks at a young job, where no event tells of it."""
    hears_events: bool = False

    @property
    def longest(self) -> timedelta:
        """Between two looks at an old job."""
        return self.shortest * 4

    @property
    def until_answer(self) -> timedelta:
        """Where AWS does not answer."""
        return self.shortest / 2

    @property
    def until_healed(self) -> timedelta:
        """Where somebody has to do something: to allow it, to raise a quota."""
        return self.shortest * 2

    @property
    def until_edited(self) -> timedelta:
        """Where the request itself is wrong, or its name is taken."""
        return self.shortest * 10

    def choose_due(
        self, name: str, created: datetime, now: datetime, *, is_started: bool
    ) -> datetime:
        """When to look at the job of that name again."""
        age = max(timedelta(0), now - created)
        if not self.hears_events:
            pause = min(max(self.shortest, age * _SHARE_OF_AGE), self.longest)
        elif is_started or age >= self.longest:
            pause = self.longest * 5
        else:
            pause = self.longest
        return now + spread(pause, name)


def spread(pause: timedelta, name: str) -> timedelta:
    """A pause that is a little longer, by as much as the name says: not all come at once."""
    share = zlib.crc32(name.encode()) / 0xFFFFFFFF
    return pause * (1 + _SPREAD * share)
