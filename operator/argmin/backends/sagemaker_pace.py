"""How often SageMaker is asked about a job; the same for the same job.

Without events that is all that tells of a change. With them it makes up for those that are lost,
and for what SageMaker tells nobody: that the container has started. A job whose events have come,
and whose log goes on, is trusted to be heard of at its end. All pauses follow from one.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from datetime import datetime, timedelta

from argmin.aws.models import ProcessingJob, ProcessingStatus

_SHARE_OF_AGE = 0.1
_SHARE_OF_AGE_HEARD = 0.25
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

    def find_next_look(
        self, job: ProcessingJob, now: datetime, *, is_trusted: bool = False
    ) -> datetime:
        """When to look at a job again that was looked at now.

        Args:
            job: as it was seen.
            now: when it was.
            is_trusted: whether all that is known of it says that its end will be heard of.
        """
        age = _age_of(job, now)
        if self.hears_events:
            pause = self._trust_events(job, age, is_trusted)
        else:
            pause = self._ask(job, age)
        return now + spread(pause, job.name)

    def find_next_reading(self, job: ProcessingJob, now: datetime) -> datetime:
        """When to read on in the log of a job."""
        age, shortest = _age_of(job, now), 2 * self.shortest
        if self.hears_events:
            pause = _clamp(age * _SHARE_OF_AGE_HEARD, shortest, 10 * self.shortest)
        else:
            pause = _clamp(age * _SHARE_OF_AGE, shortest, self.longest)
        return now + spread(pause, job.name)

    def _ask(self, job: ProcessingJob, age: timedelta) -> timedelta:
        # Once it runs, every other call is for its log.
        runs = job.processing_start_time and job.status is ProcessingStatus.IN_PROGRESS
        shortest = self.shortest * (2 if runs else 1)
        return _clamp(age * _SHARE_OF_AGE, shortest, self.longest)

    def _trust_events(self, job: ProcessingJob, age: timedelta, is_trusted: bool) -> timedelta:
        if job.status is ProcessingStatus.STOPPING:
            return self.longest
        if job.processing_start_time is not None:
            usual = _clamp(age, 5 * self.longest, 15 * self.longest)
            return 30 * self.longest if is_trusted else usual
        # Nothing tells that the container has started. The first event of a young job may be on
        # its way.
        if is_trusted or age < self.shortest:
            return _clamp(age, 5 * self.shortest, 5 * self.longest)
        return 2 * self.shortest / (1 + _SPREAD)


def _age_of(job: ProcessingJob, now: datetime) -> timedelta:
    return max(timedelta(0), now - job.creation_time)


def _clamp(pause: timedelta, shortest: timedelta, longest: timedelta) -> timedelta:
    return min(max(pause, shortest), longest)


def spread(pause: timedelta, name: str) -> timedelta:
    """A pause that is a little longer, by as much as the name says: not all come at once."""
    share = zlib.crc32(name.encode()) / 0xFFFFFFFF
    return pause * (1 + _SPREAD * share)
