"""Rules for a run with an answer, or that should have one; pure."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from argmin.api.answer import ExitCode
from argmin.api.backend import AttemptStatus
from argmin.backends.attempts import is_over, was_stopped
from argmin.backends.rules.context import (
    RunChange,
    RunContext,
    RunEnd,
    RunResult,
    Stage,
    find_last,
)
from argmin.backends.rules.failure import fail
from argmin.backends.rules.reasons import LifeReason
from argmin.backends.state import Attempt, RunPhase

FINAL_ANSWER_WAIT = timedelta(seconds=10)
"""Grace period for the pod's end after the Job's: the two are watched separately."""


def accept_answer(c: RunContext) -> RunResult | None:
    """The runner ended with exit code 0 and an answer: the run is complete.

    This holds for any answer, such as an infeasible model, and does not wait until Kubernetes sets
    the Job complete. An attempt that was interrupted before its search was done does not count:
    another attempt follows.
    """
    attempt = find_last(a for a in c.state.attempts if _has_result(a))
    if attempt is None or attempt.answer is None:
        return None
    answer = attempt.answer
    if not answer.succeeded:
        return fail(c, answer.reason, answer.message, attempt)
    end = RunEnd(answer.reason, answer.message, attempt, has_answer=True)
    return RunResult(answer.reason, change=end, stop=True)


def report_missing_answer(c: RunContext) -> RunResult | None:
    """The runner ended with exit code 0 and without an answer: the run has failed.

    Argmin's runner never does that; another image's program may, and so may a model that ends
    the process it is built in. A local run has no image.
    """
    attempt = find_last(
        a
        for a in c.state.attempts
        if a.phase is RunPhase.SUCCEEDED and a.answer is None and not a.was_interrupted
    )
    if attempt is None:
        return None
    message = (
        "the run ended with exit code 0 and without an answer: let the program or model return"
        " instead of ending its process, as os._exit does"
    )
    if c.run.image:
        message = (
            "the run ended with exit code 0 but left no answer that can be read (image"
            f' "{c.run.image}"): build an image of your own from argmin\'s solver image, of the'
            " same version as the operator, and keep its runner"
        )
    return fail(c, LifeReason.ANSWER_MISSING, message, attempt)


def await_final_answer(c: RunContext) -> RunResult | None:
    """The Job has ended, and the end of its last pod was not observed: wait for its answer.

    It is still being stopped, or its watch event has not arrived yet.
    """
    if c.state.phase not in (RunPhase.ENDING, RunPhase.FAILED, RunPhase.SUCCEEDED):
        return None
    left = timedelta(0)
    if c.state.phase is not RunPhase.ENDING:
        left = FINAL_ANSWER_WAIT - (c.now - (c.state.ended or c.now))
    is_early = c.state.phase is RunPhase.ENDING or left > timedelta(0)
    if not c.is_running and (any(_list_ended_attempts(c)) or not is_early):
        return None
    change = RunChange(
        Stage.RUNNING, LifeReason.STOPPING, "the run is over; its final answer is awaited"
    )
    return RunResult(
        change.message,
        change=change,
        requeue_after=left if left > timedelta(0) else c.state.look_again,
        stop=True,
    )


def report_lost_answer(c: RunContext) -> RunResult | None:
    """The Job is complete, and its answer is lost: the run has failed.

    No pod of it exists, also not on the API server, and none is recorded as stopped. Another run
    could end the same way without a limit.
    """
    if c.state.phase is not RunPhase.SUCCEEDED or c.execution.is_being_deleted:
        return None
    is_stopped = any(a.was_interrupted for a in c.state.attempts)
    if is_stopped or any(was_stopped(run) for run in _list_ended_attempts(c)):
        return None
    return fail(
        c,
        LifeReason.ANSWER_MISSING,
        "the run ended, but its pod was gone before its answer was read:"
        " find out what deletes finished pods, and create this job anew",
        None,
    )


def _has_result(attempt: Attempt) -> bool:
    is_done = attempt.phase is RunPhase.SUCCEEDED and attempt.exit_code == ExitCode.OK
    return is_done and attempt.answer is not None and not attempt.was_interrupted


def _list_ended_attempts(c: RunContext) -> Iterator[AttemptStatus]:
    """The ended attempts of this execution."""
    made = c.execution.made
    for run in c.memory.attempts:
        if is_over(run) and (made is None or run.finish_time is None or run.finish_time >= made):
            yield run
