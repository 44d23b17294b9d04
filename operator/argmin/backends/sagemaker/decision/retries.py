"""Retries of attempts on SageMaker; pure.

As with Kubernetes' Job controller, failed attempts count against the limit, with a longer pause
after each. Failures of AWS itself do not count, up to a limit of their own.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from argmin.api.backend import AttemptStatus
from argmin.backends.attempts import count_failures, is_over
from argmin.backends.state import RunReason

MOST_PLATFORM_FAILURES = 10
"""Consecutive failures of SageMaker itself after which the run fails."""

_FIRST_PAUSE = timedelta(seconds=10)
_CAPACITY_PAUSE = timedelta(seconds=60)
_LONGEST_PAUSE = timedelta(minutes=10)


def count_platform_failures(attempts: Sequence[AttemptStatus]) -> int:
    """Number of consecutive last attempts that failed because of SageMaker itself."""
    return _count_last(attempts, RunReason.PLATFORM_FAILED)


def choose_start(attempts: Sequence[AttemptStatus]) -> datetime | None:
    """When the attempt after these may start; `None` for at once."""
    over = [attempt for attempt in attempts if is_over(attempt)]
    if not over or over[-1].finish_time is None:
        return None
    return over[-1].finish_time + _choose_pause(over)


def _choose_pause(attempts: Sequence[AttemptStatus]) -> timedelta:
    shortages = _count_last(attempts, RunReason.NO_CAPACITY)
    if shortages:
        return _double(_CAPACITY_PAUSE, shortages)
    breakdowns = count_platform_failures(attempts)
    return _double(_FIRST_PAUSE, max(1, breakdowns or count_failures(attempts)))


def _double(pause: timedelta, times: int) -> timedelta:
    return min(pause * (1 << min(times - 1, 16)), _LONGEST_PAUSE)


def _count_last(attempts: Sequence[AttemptStatus], reason: str) -> int:
    count = 0
    for attempt in reversed(attempts):
        if attempt.reason != reason:
            break
        count += 1
    return count
