"""Rules for a run that needs no change."""

from __future__ import annotations

from dataclasses import replace

from argmin.api.progress import SearchProgress
from argmin.backends.attempts import is_over
from argmin.backends.dispatch import find_progress
from argmin.backends.rules.context import find_last
from argmin.backends.rules.progress import report_progress as report_run
from argmin.backends.state import RunPhase
from argmin.optimization.rules.context import Context, RuleResult
from argmin.optimization.rules.projection import project


def report_progress(s: Context) -> RuleResult:
    """Report the state and progress of the run, and why it waits."""
    result = project(s, report_run(s.life))
    if result.status is None:
        return result
    starts = [a.start_time for a in result.status.attempts if a.start_time]
    times = {"start_time": min(starts, default=result.status.start_time)}
    status = result.status.model_copy(update={**times, "progress": _find_progress(s)})
    return replace(result, status=status)


def _find_progress(s: Context) -> SearchProgress | None:
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
        return found.flatten()
    before = (run.name for run in s.job.status.attempts if not is_over(run))
    return s.job.status.progress if running.name in before else None
