"""Rules for the leftovers of an older spec."""

from __future__ import annotations

from datetime import timedelta

from argmin.optimization.reasons import ConditionReason
from argmin.optimization.rules.context import Context, RuleResult
from argmin.optimization.rules.messages import pending, update_status
from argmin.optimization.status import set_conditions


def clean_up(s: Context) -> RuleResult | None:
    """Delete what is no longer wanted, such as the children of an older spec."""
    actions = s.leftovers.actions
    return RuleResult(actions.reason, actions) if actions else None


def await_cleanup(s: Context) -> RuleResult | None:
    """Wait while a run of an older spec is being stopped outside of the cluster.

    A job has one run at a time, and its status can name only one.
    """
    if not s.leftovers.awaited:
        return None
    change = pending(ConditionReason.STOPPING, f"the spec was edited: {s.leftovers.awaited}")
    generation = s.job.metadata.generation
    return RuleResult(
        change.message,
        status=set_conditions(s.job.status, change, generation, s.now),
        requeue_after=s.leftovers.look_again,
        stop=True,
    )


def await_removal(s: Context) -> RuleResult | None:
    """Wait while the Job is being deleted: a new one can be created when it is gone."""
    if not s.execution.is_being_deleted:
        return None
    change = pending(ConditionReason.RETRYING, "its Job is being deleted: another follows")
    return RuleResult(change.message, status=update_status(s, change), stop=True)


def delete_stale_config_map(s: Context) -> RuleResult | None:
    """Delete the ConfigMap of an earlier Job of this run before a new one is made."""
    actions = s.execution.delete_stale_config_map(s.run)
    if s.execution.exists or not actions:
        return None
    change = pending(ConditionReason.PENDING, s.execution.messages.preparing)
    return RuleResult(
        actions.reason,
        actions,
        status=update_status(s, change),
        requeue_after=timedelta(0),
        stop=True,
    )
