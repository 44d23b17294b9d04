"""The attempts in a job's status, which outlive their pods; pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from argmin.api.answer import ExitCode, Reason
from argmin.api.backend import AttemptStatus
from argmin.backends.state import Attempt, RunPhase, RunReason

LIMIT = 128
"""Maximum number of attempts in a status; at most 101 of them count against `backoffLimit`."""

_OVER = (RunPhase.SUCCEEDED, RunPhase.FAILED)
_NOT_COUNTED = (
    Reason.INTERRUPTED,
    RunReason.EVICTED,
    RunReason.PREEMPTED,
    RunReason.NODE_LOST,
    RunReason.PLATFORM_FAILED,
    RunReason.NO_CAPACITY,
    RunReason.STOPPED,
)
"""Reasons of interruptions from outside, which do not count against `backoffLimit`."""


def remember_attempts(
    remembered: Sequence[AttemptStatus], attempts: Iterable[Attempt], now: datetime, gone: str
) -> tuple[AttemptStatus, ...]:
    """The remembered attempts, updated from the observed ones.

    An attempt is recorded once its container runs. One that was running and no longer exists was
    stopped, with message `gone`. Over `LIMIT`, attempts that do not count against `backoffLimit`
    are dropped first, so that interruptions do not reset that count.
    """
    seen = {a.name: _describe(a) for a in attempts if a.is_over or a.phase is RunPhase.RUNNING}
    before = {
        run.name: run if is_over(run) else _mark_stopped(run, now, gone) for run in remembered
    }
    return _drop_oldest(tuple((before | seen).values()))


def is_over(run: AttemptStatus) -> bool:
    """Whether an attempt has ended."""
    return run.phase in _OVER


def count_failures(runs: Iterable[AttemptStatus]) -> int:
    """Number of failed attempts that count against `backoffLimit`."""
    return sum(_counts(run) for run in runs)


def was_stopped(run: AttemptStatus) -> bool:
    """Whether an attempt was interrupted from outside before it finished."""
    is_uncounted = run.reason in _NOT_COUNTED or run.exit_code == ExitCode.INTERRUPTED
    return is_over(run) and is_uncounted


def _counts(run: AttemptStatus) -> bool:
    return run.phase == RunPhase.FAILED and run.reason not in _NOT_COUNTED


def _drop_oldest(runs: tuple[AttemptStatus, ...]) -> tuple[AttemptStatus, ...]:
    """The newest `LIMIT` attempts in order; those that do not count are dropped first."""
    excess = max(0, len(runs) - LIMIT)
    uncounted = [index for index, run in enumerate(runs) if is_over(run) and not _counts(run)]
    forgotten = set(uncounted[:excess])
    kept = tuple(run for index, run in enumerate(runs) if index not in forgotten)
    return kept[-LIMIT:]


def _describe(attempt: Attempt) -> AttemptStatus:
    return AttemptStatus(
        name=attempt.name,
        node=attempt.node,
        phase=attempt.phase,
        exit_code=attempt.exit_code,
        reason=attempt.reason,
        message=attempt.message,
        start_time=attempt.started,
        finish_time=attempt.finished,
    )


def _mark_stopped(run: AttemptStatus, now: datetime, gone: str) -> AttemptStatus:
    return run.model_copy(
        update={
            "phase": RunPhase.FAILED,
            "reason": RunReason.STOPPED,
            "message": gone,
            "finish_time": now,
        }
    )
