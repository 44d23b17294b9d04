"""Rules for a run with an answer, or that should have one."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from argmin.api.answer import Answer, ExitCode, Outcome
from argmin.api.backend import AttemptStatus
from argmin.api.conditions import COMPLETE, FAILED, RECONCILING
from argmin.api.optimization.spec import State
from argmin.backends.attempts import is_over, was_stopped
from argmin.backends.execution import Actions
from argmin.backends.state import Attempt, RunPhase, RunReason
from argmin.optimization.reasons import ConditionReason
from argmin.optimization.rules.context import Context, RuleResult, find_last
from argmin.optimization.rules.failure import fail
from argmin.optimization.rules.finish import finish
from argmin.optimization.rules.ttl import requeue_at_expiry
from argmin.optimization.status import ConditionUpdate, record_answer, set_conditions

FINAL_ANSWER_WAIT = timedelta(seconds=10)
"""Grace period for the pod's end after the Job's: the two are watched separately."""


def stay_finished(s: Context) -> RuleResult | None:
    """A finished job stays as it is, whatever happens to its children.

    Only an edit of what it computes creates a new run. Suspending it has no effect.
    """
    if not s.is_finished:
        return None
    generation = s.job.metadata.generation
    conditions = tuple(
        c.model_copy(update={"observed_generation": generation}) for c in s.status.conditions
    )
    status = s.status.model_copy(
        update={"observed_generation": generation, "conditions": conditions}
    )
    return RuleResult(
        "the run of this spec has finished",
        _stop_retries(s),
        status=status,
        requeue_after=_find_first(requeue_at_expiry(s, status), s.leftovers.look_again),
        stop=True,
    )


def _stop_retries(s: Context) -> Actions:
    """Kubernetes makes no more pods for a job that has failed though its Job has not."""
    failed = next((c for c in s.status.conditions if c.type == FAILED), None)
    is_final = s.state.phase in (RunPhase.ENDING, RunPhase.FAILED, RunPhase.SUCCEEDED)
    if (
        failed is None
        or failed.reason != RunReason.SCRATCH_FULL
        or is_final
        or s.execution.is_being_deleted
    ):
        return Actions()
    return s.execution.delete_job("the job has failed: its pods would fill their folders again")


def accept_answer(s: Context) -> RuleResult | None:
    """The runner ended with exit code 0 and an answer: the job is complete.

    This holds for any answer, such as an infeasible model, and does not wait until Kubernetes sets
    the Job complete. An attempt that was interrupted before its search was done does not count:
    another attempt follows.
    """
    attempt = find_last(a for a in s.state.attempts if _has_result(a))
    if attempt is None or attempt.answer is None:
        return None
    if attempt.answer.outcome is Outcome.ERROR:
        return fail(s, attempt.answer.reason, attempt.answer.message, attempt)
    return _complete(s, attempt.answer, attempt.answer.reason, attempt.answer.message, attempt)


def report_missing_answer(s: Context) -> RuleResult | None:
    """The runner ended with exit code 0 and without an answer: the job has failed.

    Argmin's runner never does that; another image's program may, and so may a model that ends
    the process it is built in. A local run has no image.
    """
    attempt = find_last(
        a
        for a in s.state.attempts
        if a.phase is RunPhase.SUCCEEDED and a.answer is None and not a.was_interrupted
    )
    if attempt is None:
        return None
    message = (
        "the run ended with exit code 0 and without an answer: let the program or model return"
        " instead of ending its process, as os._exit does"
    )
    if s.run.image:
        message = (
            "the run ended with exit code 0 but left no answer that can be read (image"
            f' "{s.run.image}"): build an image of your own from argmin\'s solver image, of the'
            " same version as the operator, and keep its runner"
        )
    return fail(s, ConditionReason.ANSWER_MISSING, message, attempt)


def await_final_answer(s: Context) -> RuleResult | None:
    """The Job has ended, and the end of its last pod was not observed: wait for its answer.

    It is still being stopped, or its watch event has not arrived yet.
    """
    if s.state.phase not in (RunPhase.ENDING, RunPhase.FAILED, RunPhase.SUCCEEDED):
        return None
    is_running = any(a.phase is RunPhase.RUNNING for a in s.state.attempts)
    left = timedelta(0)
    if s.state.phase is not RunPhase.ENDING:
        left = FINAL_ANSWER_WAIT - (s.now - (s.state.ended or s.now))
    is_early = s.state.phase is RunPhase.ENDING or left > timedelta(0)
    if not is_running and (_has_ended_attempt(s) or not is_early):
        return None
    change = ConditionUpdate(
        State.RUNNING,
        (RECONCILING,),
        ConditionReason.STOPPING,
        "the run is over; its final answer is awaited",
    )
    return RuleResult(
        change.message,
        status=set_conditions(s.status, change, s.job.metadata.generation, s.now),
        requeue_after=left if left > timedelta(0) else s.state.look_again,
        stop=True,
    )


def report_lost_answer(s: Context) -> RuleResult | None:
    """The Job is complete, and its answer is lost: the job has failed.

    No pod of it exists, also not on the API server, and none is recorded as stopped. Another run
    could end the same way without a limit.
    """
    if s.state.phase is not RunPhase.SUCCEEDED or s.execution.is_being_deleted:
        return None
    is_stopped = any(a.was_interrupted for a in s.state.attempts)
    if is_stopped or any(was_stopped(run) for run in _list_ended_attempts(s)):
        return None
    return fail(
        s,
        ConditionReason.ANSWER_MISSING,
        "the run ended, but its pod was gone before its answer was read:"
        " find out what deletes finished pods, and create this job anew",
        None,
    )


def _has_result(attempt: Attempt) -> bool:
    is_done = attempt.phase is RunPhase.SUCCEEDED and attempt.exit_code == ExitCode.OK
    return is_done and attempt.answer is not None and not attempt.was_interrupted


def _has_ended_attempt(s: Context) -> bool:
    return any(_list_ended_attempts(s))


def _list_ended_attempts(s: Context) -> Iterator[AttemptStatus]:
    """The ended attempts of this execution."""
    made = s.execution.made
    for run in s.status.attempts:
        if is_over(run) and (made is None or run.finish_time is None or run.finish_time >= made):
            yield run


def _complete(
    s: Context, answer: Answer, reason: str, message: str, attempt: Attempt
) -> RuleResult:
    return finish(
        s,
        record_answer(s.status, answer, s.run),
        COMPLETE,
        reason,
        message or _summarize(answer),
        attempt,
    )


def _summarize(answer: Answer) -> str:
    solver = f" by {answer.solver} {answer.solver_version or ''}".rstrip() if answer.solver else ""
    value = f", objective {answer.objective}" if answer.objective is not None else ""
    return f"{answer.outcome}{value}{solver}"


def _find_first(*pauses: timedelta | None) -> timedelta | None:
    return min((pause for pause in pauses if pause is not None), default=None)
