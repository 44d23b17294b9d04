"""Rules for a run that its user suspends; pure."""

from __future__ import annotations

from argmin.backends.rules.context import RunChange, RunContext, RunResult, Stage
from argmin.backends.rules.reasons import LifeReason


def suspend(c: RunContext) -> RunResult | None:
    """The user suspends the run: a running program is stopped and delivers its best solution.

    A run that is suspended from the start has no Job. One that belongs to a queue loses its Job,
    since the queue would resume it.
    """
    if not c.run.suspend:
        return None
    change = RunChange(
        Stage.SUSPENDING if c.is_running else Stage.SUSPENDED,
        LifeReason.SUSPENDED,
        "held by spec.suspend: set it to false to go on",
    )
    return RunResult(
        change.message,
        c.execution.suspend(c.run),
        change,
        requeue_after=c.state.look_again,
        stop=True,
    )
