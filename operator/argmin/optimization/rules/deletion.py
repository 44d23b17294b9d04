"""Rules for an object that is being deleted."""

from __future__ import annotations

from argmin.api.conditions import RECONCILING, condition, set_condition
from argmin.api.optimization.spec import OptimizationJobStatus
from argmin.backends.rules.reasons import LifeReason
from argmin.optimization.reasons import ConditionReason
from argmin.optimization.rules.context import Context, RuleResult
from argmin.optimization.run_request import describe_force_delete
from argmin.plan import Event


def ignore_deleted(s: Context) -> RuleResult | None:
    """Stop only what a deleted job has outside of the cluster.

    Kubernetes deletes its children; a running solver gets SIGTERM and has a minute to stop.
    """
    if s.job.metadata.deletion_timestamp is None:
        return None
    leftovers = s.leftovers
    message = leftovers.warning or f"{leftovers.awaited}; {describe_force_delete(s.job)}"
    warning = Event(ConditionReason.ABANDONED, leftovers.warning, warning=True)
    return RuleResult(
        "the job is being deleted, and what belongs to it goes with it",
        leftovers.actions,
        status=_set_stopping(s, message) if leftovers.awaited or leftovers.warning else None,
        events=(warning,) if leftovers.warning else (),
        requeue_after=leftovers.look_again,
        stop=True,
    )


def _set_stopping(s: Context, message: str) -> OptimizationJobStatus:
    stopping = condition(
        RECONCILING,
        True,
        LifeReason.STOPPING,
        message,
        s.now,
        s.job.metadata.generation,
    )
    conditions = set_condition(s.job.status.conditions, stopping)
    return s.job.status.model_copy(update={"conditions": conditions})
