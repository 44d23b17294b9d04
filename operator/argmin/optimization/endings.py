"""Rules that end a job, each for a reason of its own; pure."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from argmin.api.conditions import COMPLETE, FAILED, RECONCILING, condition, set_condition
from argmin.api.optimizationjob import OptimizationJobStatus, RunStatus, State
from argmin.api.outcome import Answer, ExitCode, Outcome
from argmin.backends.attempts import count_failures, is_over, was_stopped
from argmin.backends.backend import Moves
from argmin.backends.run import NOT_KEPT, Attempt, RunPhase, RunReason
from argmin.optimization.budget import close_period
from argmin.optimization.claims import describe_way_out
from argmin.optimization.manifests import OPTIMIZATION_JOBS
from argmin.optimization.reasons import ConditionReason
from argmin.optimization.situation import Situation, Step, find_last
from argmin.optimization.status import Verdict, pronounce, record_answer
from argmin.optimization.verification import attest
from argmin.plan import Delete, Event, Key

LAST_WORDS = timedelta(seconds=10)
"""How long after a Job's end its pod may be seen late: Jobs and pods are watched apart."""


def leave_deleted(s: Situation) -> Step | None:
    """A job that is being deleted is left alone, but for what it has outside of the cluster.

    Kubernetes deletes all that belongs to it; a running solver is told to stop and has a minute.
    """
    if s.job.metadata.deletion_timestamp is None:
        return None
    remains = s.remains
    message = remains.warning or f"{remains.awaited}; {describe_way_out(s.job)}"
    warning = Event(ConditionReason.ABANDONED, remains.warning, warning=True)
    return Step(
        "the job is being deleted, and what belongs to it goes with it",
        remains.moves,
        status=_say_stopping(s, message) if remains.awaited or remains.warning else None,
        events=(warning,) if remains.warning else (),
        requeue_after=remains.look_again,
        settles=True,
    )


def _say_stopping(s: Situation, message: str) -> OptimizationJobStatus:
    stopping = condition(
        RECONCILING,
        True,
        ConditionReason.STOPPING,
        message,
        s.now,
        s.job.metadata.generation,
    )
    conditions = set_condition(s.job.status.conditions, stopping)
    return s.job.status.model_copy(update={"conditions": conditions})


def expire(s: Situation) -> Step | None:
    """A finished job whose time to live is over is deleted, with its children and its result."""
    ttl = s.job.spec.ttl_seconds_after_finished
    if not s.is_finished or ttl is None or _count_time_to_live(s, s.status) > timedelta(0):
        return None
    metadata = s.job.metadata
    key = Key(OPTIMIZATION_JOBS, metadata.namespace, metadata.name)
    reason = f"it finished more than spec.ttlSecondsAfterFinished ({ttl} s) ago"
    moves = Moves(reason, delete=(Delete(key, metadata.uid, reason),))
    return Step(reason, moves, settles=True)


def stay_finished(s: Situation) -> Step | None:
    """A finished job stays as it is, whatever happens to its children.

    Only an edit of what it computes makes a new run. Suspending it changes nothing any more.
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
    return Step(
        "the run of this spec has finished",
        status=status,
        requeue_after=_find_first(_requeue_at_expiry(s, status), s.remains.look_again),
        settles=True,
    )


def accept_answer(s: Situation) -> Step | None:
    """The runner ended with exit code 0 and an answer: the job is complete.

    Whatever the answer says: that a model is infeasible is an answer too. This does not wait for
    Kubernetes to declare the Job complete. An attempt that was stopped from outside before its
    search was done does not count: the search goes on in another.
    """
    attempt = find_last(a for a in s.state.attempts if _has_result(a))
    if attempt is None or attempt.answer is None:
        return None
    if attempt.answer.outcome is Outcome.ERROR:
        return _fail(s, attempt.answer.reason, attempt.answer.message, attempt)
    return _complete(s, attempt.answer, attempt.answer.reason, attempt.answer.message, attempt)


def report_missing_answer(s: Situation) -> Step | None:
    """The runner ended with exit code 0 and without an answer: the job has failed.

    Argmin's runner never does that; another program in its place may, and so may a model that ends
    the process it is built in. A run of this machine has no image.
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
    return _fail(s, ConditionReason.ANSWER_MISSING, message, attempt)


def fail_for_good(s: Situation) -> Step | None:
    """The runner ended with a code that says that a rerun would end the same: the job has failed.

    An invalid model, an unknown option, an answer that is too large to be kept.
    """
    attempt = find_last(
        a
        for a in s.state.attempts
        if a.is_over and a.exit_code in ExitCode.PERMANENT and not a.was_interrupted
    )
    return _fail_with(s, attempt) if attempt else None


def cut_at_deadline(s: Situation) -> Step | None:
    """The running time is used up, and the backend does not see to that by itself: it is stopped.

    What the run has found by then still counts.
    """
    moves = s.execution.cut(s.run, s.now)
    return Step(moves.reason, moves) if moves else None


def await_last_words(s: Situation) -> Step | None:
    """The Job has ended, and its last pod has not been seen to end: its answer is waited for.

    It is still being stopped, or the news of it is on its way.
    """
    if s.state.phase not in (RunPhase.ENDING, RunPhase.FAILED, RunPhase.SUCCEEDED):
        return None
    is_running = any(a.phase is RunPhase.RUNNING for a in s.state.attempts)
    left = timedelta(0)
    if s.state.phase is not RunPhase.ENDING:
        left = LAST_WORDS - (s.now - (s.state.ended or s.now))
    is_early = s.state.phase is RunPhase.ENDING or left > timedelta(0)
    if not is_running and (_knows_an_end(s) or not is_early):
        return None
    verdict = Verdict(
        State.RUNNING,
        (RECONCILING,),
        ConditionReason.STOPPING,
        "the run is over; its last words are waited for",
    )
    return Step(
        verdict.message,
        status=pronounce(s.status, verdict, s.job.metadata.generation, s.now),
        requeue_after=left if left > timedelta(0) else s.state.look_again,
        settles=True,
    )


def end_at_deadline(s: Situation) -> Step | None:
    """The running time of `spec.activeDeadlineSeconds` is used up.

    With a feasible solution from any attempt the job is complete; without one it has failed.
    """
    is_cut = s.state.phase in (RunPhase.ENDING, RunPhase.FAILED)
    is_idle = s.execution.is_held or not s.execution.exists
    if not (
        (is_cut and s.state.reason is RunReason.DEADLINE_EXCEEDED)
        or (s.is_out_of_time and is_idle and not s.job.spec.suspend)
    ):
        return None
    message = f"stopped by spec.activeDeadlineSeconds ({s.job.spec.active_deadline_seconds} s)"
    if s.has_kept_answer:
        return _finish(
            s,
            s.status.model_copy(update={"outcome": Outcome.FEASIBLE}),
            COMPLETE,
            RunReason.DEADLINE_EXCEEDED,
            f"{message} with a feasible solution in hand",
        )
    last = find_last(a for a in s.state.attempts if a.answer)
    if last and last.answer and _was_lost(last.answer):
        found = f"{message}, and what was found was not delivered: {last.answer.message}"
        return _fail(s, last.answer.reason, found, last)
    status = _record(s, last.answer) if last and last.answer else s.status
    return _finish(
        s,
        status.model_copy(update={"outcome": Outcome.UNKNOWN}),
        FAILED,
        RunReason.DEADLINE_EXCEEDED,
        f"{message} before any solution was found",
    )


def fail_with_run(s: Situation) -> Step | None:
    """Kubernetes gave up on the Job: the job has failed, as its last attempt says why."""
    if s.state.phase not in (RunPhase.ENDING, RunPhase.FAILED):
        return None
    failed = (a for a in s.state.attempts if a.phase is RunPhase.FAILED)
    attempt = find_last(a for a in failed if not a.was_interrupted)
    if attempt:
        return _fail_with(s, attempt)
    remembered = [run for run in s.status.runs if run.phase == RunPhase.FAILED and run.message]
    if remembered:
        last = remembered[-1]
        return _fail(s, last.reason or RunReason.FAILED, str(last.message), None)
    return _fail(s, s.state.reason or RunReason.FAILED, s.state.message or "the Job failed", None)


def report_lost_answer(s: Situation) -> Step | None:
    """The Job is complete, and of what it computed nothing is left: the job has failed.

    No pod of it is there, also not on the API server itself, and none is remembered to have been
    stopped. Another run might end the same way, and nothing would count how often.
    """
    if s.state.phase is not RunPhase.SUCCEEDED or s.execution.is_going:
        return None
    is_stopped = any(a.was_interrupted for a in s.state.attempts)
    if is_stopped or any(was_stopped(run) for run in _list_ends(s)):
        return None
    return _fail(
        s,
        ConditionReason.ANSWER_MISSING,
        "the run ended, but its pod was gone before its answer was read:"
        " find out what deletes finished pods, and create this job anew",
        None,
    )


def _has_result(attempt: Attempt) -> bool:
    is_done = attempt.phase is RunPhase.SUCCEEDED and attempt.exit_code == ExitCode.OK
    return is_done and attempt.answer is not None and not attempt.was_interrupted


def _was_lost(answer: Answer) -> bool:
    return answer.reason in NOT_KEPT and answer.outcome is not Outcome.ERROR


def _knows_an_end(s: Situation) -> bool:
    return any(_list_ends(s))


def _list_ends(s: Situation) -> Iterator[RunStatus]:
    """The attempts of this very execution that have ended."""
    made = s.execution.made
    for run in s.status.runs:
        if is_over(run) and (made is None or run.finish_time is None or run.finish_time >= made):
            yield run


def _fail_with(s: Situation, attempt: Attempt) -> Step:
    message = attempt.message or f"the run ended with exit code {attempt.exit_code}"
    return _fail(s, attempt.reason or RunReason.CRASHED, message, attempt)


def _fail(s: Situation, reason: str, message: str, attempt: Attempt | None) -> Step:
    failures = count_failures(s.status.runs)
    text = f"{failures} attempts failed; the last: {message}" if failures > 1 else message
    status = s.status
    if s.has_kept_answer:
        text += "; the solution of an earlier attempt is kept"
    elif attempt and attempt.answer:
        status = _record(s, attempt.answer)
    else:
        status = status.model_copy(update={"outcome": Outcome.ERROR})
    return _finish(s, status, FAILED, reason, text, attempt)


def _complete(s: Situation, answer: Answer, reason: str, message: str, attempt: Attempt) -> Step:
    return _finish(s, _record(s, answer), COMPLETE, reason, message or _summarize(answer), attempt)


def _record(s: Situation, answer: Answer) -> OptimizationJobStatus:
    return record_answer(s.status, answer, s.run)


def _summarize(answer: Answer) -> str:
    solver = f" by {answer.solver} {answer.solver_version or ''}".rstrip() if answer.solver else ""
    value = f", objective {answer.objective}" if answer.objective is not None else ""
    return f"{answer.outcome}{value}{solver}"


def _finish(
    s: Situation,
    status: OptimizationJobStatus,
    condition: str,
    reason: str,
    message: str,
    attempt: Attempt | None = None,
) -> Step:
    end = (attempt.finished if attempt else None) or s.now
    state = State.COMPLETE if condition == COMPLETE else State.FAILED
    starts = [run.start_time for run in status.runs if run.start_time]
    status = close_period(status, end).model_copy(
        update={"completion_time": end, "start_time": min(starts, default=status.start_time)}
    )
    verdict = Verdict(state, (condition,), reason, message)
    status = pronounce(status, verdict, s.job.metadata.generation, s.now)
    status = attest(status, s.job.metadata.generation, s.now)
    return Step(
        f"{condition}: {reason}: {message}",
        status=status,
        events=(Event(reason, message, warning=condition == FAILED),),
        requeue_after=timedelta(0) if s.execution.is_bound else _requeue_at_expiry(s, status),
        settles=True,
    )


def _find_first(*pauses: timedelta | None) -> timedelta | None:
    return min((pause for pause in pauses if pause is not None), default=None)


def _count_time_to_live(s: Situation, status: OptimizationJobStatus) -> timedelta:
    ttl = timedelta(seconds=s.job.spec.ttl_seconds_after_finished or 0)
    return (status.completion_time or s.now) + ttl - s.now


def _requeue_at_expiry(s: Situation, status: OptimizationJobStatus) -> timedelta | None:
    if s.job.spec.ttl_seconds_after_finished is None:
        return None
    return max(timedelta(0), _count_time_to_live(s, status))
