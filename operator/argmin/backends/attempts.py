"""The attempts of a job as its status remembers them, also after their pods are gone; pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from argmin.api.optimizationjob import RunStatus
from argmin.api.outcome import ExitCode, Reason
from argmin.backends.run import Attempt, RunPhase, RunReason

LIMIT = 128
"""How many attempts are remembered: the newest."""

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
"""How attempts end that are nobody's fault: they do not count against `backoffLimit`."""


def remember_attempts(
    remembered: Sequence[RunStatus], attempts: Iterable[Attempt], now: datetime, gone: str
) -> tuple[RunStatus, ...]:
    """What is remembered, brought up to date.

    An attempt counts from the moment its container runs. One that ran when it was last seen and
    is not there any more was stopped: `gone` says so.
    """
    seen = {a.name: _describe(a) for a in attempts if a.is_over or a.phase is RunPhase.RUNNING}
    before = {run.name: run if is_over(run) else _bury(run, now, gone) for run in remembered}
    return tuple((before | seen).values())[-LIMIT:]


def is_over(run: RunStatus) -> bool:
    """Whether an attempt has ended."""
    return run.phase in _OVER


def count_failures(runs: Iterable[RunStatus]) -> int:
    """How many attempts failed by their own fault."""
    return sum(run.phase == RunPhase.FAILED and run.reason not in _NOT_COUNTED for run in runs)


def was_stopped(run: RunStatus) -> bool:
    """Whether an attempt ended before its work was done, by nobody's fault."""
    is_told = run.reason in _NOT_COUNTED or run.exit_code == ExitCode.INTERRUPTED
    return is_over(run) and is_told


def _describe(attempt: Attempt) -> RunStatus:
    return RunStatus(
        name=attempt.name,
        node=attempt.node,
        phase=attempt.phase,
        exit_code=attempt.exit_code,
        reason=attempt.reason,
        message=attempt.message,
        start_time=attempt.started,
        finish_time=attempt.finished,
    )


def _bury(run: RunStatus, now: datetime, gone: str) -> RunStatus:
    return run.model_copy(
        update={
            "phase": RunPhase.FAILED,
            "reason": RunReason.STOPPED,
            "message": gone,
            "finish_time": now,
        }
    )
