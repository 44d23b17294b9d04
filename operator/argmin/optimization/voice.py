"""How a job's status speaks while it is under way: verdicts that several rules give; pure."""

from __future__ import annotations

from argmin.api.conditions import RECONCILING, STALLED
from argmin.api.optimizationjob import OptimizationJobStatus, State
from argmin.backends.attempts import count_failures, is_over
from argmin.backends.run import RunPhase
from argmin.optimization.reasons import ConditionReason
from argmin.optimization.situation import Situation
from argmin.optimization.status import Verdict, is_news, pronounce
from argmin.plan import Event


def speak(s: Situation, verdict: Verdict) -> OptimizationJobStatus:
    """The status with a verdict."""
    return pronounce(s.status, verdict, s.job.metadata.generation, s.now)


def warn(s: Situation, verdict: Verdict) -> tuple[Event, ...]:
    """A warning event, where the status does not have the verdict yet."""
    if not is_news(s.job.status, verdict):
        return ()
    return (Event(verdict.reason, verdict.message, warning=True),)


def pending(reason: str, message: str) -> Verdict:
    """It waits, and goes on by itself."""
    return Verdict(State.PENDING, (RECONCILING,), reason, message)


def queued() -> Verdict:
    """Its queue holds it."""
    message = "held by its queue until there is room"
    return Verdict(State.QUEUED, (RECONCILING,), ConditionReason.QUEUED, message)


def stalled(reason: str, message: str) -> Verdict:
    """Somebody has to do something first."""
    return Verdict(State.STALLED, (STALLED,), reason, message)


def describe_progress(s: Situation) -> Verdict:
    """Where the run stands, and why it waits."""
    state = s.state
    if state.phase is RunPhase.QUEUED:
        return queued()
    failures = count_failures(s.status.runs)
    number = f"attempt {failures + 1}"
    if (
        failures <= s.run.backoff_limit
    ):  # more where the Job was made anew: Kubernetes counts per Job
        number += f" of {s.run.backoff_limit + 1}"
    if state.phase is RunPhase.RUNNING:
        message = f"{number} is running" if failures else s.execution.wording.running
        return Verdict(State.RUNNING, (RECONCILING,), ConditionReason.RUNNING, message)
    if state.reason:
        if state.permanent:
            return Verdict(State.STALLED, (STALLED,), state.reason, str(state.message))
        return pending(state.reason, str(state.message))
    over = [run for run in s.status.runs if is_over(run)]
    if over:
        last = over[-1]
        ending = f"{last.reason}: {last.message}" if last.message else str(last.reason)
        what = f"{number} follows" if failures else "another attempt follows"
        return pending(ConditionReason.RETRYING, f"{what}; the last ended with {ending}")
    return pending(ConditionReason.PENDING, s.execution.wording.preparing)
