"""Rules for a run whose running time is used up; pure."""

from __future__ import annotations

from argmin.backends.rules.context import RunContext, RunEnd, RunResult, find_last
from argmin.backends.state import RunPhase, RunReason


def cut_at_deadline(c: RunContext) -> RunResult | None:
    """Stop a run whose time is used up, if its backend does not enforce the deadline itself.

    The solution that it has by then is still used.
    """
    actions = c.execution.enforce_deadline(c.run, c.now)
    return RunResult(actions.reason, actions) if actions else None


def end_at_deadline(c: RunContext) -> RunResult | None:
    """The running time of `spec.activeDeadlineSeconds` is used up."""
    is_cut = c.state.phase in (RunPhase.ENDING, RunPhase.FAILED)
    is_idle = c.execution.is_suspended or not c.execution.exists
    if not (
        (is_cut and c.state.reason is RunReason.DEADLINE_EXCEEDED)
        or (c.is_out_of_time and is_idle and not c.run.suspend)
    ):
        return None
    limit = c.request.run.deadline_seconds
    message = f"stopped by spec.activeDeadlineSeconds ({limit} s)"
    last = find_last(a for a in c.state.attempts if a.answer)
    end = RunEnd(RunReason.DEADLINE_EXCEEDED, message, last, is_out_of_time=True)
    return RunResult(message, change=end, stop=True)
