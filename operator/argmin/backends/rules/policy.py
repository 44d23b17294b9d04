"""The rule that keeps a run to the policy of its namespace; pure."""

from __future__ import annotations

from argmin.backends.execution import Actions
from argmin.backends.rules.active_time import close_period
from argmin.backends.rules.context import RunContext, RunResult
from argmin.backends.rules.progress import stalled
from argmin.backends.rules.reasons import LifeReason


def enforce_policy(c: RunContext) -> RunResult | None:
    """Do not start or resume a run that asks for what its namespace does not allow.

    What runs goes on. It is checked again when the spec or the policy changes. A Job that its queue
    holds is deleted, since the queue would start it. The wait uses no running time.
    """
    runs = c.execution.has_begun and not c.execution.is_suspended
    if runs or not c.run.violations:
        return None
    message = "; ".join(c.run.violations)
    is_held = c.execution.is_suspended and c.run.queue_labels
    actions = c.execution.delete_job(message) if is_held else Actions()
    change = stalled(LifeReason.POLICY_VIOLATION, message)
    memory = close_period(c.memory, c.now)
    return RunResult(message, actions, change, memory, stop=True)
