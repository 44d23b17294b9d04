"""How often SageMaker is asked about a job; the same for the same job.

Without events that is all that tells of a change. With them it makes up for those that are lost,
and for what SageMaker tells nobody: that the container has started. All pauses follow from one.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from datetime import datetime, timedelta

from argmin.aws.models import ProcessingJob, ProcessingStatus

_SHARE_OF_AGE = 0.1
_SPREAD = 0.2


@dataclass
class Pace:
    """Pauses between two looks at a job, and between two tries of what AWS refuses."""

    shortest: timedelta = timedelta(seconds=30)
    """Between two looks at a young job, where no event tells of it."""
    hears_events: bool = False
    """Whether events tell of changes; their queue may fall silent, and answer again."""

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

    def find_next_look(self, job: ProcessingJob, now: datetime) -> datetime:
        """When to look at a job again that was looked at now."""
        age = max(timedelta(0), now - job.creation_time)
        choose = self._trust_events if self.hears_events else self._ask
        return now + spread(choose(job, age), job.name)

    def find_next_reading(self, job: ProcessingJob, now: datetime) -> datetime:
        """When to read on in the log of a job."""
        age = max(timedelta(0), now - job.creation_time)
        return now + spread(self._clamp(age * _SHARE_OF_AGE, 2 * self.shortest), job.name)

    def _ask(self, job: ProcessingJob, age: timedelta) -> timedelta:
        # Once it runs, every other call is for its log.
        runs = job.processing_start_time and job.status is ProcessingStatus.IN_PROGRESS
        return self._clamp(age * _SHARE_OF_AGE, self.shortest * (2 if runs else 1))

    def _trust_events(self, job: ProcessingJob, age: timedelta) -> timedelta:
        if job.status is ProcessingStatus.STOPPING:
            return self.longest
        if job.processing_start_time is None:
            # Nothing tells that the container has started: the status is a minute late at most.
            return self.shortest if age < self.shortest else 2 * self.shortest / (1 + _SPREAD)
        return min(max(5 * self.longest, age), 15 * self.longest)

    def _clamp(self, pause: timedelta, shortest: timedelta) -> timedelta:
        return min(max(pause, shortest), max(self.longest, shortest))


def spread(pause: timedelta, name: str) -> timedelta:
    """A pause that is a little longer, by as much as the name says: not all come at once."""
    share = zlib.crc32(name.encode()) / 0xFFFFFFFF
    return pause * (1 + _SPREAD * share)
