"""Rules for what is left of an earlier Job of a run; pure."""

from __future__ import annotations

from datetime import timedelta

from argmin.backends.rules.context import RunContext, RunResult
from argmin.backends.rules.progress import pending
from argmin.backends.rules.reasons import LifeReason


def await_removal(c: RunContext) -> RunResult | None:
    """Wait while the Job is being deleted: a new one can be created when it is gone."""
    if not c.execution.is_being_deleted:
        return None
    change = pending(LifeReason.RETRYING, "its Job is being deleted: another follows")
    return RunResult(change.message, change=change, stop=True)


def delete_stale_config_map(c: RunContext) -> RunResult | None:
    """Delete the ConfigMap of an earlier Job of this run before a new one is made."""
    actions = c.execution.delete_stale_config_map(c.run)
    if c.execution.exists or not actions:
        return None
    change = pending(LifeReason.PENDING, c.execution.messages.preparing)
    return RunResult(actions.reason, actions, change, requeue_after=timedelta(0), stop=True)
