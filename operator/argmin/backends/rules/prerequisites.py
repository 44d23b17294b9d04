"""Rules that delay the start until the prerequisites of a run are met; pure."""

from __future__ import annotations

from argmin.backends.rules.context import RunContext, RunResult
from argmin.backends.rules.progress import describe_progress, stalled


def check_preconditions(c: RunContext) -> RunResult | None:
    """The backend cannot execute this run: report what to write instead.

    It is checked again when the spec or the settings of the namespace change.
    """
    failed = c.execution.find_failed_precondition(c.run)
    if failed is None:
        return None
    return RunResult(failed.message, change=stalled(failed.reason, failed.message), stop=True)


def await_pause(c: RunContext) -> RunResult | None:
    """Wait for the pause after a failed attempt."""
    start = c.execution.not_before
    if c.execution.exists or start is None or start <= c.now:
        return None
    change = describe_progress(c)
    return RunResult(change.message, change=change, requeue_after=start - c.now, stop=True)
