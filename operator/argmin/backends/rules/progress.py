"""What the status says of a run that has not ended; pure."""

from __future__ import annotations

from argmin.backends.attempts import count_failures, is_over
from argmin.backends.rules.active_time import open_period
from argmin.backends.rules.context import RunChange, RunContext, RunResult, Stage
from argmin.backends.rules.reasons import LifeReason
from argmin.backends.state import RunPhase


def report_progress(c: RunContext) -> RunResult:
    """The run needs no change: report its state, and why it waits."""
    change, memory = describe_progress(c), c.memory
    if c.execution.is_active(c.run):
        memory = open_period(memory, c.state.active_since or c.now)
    return RunResult(
        change.message,
        change=change,
        memory=memory,
        requeue_after=c.state.look_again,
        stop=True,
    )


def pending(reason: str, message: str) -> RunChange:
    """The run waits, and will go on without anybody's help."""
    return RunChange(Stage.PENDING, reason, message)


def queued() -> RunChange:
    """The run is suspended by its queue."""
    return RunChange(Stage.QUEUED, LifeReason.QUEUED, "held by its queue until there is room")


def stalled(reason: str, message: str) -> RunChange:
    """The run cannot go on until somebody acts."""
    return RunChange(Stage.STALLED, reason, message)


def describe_progress(c: RunContext) -> RunChange:
    """The state of the run, and why it waits."""
    state = c.state
    if state.phase is RunPhase.QUEUED:
        return queued()
    failures = count_failures(c.memory.attempts)
    number = _number_attempt(c, failures)
    if state.phase is RunPhase.RUNNING:
        message = f"{number} is running" if failures else c.execution.messages.running
        return RunChange(Stage.RUNNING, LifeReason.RUNNING, message)
    if state.reason:
        describe = stalled if state.permanent else pending
        return describe(state.reason, str(state.message))
    over = [attempt for attempt in c.memory.attempts if is_over(attempt)]
    if over:
        last = over[-1]
        ending = f"{last.reason}: {last.message}" if last.message else str(last.reason)
        what = f"{number} follows" if failures else "another attempt follows"
        return pending(LifeReason.RETRYING, f"{what}; the last ended with {ending}")
    return pending(LifeReason.PENDING, c.execution.messages.preparing)


def _number_attempt(c: RunContext, failures: int) -> str:
    """The number of the attempt; Kubernetes counts per Job, so that a new one allows more."""
    limit = c.run.backoff_limit
    of = f" of {limit + 1}" if failures <= limit else ""
    return f"attempt {failures + 1}{of}"
