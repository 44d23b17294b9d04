"""Rules for an object whose time to live is over."""

from __future__ import annotations

from datetime import timedelta

from argmin.api.optimization.spec import OptimizationJobStatus
from argmin.backends.execution import Actions
from argmin.optimization.build_run import OPTIMIZATION_JOBS
from argmin.optimization.rules.context import Context, RuleResult
from argmin.plan import Delete, Key


def expire(s: Context) -> RuleResult | None:
    """Delete a finished job whose time to live is over, with its children and its result."""
    ttl = s.job.spec.ttl_seconds_after_finished
    if not s.is_finished or ttl is None or _count_time_to_live(s, s.status) > timedelta(0):
        return None
    metadata = s.job.metadata
    key = Key(OPTIMIZATION_JOBS, metadata.namespace, metadata.name)
    reason = f"it finished more than spec.ttlSecondsAfterFinished ({ttl} s) ago"
    actions = Actions(reason, delete=(Delete(key, metadata.uid, reason),))
    return RuleResult(reason, actions, stop=True)


def _count_time_to_live(s: Context, status: OptimizationJobStatus) -> timedelta:
    ttl = timedelta(seconds=s.job.spec.ttl_seconds_after_finished or 0)
    return (status.completion_time or s.now) + ttl - s.now


def requeue_at_expiry(s: Context, status: OptimizationJobStatus) -> timedelta | None:
    """Delay until the time to live of a finished job is over; `None` without one."""
    if s.job.spec.ttl_seconds_after_finished is None:
        return None
    return max(timedelta(0), _count_time_to_live(s, status))
