"""Rules for a run that failed permanently; pure."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from argmin.api.answer import ExitCode
from argmin.backends.attempts import count_failures
from argmin.backends.rules.context import RunContext, RunEnd, RunResult, find_last
from argmin.backends.state import Attempt, RunPhase, RunReason


def fail_for_good(c: RunContext) -> RunResult | None:
    """The runner ended with the exit code of a permanent failure.

    Such as an invalid model, an unknown option, or an answer that is too large to be stored.
    """
    attempt = find_last(
        a
        for a in c.state.attempts
        if a.is_over and a.exit_code in ExitCode.PERMANENT and not a.was_interrupted
    )
    return _fail_with(c, attempt) if attempt else None


def fail_on_full_scratch(c: RunContext) -> RunResult | None:
    """A pod was evicted for what it wrote itself: the next one would write as much.

    To Kubernetes it may have been interrupted, which makes another pod: the kind deletes the Job
    once its status says how the run ended, so it is looked at again at once.
    """
    attempt = find_last(a for a in c.state.attempts if a.reason == RunReason.SCRATCH_FULL)
    return replace(_fail_with(c, attempt), requeue_after=timedelta(0)) if attempt else None


def fail_with_run(c: RunContext) -> RunResult | None:
    """The Job has failed: the run fails with the reason of its last attempt."""
    if c.state.phase not in (RunPhase.ENDING, RunPhase.FAILED):
        return None
    failed = (a for a in c.state.attempts if a.phase is RunPhase.FAILED)
    attempt = find_last(a for a in failed if not a.was_interrupted)
    if attempt:
        return _fail_with(c, attempt)
    remembered = [a for a in c.memory.attempts if a.phase == RunPhase.FAILED and a.message]
    if remembered:
        last = remembered[-1]
        return fail(c, last.reason or RunReason.FAILED, str(last.message), None)
    return fail(c, c.state.reason or RunReason.FAILED, c.state.message or "the Job failed", None)


def _fail_with(c: RunContext, attempt: Attempt) -> RunResult:
    message = attempt.message or f"the run ended with exit code {attempt.exit_code}"
    return fail(c, attempt.reason or RunReason.CRASHED, message, attempt)


def fail(c: RunContext, reason: str, message: str, attempt: Attempt | None) -> RunResult:
    """The run fails with the last attempt and the number of attempts."""
    end = RunEnd(reason, add_count(c, message), attempt)
    return RunResult(end.message, change=end, stop=True)


def add_count(c: RunContext, message: str) -> str:
    """The message of a failure, with the number of failed attempts if there are several."""
    failures = count_failures(c.memory.attempts)
    return f"{failures} attempts failed; the last: {message}" if failures > 1 else message
