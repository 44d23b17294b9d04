"""Polling intervals of jobs; deterministic for a job.

Without events, polling is the only way to observe a change. With them it covers lost events, and
the start of the container, for which SageMaker emits none. A job whose events are received and
whose log advances is polled more rarely. All pauses are multiples of the shortest.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from datetime import datetime, timedelta

from argmin.backends.sagemaker.job_type import JobDescription, JobStatus

_SHARE_OF_AGE = 0.1
_SHARE_OF_AGE_WITH_EVENTS = 0.25
_SPREAD = 0.2


@dataclass
class Polling:
    """Pauses between two calls about a job, and between two attempts of a refused call."""

    shortest: timedelta = timedelta(seconds=30)
    """Polling interval of a young job without events."""
    has_events: bool = False
    """Whether events are received; changes with the health of their queue."""

    @property
    def longest(self) -> timedelta:
        """Polling interval of an old job without events."""
        return self.shortest * 4

    @property
    def until_answer(self) -> timedelta:
        """Pause after a call without a response."""
        return self.shortest / 2

    @property
    def until_healed(self) -> timedelta:
        """Pause after a refusal that an administrator has to resolve: permissions, a quota."""
        return self.shortest * 2

    @property
    def until_edited(self) -> timedelta:
        """Pause after an invalid request or a name that is taken."""
        return self.shortest * 10

    def find_next_look(
        self, job: JobDescription, now: datetime, *, is_trusted: bool = False
    ) -> datetime:
        """When to describe a job again that was described now.

        Args:
            job: its description.
            now: when it was described.
            is_trusted: whether its events can be relied on.
        """
        age = _age_of(job, now)
        if not self.has_events:
            pause = self._choose_pause(job, age)
        else:
            pause = self._choose_pause_with_events(job, age, is_trusted)
        return now + spread(pause, job.name)

    def find_next_reading(self, job: JobDescription, now: datetime) -> datetime:
        """When to read the log of a job again."""
        age, shortest = _age_of(job, now), 2 * self.shortest
        if self.has_events:
            pause = _clamp(age * _SHARE_OF_AGE_WITH_EVENTS, shortest, 10 * self.shortest)
        else:
            pause = _clamp(age * _SHARE_OF_AGE, shortest, self.longest)
        return now + spread(pause, job.name)

    def _choose_pause(self, job: JobDescription, age: timedelta) -> timedelta:
        # Once it runs, every second call reads its log.
        runs = job.start_time and job.status is JobStatus.IN_PROGRESS
        shortest = self.shortest * (2 if runs else 1)
        return _clamp(age * _SHARE_OF_AGE, shortest, self.longest)

    def _choose_pause_with_events(
        self, job: JobDescription, age: timedelta, is_trusted: bool
    ) -> timedelta:
        if job.status is JobStatus.STOPPING:
            return self.longest
        if job.start_time is not None:
            usual = _clamp(age, 5 * self.longest, 15 * self.longest)
            return 30 * self.longest if is_trusted else usual
        # No event reports that the container has started. The first event of a young job may be on
        # its way.
        if is_trusted or age < self.shortest:
            return _clamp(age, 5 * self.shortest, 5 * self.longest)
        return 2 * self.shortest / (1 + _SPREAD)


def _age_of(job: JobDescription, now: datetime) -> timedelta:
    return max(timedelta(0), now - job.creation_time)


def _clamp(pause: timedelta, shortest: timedelta, longest: timedelta) -> timedelta:
    return min(max(pause, shortest), longest)


def spread(pause: timedelta, name: str) -> timedelta:
    """The pause, longer by a share derived from the name, so that jobs are not polled together."""
    share = zlib.crc32(name.encode()) / 0xFFFFFFFF
    return pause * (1 + _SPREAD * share)
