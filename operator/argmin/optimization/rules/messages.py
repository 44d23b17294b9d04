"""Condition updates of an unfinished job that several rules use; pure."""

from __future__ import annotations

from argmin.api.conditions import RECONCILING, STALLED
from argmin.api.optimization.spec import OptimizationJobStatus, State
from argmin.backends.attempts import count_failures, is_over
from argmin.backends.state import RunPhase
from argmin.optimization.reasons import ConditionReason
from argmin.optimization.rules.context import Context
from argmin.optimization.status import ConditionUpdate, is_changed, set_conditions
from argmin.plan import Event


def update_status(s: Context, change: ConditionUpdate) -> OptimizationJobStatus:
    """The status after a change."""
    return set_conditions(s.status, change, s.job.metadata.generation, s.now)


def warn(s: Context, change: ConditionUpdate) -> tuple[Event, ...]:
    """A warning event, if the status does not report the change yet."""
    if not is_changed(s.job.status, change):
        return ()
    return (Event(change.reason, change.message, warning=True),)


def pending(reason: str, message: str) -> ConditionUpdate:
    """The job waits, and will go on without anybody's help."""
    return ConditionUpdate(State.PENDING, (RECONCILING,), reason, message)


def queued() -> ConditionUpdate:
    """The job is suspended by its queue."""
    message = "held by its queue until there is room"
    return ConditionUpdate(State.QUEUED, (RECONCILING,), ConditionReason.QUEUED, message)


def stalled(reason: str, message: str) -> ConditionUpdate:
    """The job cannot go on until somebody acts."""
    return ConditionUpdate(State.STALLED, (STALLED,), reason, message)


def describe_progress(s: Context) -> ConditionUpdate:
    """The state of the run, and why it waits."""
    state = s.state
    if state.phase is RunPhase.QUEUED:
        return queued()
    failures = count_failures(s.status.attempts)
    number = f"attempt {failures + 1}"
    if (
        failures <= s.run.backoff_limit
    ):  # more where the Job was made anew: Kubernetes counts per Job
        number += f" of {s.run.backoff_limit + 1}"
    if state.phase is RunPhase.RUNNING:
        message = f"{number} is running" if failures else s.execution.messages.running
        return ConditionUpdate(State.RUNNING, (RECONCILING,), ConditionReason.RUNNING, message)
    if state.reason:
        if state.permanent:
            return ConditionUpdate(State.STALLED, (STALLED,), state.reason, str(state.message))
        return pending(state.reason, str(state.message))
    over = [run for run in s.status.attempts if is_over(run)]
    if over:
        last = over[-1]
        ending = f"{last.reason}: {last.message}" if last.message else str(last.reason)
        what = f"{number} follows" if failures else "another attempt follows"
        return pending(ConditionReason.RETRYING, f"{what}; the last ended with {ending}")
    return pending(ConditionReason.PENDING, s.execution.messages.preparing)
