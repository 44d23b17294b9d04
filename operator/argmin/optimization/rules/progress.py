"""Rules for a run that needs no change."""

from __future__ import annotations

from argmin.api.conditions import STALLED
from argmin.api.progress import Progress
from argmin.backends.attempts import is_over
from argmin.backends.dispatch import find_progress
from argmin.backends.state import RunPhase
from argmin.optimization.active_deadline import open_period
from argmin.optimization.rules.context import Context, RuleResult, find_last
from argmin.optimization.rules.messages import describe_progress, warn
from argmin.optimization.status import set_conditions


def report_progress(s: Context) -> RuleResult | None:
    """Report the state and progress of the run, and why it waits."""
    change = describe_progress(s)
    status = s.status
    if s.execution.is_active(s.run):
        status = open_period(status, s.state.active_since or s.now)
    starts = [run.start_time for run in status.attempts if run.start_time]
    status = status.model_copy(
        update={
            "start_time": min(starts, default=status.start_time),
            "progress": _find_progress(s),
        }
    )
    return RuleResult(
        change.message,
        status=set_conditions(status, change, s.job.metadata.generation, s.now),
        events=warn(s, change) if STALLED in change.true else (),
        requeue_after=s.state.look_again,
        stop=True,
    )


def _find_progress(s: Context) -> Progress | None:
    """The progress of the running attempt; unchanged if none was reported since.

    A new leader has not received any report yet.
    """
    running = find_last(a for a in s.state.attempts if a.phase is RunPhase.RUNNING)
    if running is None or s.state.phase is not RunPhase.RUNNING:
        return None
    found = find_progress(s.run.backend, running.name, s.observed.seen)
    reported = s.observed.progress
    if found is None and reported and reported.attempt == running.name:
        found = reported.progress
    if found:
        return found
    before = (run.name for run in s.job.status.attempts if not is_over(run))
    return s.job.status.progress if running.name in before else None
