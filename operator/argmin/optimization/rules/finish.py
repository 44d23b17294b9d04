"""Ending a job; pure."""

from __future__ import annotations

from datetime import timedelta

from argmin.api.answer import CONTRADICTIONS
from argmin.api.conditions import COMPLETE, FAILED
from argmin.api.optimization.spec import OptimizationJobStatus, State
from argmin.backends.state import Attempt
from argmin.optimization.active_deadline import close_period
from argmin.optimization.rules.context import Context, RuleResult
from argmin.optimization.rules.ttl import requeue_at_expiry
from argmin.optimization.status import ConditionUpdate, set_conditions
from argmin.optimization.verification import set_verified
from argmin.plan import Event


def finish(
    s: Context,
    status: OptimizationJobStatus,
    condition: str,
    reason: str,
    message: str,
    attempt: Attempt | None = None,
) -> RuleResult:
    """End the job: set one condition true, emit an event, and close the active period."""
    end = (attempt.finished if attempt else None) or s.now
    state = State.COMPLETE if condition == COMPLETE else State.FAILED
    starts = [run.start_time for run in status.attempts if run.start_time]
    status = close_period(status, end).model_copy(
        update={"completion_time": end, "start_time": min(starts, default=status.start_time)}
    )
    change = ConditionUpdate(state, (condition,), reason, message)
    status = set_conditions(status, change, s.job.metadata.generation, s.now)
    status = set_verified(status, s.job.metadata.generation, s.now)
    return RuleResult(
        f"{condition}: {reason}: {message}",
        status=status,
        events=(Event(reason, message, warning=condition == FAILED or reason in CONTRADICTIONS),),
        requeue_after=timedelta(0) if s.execution.is_bound else requeue_at_expiry(s, status),
        stop=True,
    )
