"""Rules that keep a job going: what is to be there, what is held, what is waited for; pure."""

from __future__ import annotations

from datetime import timedelta

from argmin.api.conditions import RECONCILING, STALLED, SUSPENDED
from argmin.api.optimizationjob import State
from argmin.api.progress import Progress
from argmin.backends.attempts import is_over
from argmin.backends.run import RunPhase
from argmin.optimization.budget import open_period
from argmin.optimization.reasons import ConditionReason
from argmin.optimization.situation import Situation, Step, find_last
from argmin.optimization.status import Verdict, pronounce
from argmin.optimization.voice import describe_progress, pending, queued, speak, warn

SHORTEST_PAUSE = timedelta(seconds=5)
LONGEST_PAUSE = timedelta(seconds=60)


def clear_remains(s: Situation) -> Step | None:
    """What is not wanted any more is taken away, such as what an older spec made."""
    moves = s.remains.moves
    return Step(moves.reason, moves) if moves else None


def await_remains(s: Situation) -> Step | None:
    """Something of an older spec is still being stopped outside of the cluster: it is waited for.

    Only one thing at a time runs for a job, and the status can name only one.
    """
    if not s.remains.awaited:
        return None
    verdict = pending(ConditionReason.STOPPING, f"the spec was edited: {s.remains.awaited}")
    generation = s.job.metadata.generation
    return Step(
        verdict.message,
        status=pronounce(s.job.status, verdict, generation, s.now),
        requeue_after=s.remains.look_again,
        settles=True,
    )


def hold(s: Situation) -> Step | None:
    """The user holds the job: a running solver is told to stop, and keeps its best solution.

    A job that is held from the start has no Job at all: nothing needs to be there to wait. One
    that belongs to a queue loses its Job, because the queue would start it again.
    """
    if not s.job.spec.suspend:
        return None
    is_stopping = any(a.phase is RunPhase.RUNNING for a in s.state.attempts)
    verdict = Verdict(
        State.SUSPENDED,
        (SUSPENDED, RECONCILING) if is_stopping else (SUSPENDED,),
        ConditionReason.SUSPENDED,
        "held by spec.suspend: set it to false to go on",
    )
    return Step(
        verdict.message,
        s.execution.hold(s.run),
        status=speak(s, verdict),
        requeue_after=s.state.look_again,
        settles=True,
    )


def await_removal(s: Situation) -> Step | None:
    """Somebody is deleting the Job: a new one can be made when it is gone."""
    if not s.execution.is_going:
        return None
    verdict = pending(ConditionReason.RETRYING, "its Job is being deleted: another follows")
    return Step(verdict.message, status=speak(s, verdict), settles=True)


def run_again(s: Situation) -> Step | None:
    """The Job has ended without a result, because its pod was stopped: the search goes on.

    A solver that is stopped with a solution in hand ends with exit code 0, as it should, and
    Kubernetes is content with that. Argmin is not: the Job makes place for another.
    """
    if s.state.phase is not RunPhase.SUCCEEDED:
        return None
    verdict = pending(
        ConditionReason.RETRYING,
        "the last attempt was stopped before it was done: another follows",
    )
    return Step(
        verdict.message,
        s.execution.withdraw(verdict.message),
        status=speak(s, verdict),
        settles=True,
    )


def settle_account(s: Situation) -> Step | None:
    """The run is not there any more: its running time is written down before it goes on.

    Otherwise an operator that dies in between would give the next start the same time again.
    """
    if s.execution.exists or s.job.status.active_since is None or s.job.status.job != s.run.name:
        return None
    verdict = pending(ConditionReason.RETRYING, s.execution.wording.removed)
    return Step(
        f"{s.status.active_seconds} s of running time are used",
        status=speak(s, verdict),
        requeue_after=timedelta(0),
        settles=True,
    )


def make_way(s: Situation) -> Step | None:
    """What stands in the way of a start is taken away first."""
    moves = s.execution.make_way(s.run)
    if s.execution.exists or not moves:
        return None
    verdict = pending(ConditionReason.PENDING, s.execution.wording.preparing)
    return Step(
        moves.reason,
        moves,
        status=speak(s, verdict),
        requeue_after=timedelta(0),
        settles=True,
    )


def start(s: Situation) -> Step | None:
    """Nothing runs for this spec: it is started.

    Also when somebody took away what ran: attempts and running time count on.
    """
    if s.execution.exists:
        return None
    reason = "nothing runs yet for this spec" if not s.status.runs else "another attempt follows"
    moves = s.execution.start(s.run, reason)
    verdict = pending(ConditionReason.PENDING, s.execution.wording.preparing)
    status = s.status.model_copy(update=moves.place.to_fields()) if moves.place else s.status
    if s.run.queue_labels:
        verdict = queued()
    else:
        status = open_period(status, s.now)
    return Step(
        reason,
        moves,
        status=pronounce(status, verdict, s.job.metadata.generation, s.now),
        requeue_after=None if moves else timedelta(0),
        settles=True,
    )


def repair(s: Situation) -> Step | None:
    """What exists differs from what is wanted: only that is changed.

    Because the spec was edited, because a held run may go on, or because somebody else changed
    or deleted what is not theirs.
    """
    moves = s.execution.repair(s.run)
    return Step(moves.reason, moves) if moves else None


def report_progress(s: Situation) -> Step | None:
    """The run goes its way: where it stands is written down, and why it waits."""
    verdict = describe_progress(s)
    status = s.status
    if s.execution.is_active(s.run):
        status = open_period(status, s.state.active_since or s.now)
    starts = [run.start_time for run in status.runs if run.start_time]
    status = status.model_copy(
        update={
            "start_time": min(starts, default=status.start_time),
            "progress": _find_progress(s),
        }
    )
    return Step(
        verdict.message,
        status=pronounce(status, verdict, s.job.metadata.generation, s.now),
        events=warn(s, verdict) if STALLED in verdict.true else (),
        requeue_after=s.state.look_again,
        settles=True,
    )


def _find_progress(s: Situation) -> Progress | None:
    """That of the attempt that runs; as it was written where nothing was heard since.

    An operator that has just started to lead has heard nothing yet.
    """
    running = find_last(a for a in s.state.attempts if a.phase is RunPhase.RUNNING)
    if running is None or s.state.phase is not RunPhase.RUNNING:
        return None
    heard = s.observed.progress
    if heard and heard.attempt == running.name:
        return heard.progress
    before = (run.name for run in s.job.status.runs if not is_over(run))
    return s.job.status.progress if running.name in before else None
