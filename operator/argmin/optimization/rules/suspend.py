"""Rules for a job that its user suspends."""

from __future__ import annotations

from argmin.api.conditions import RECONCILING, SUSPENDED
from argmin.api.optimization.spec import State
from argmin.backends.state import RunPhase
from argmin.optimization.reasons import ConditionReason
from argmin.optimization.rules.context import Context, RuleResult
from argmin.optimization.rules.messages import update_status
from argmin.optimization.status import ConditionUpdate


def suspend(s: Context) -> RuleResult | None:
    """The user suspends the job: a running solver is stopped and delivers its best solution.

    A job that is suspended from the start has no Job. One that belongs to a queue loses its Job,
    since the queue would resume it.
    """
    if not s.job.spec.suspend:
        return None
    is_stopping = any(a.phase is RunPhase.RUNNING for a in s.state.attempts)
    change = ConditionUpdate(
        State.SUSPENDED,
        (SUSPENDED, RECONCILING) if is_stopping else (SUSPENDED,),
        ConditionReason.SUSPENDED,
        "held by spec.suspend: set it to false to go on",
    )
    return RuleResult(
        change.message,
        s.execution.suspend(s.run),
        status=update_status(s, change),
        requeue_after=s.state.look_again,
        stop=True,
    )
