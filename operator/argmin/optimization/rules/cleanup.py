"""Rules for the leftovers of an older spec."""

from __future__ import annotations

from argmin.api.conditions import RECONCILING
from argmin.api.optimization.spec import State
from argmin.backends.rules.reasons import LifeReason
from argmin.optimization.rules.context import Context, RuleResult
from argmin.optimization.status import ConditionUpdate, set_conditions


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
    message = f"the spec was edited: {s.leftovers.awaited}"
    change = ConditionUpdate(State.PENDING, (RECONCILING,), LifeReason.STOPPING, message)
    return RuleResult(
        message,
        status=set_conditions(s.job.status, change, s.job.metadata.generation, s.now),
        requeue_after=s.leftovers.look_again,
        stop=True,
    )
