"""Rules for a run that failed permanently."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from argmin.api.answer import Answer, ExitCode, Outcome
from argmin.api.conditions import FAILED
from argmin.backends.attempts import count_failures
from argmin.backends.state import NOT_KEPT, Attempt, RunPhase, RunReason
from argmin.optimization.rules.context import Context, RuleResult, find_last
from argmin.optimization.rules.finish import finish
from argmin.optimization.status import record_answer


def fail_for_good(s: Context) -> RuleResult | None:
    """The runner ended with the exit code of a permanent failure: the job has failed.

    Such as an invalid model, an unknown option, or an answer that is too large to be stored.
    """
    attempt = find_last(
        a
        for a in s.state.attempts
        if a.is_over and a.exit_code in ExitCode.PERMANENT and not a.was_interrupted
    )
    return _fail_with(s, attempt) if attempt else None


def fail_on_full_scratch(s: Context) -> RuleResult | None:
    """A pod was evicted for what it wrote itself: the next one would write as much.

    To Kubernetes it may have been interrupted, which makes another pod: `stay_finished` sees to
    the Job once the status says how the job ended.
    """
    attempt = find_last(a for a in s.state.attempts if a.reason == RunReason.SCRATCH_FULL)
    return replace(_fail_with(s, attempt), requeue_after=timedelta(0)) if attempt else None


def fail_with_run(s: Context) -> RuleResult | None:
    """The Job has failed: the job fails with the reason of its last attempt."""
    if s.state.phase not in (RunPhase.ENDING, RunPhase.FAILED):
        return None
    failed = (a for a in s.state.attempts if a.phase is RunPhase.FAILED)
    attempt = find_last(a for a in failed if not a.was_interrupted)
    if attempt:
        return _fail_with(s, attempt)
    remembered = [run for run in s.status.attempts if run.phase == RunPhase.FAILED and run.message]
    if remembered:
        last = remembered[-1]
        return fail(s, last.reason or RunReason.FAILED, str(last.message), None)
    return fail(s, s.state.reason or RunReason.FAILED, s.state.message or "the Job failed", None)


def was_lost(answer: Answer) -> bool:
    """Whether the run found an answer that it could not deliver."""
    return answer.reason in NOT_KEPT and answer.outcome is not Outcome.ERROR


def _fail_with(s: Context, attempt: Attempt) -> RuleResult:
    message = attempt.message or f"the run ended with exit code {attempt.exit_code}"
    return fail(s, attempt.reason or RunReason.CRASHED, message, attempt)


def fail(s: Context, reason: str, message: str, attempt: Attempt | None) -> RuleResult:
    """The job fails with the last attempt and the number of attempts."""
    failures = count_failures(s.status.attempts)
    text = f"{failures} attempts failed; the last: {message}" if failures > 1 else message
    status = s.status
    if s.has_kept_answer:
        text += "; the solution of an earlier attempt is kept"
    elif attempt and attempt.answer:
        status = record_answer(s.status, attempt.answer, s.run)
    else:
        status = status.model_copy(update={"outcome": Outcome.ERROR})
    return finish(s, status, FAILED, reason, text, attempt)
