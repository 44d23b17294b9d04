"""From the rules of a run's life to the flat status of its job; pure."""

from __future__ import annotations

from dataclasses import replace
from functools import wraps

from argmin.api.conditions import RECONCILING, STALLED, SUSPENDED
from argmin.api.optimization.spec import State
from argmin.backends.rules.context import RunEnd, RunResult, RunRule, Stage
from argmin.optimization.rules.context import Context, Rule, RuleResult
from argmin.optimization.rules.finish import end
from argmin.optimization.status import (
    ConditionUpdate,
    is_changed,
    record_memory,
    set_conditions,
)
from argmin.plan import Event

_CONDITIONS = {
    Stage.PENDING: (State.PENDING, (RECONCILING,)),
    Stage.QUEUED: (State.QUEUED, (RECONCILING,)),
    Stage.RUNNING: (State.RUNNING, (RECONCILING,)),
    Stage.SUSPENDING: (State.SUSPENDED, (SUSPENDED, RECONCILING)),
    Stage.SUSPENDED: (State.SUSPENDED, (SUSPENDED,)),
    Stage.STALLED: (State.STALLED, (STALLED,)),
}
"""The state and the true conditions of a job whose run has not ended."""


def follow(rule: RunRule) -> Rule:
    """A rule of a run's life as a rule of the job that has this run."""

    @wraps(rule)
    def follow_run(s: Context) -> RuleResult | None:
        result = rule(s.life)
        return project(s, result) if result else None

    return follow_run


def project(s: Context, result: RunResult) -> RuleResult:
    """The result for the job: its status, its conditions, and a warning where it stalls."""
    change = result.change
    if change is None:
        return RuleResult(result.reason, result.actions)
    if isinstance(change, RunEnd):
        ended = end(s, change)
        again = ended.requeue_after if result.requeue_after is None else result.requeue_after
        return replace(ended, requeue_after=again)
    state, true = _CONDITIONS[change.stage]
    update = ConditionUpdate(state, true, change.reason, change.message)
    status = record_memory(s.status, result.memory or s.life.memory)
    return RuleResult(
        result.reason,
        result.actions,
        set_conditions(status, update, s.job.metadata.generation, s.now),
        _warn(s, update) if change.stage is Stage.STALLED else (),
        result.requeue_after,
        result.stop,
    )


def _warn(s: Context, update: ConditionUpdate) -> tuple[Event, ...]:
    """A warning event, if the status does not report the change yet."""
    if not is_changed(s.job.status, update):
        return ()
    return (Event(update.reason, update.message, warning=True),)
