"""Rules that keep a job going: what is to be there, what is held, what is waited for; pure."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from argmin.api.conditions import RECONCILING, STALLED, SUSPENDED, find_condition
from argmin.api.optimizationjob import OptimizationJobStatus, State
from argmin.api.outcome import Reason
from argmin.api.progress import Progress
from argmin.backends.pod_drift import decide_suspension, find_drift
from argmin.backends.pods import build_config_map, build_job
from argmin.backends.run import RunPhase
from argmin.optimization.attempts import count_failures, is_over
from argmin.optimization.budget import open_period
from argmin.optimization.observe import list_references
from argmin.optimization.reasons import ConditionReason
from argmin.optimization.situation import Situation, Step, find_last
from argmin.optimization.status import Verdict, is_news, pronounce
from argmin.plan import Apply, Delete, Event, Patch

SHORTEST_PAUSE = timedelta(seconds=5)
LONGEST_PAUSE = timedelta(seconds=60)

_PREPARING = "its pod is being prepared"


def remove_older_runs(s: Situation) -> Step | None:
    """What an older spec made is deleted: its pod is stopped, its answer would be of the past."""
    jobs = [
        (job.key, job.metadata.uid)
        for job in s.observed.jobs
        if job.metadata.name != s.run.name and not job.is_going
    ]
    maps = [
        (found.key, found.metadata.uid)
        for name, found in s.observed.config_maps.items()
        if found and name in _list_older_names(s) and _is_ours(s, found.metadata.owner_references)
    ]
    if not jobs and not maps:
        return None
    reason = "the spec was edited: this belongs to an older one"
    return Step(reason, delete=tuple(Delete(key, uid, reason) for key, uid in [*jobs, *maps]))


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
        patch=_suspend_child(s),
        delete=_withdraw_from_queue(s),
        status=_pronounce(s, verdict),
        settles=True,
    )


def await_removal(s: Situation) -> Step | None:
    """Somebody is deleting the Job: a new one can be made when it is gone."""
    if s.child is None or not s.child.is_going:
        return None
    verdict = _pending(ConditionReason.RETRYING, "its Job is being deleted: another follows")
    return Step(verdict.message, status=_pronounce(s, verdict), settles=True)


def run_again(s: Situation) -> Step | None:
    """The Job has ended without a result, because its pod was stopped: the search goes on.

    A solver that is stopped with a solution in hand ends with exit code 0, as it should, and
    Kubernetes is content with that. Argmin is not: the Job makes place for another.
    """
    if s.child is None or s.state.phase is not RunPhase.SUCCEEDED:
        return None
    verdict = _pending(
        ConditionReason.RETRYING,
        "the last attempt was stopped before it was done: another follows",
    )
    return Step(
        verdict.message,
        delete=(Delete(s.child.key, s.child.metadata.uid, verdict.message),),
        status=_pronounce(s, verdict),
        settles=True,
    )


def await_sources(s: Situation) -> Step | None:
    """A ConfigMap or a key that the spec names is missing: nothing is started without it.

    It is looked for again, more rarely as time goes by, and found without anybody's help.
    """
    problems = list(_find_missing(s))
    if not problems:
        return None
    verdict = Verdict(State.STALLED, (STALLED,), Reason.SOURCE_NOT_FOUND, "; ".join(problems))
    before = find_condition(s.status.conditions, STALLED)
    since = before.last_transition_time if before and before.status == "True" else s.now
    return Step(
        verdict.message,
        status=_pronounce(s, verdict),
        events=_warn(s, verdict),
        requeue_after=min(max(SHORTEST_PAUSE, s.now - since), LONGEST_PAUSE),
        settles=True,
    )


def renew_config_map(s: Situation) -> Step | None:
    """A ConfigMap of an earlier Job of this run says something else: it makes place for a new one.

    It cannot be changed, and an upgrade of argmin may write it in another way.
    """
    found = s.observed.config_maps.get(s.run.name)
    if s.child or found is None or found.data == build_config_map(s.run)["data"]:
        return None
    reason = "it was written for an earlier Job, and cannot be changed"
    verdict = _pending(ConditionReason.PENDING, _PREPARING)
    return Step(
        reason,
        delete=(Delete(found.key, found.metadata.uid, reason),),
        status=_pronounce(s, verdict),
        requeue_after=timedelta(0),
        settles=True,
    )


def settle_account(s: Situation) -> Step | None:
    """The Job is gone: its running time is written down before another is made.

    Otherwise an operator that dies in between would give the next Job the same time again.
    """
    if s.child or s.job.status.active_since is None or s.job.status.job != s.run.name:
        return None
    verdict = _pending(ConditionReason.RETRYING, "its Job is gone: another follows")
    return Step(
        f"{s.status.active_seconds} s of running time are used",
        status=_pronounce(s, verdict),
        requeue_after=timedelta(0),
        settles=True,
    )


def start(s: Situation) -> Step | None:
    """Nothing runs for this spec: its Job is made, and a ConfigMap with what its pod must know.

    Also when somebody has deleted the Job: attempts and running time count on.
    """
    if s.child:
        return None
    is_first = not s.status.runs
    reason = "nothing runs yet for this spec" if is_first else "the Job of this run is gone"
    verdict = _pending(ConditionReason.PENDING, _PREPARING)
    if s.run.queue_labels:
        verdict = _queued()
    status = s.status if s.run.queue_labels else open_period(s.status, s.now)
    return Step(
        reason,
        apply=(Apply(build_config_map(s.run), reason), Apply(build_job(s.run), reason)),
        status=pronounce(status, verdict, s.job.metadata.generation, s.now),
        settles=True,
    )


def repair_config_map(s: Situation) -> Step | None:
    """A pod waits for the run's ConfigMap, which somebody has deleted: it is made again."""
    maps = s.observed.config_maps
    if s.run.name not in maps or maps[s.run.name] is not None:
        return None
    reason = "the run's ConfigMap is gone, and its pod waits for it"
    return Step(reason, apply=(Apply(build_config_map(s.run), reason),))


def repair_job(s: Situation) -> Step | None:
    """The Job differs in a field that steers it: only that field is changed.

    Because the spec was edited, because a suspended job may go on, or because somebody else
    changed the Job.
    """
    if s.child is None:
        return None
    body = find_drift(s.child, s.run)
    if not body:
        return None
    fields = ", ".join(f"{part}.{name}" for part in body for name in body[part])
    reason = f"as this job wants it: {fields}"
    return Step(reason, patch=(Patch(s.child.key, body, reason),))


def report_progress(s: Situation) -> Step | None:
    """The run goes its way: where it stands is written down, and why it waits."""
    verdict = _describe_progress(s)
    status = s.status
    if s.child and not decide_suspension(s.child, s.run):
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
        events=_warn(s, verdict) if STALLED in verdict.true else (),
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


def _describe_progress(s: Situation) -> Verdict:
    state = s.state
    if state.phase is RunPhase.QUEUED:
        return _queued()
    failures = count_failures(s.status.runs)
    number = f"attempt {failures + 1}"
    if (
        failures <= s.run.backoff_limit
    ):  # more where the Job was made anew: Kubernetes counts per Job
        number += f" of {s.run.backoff_limit + 1}"
    if state.phase is RunPhase.RUNNING:
        message = f"{number} is running" if failures else "its pod is running"
        return Verdict(State.RUNNING, (RECONCILING,), ConditionReason.RUNNING, message)
    if state.reason:
        if state.permanent:
            return Verdict(State.STALLED, (STALLED,), state.reason, str(state.message))
        return _pending(state.reason, str(state.message))
    over = [run for run in s.status.runs if is_over(run)]
    if over:
        last = over[-1]
        ending = f"{last.reason}: {last.message}" if last.message else str(last.reason)
        what = f"{number} follows" if failures else "another attempt follows"
        return _pending(ConditionReason.RETRYING, f"{what}; the last ended with {ending}")
    return _pending(ConditionReason.PENDING, _PREPARING)


def _pending(reason: str, message: str) -> Verdict:
    return Verdict(State.PENDING, (RECONCILING,), reason, message)


def _queued() -> Verdict:
    message = "held by its queue until there is room"
    return Verdict(State.QUEUED, (RECONCILING,), ConditionReason.QUEUED, message)


def _pronounce(s: Situation, verdict: Verdict) -> OptimizationJobStatus:
    return pronounce(s.status, verdict, s.job.metadata.generation, s.now)


def _warn(s: Situation, verdict: Verdict) -> tuple[Event, ...]:
    if not is_news(s.job.status, verdict):
        return ()
    return (Event(verdict.reason, verdict.message, warning=True),)


def _suspend_child(s: Situation) -> tuple[Patch, ...]:
    child = s.child
    if child is None or child.is_going or child.is_finished or s.run.queue_labels:
        return ()
    body = find_drift(child, s.run)
    return (Patch(child.key, body, "held by spec.suspend"),) if body else ()


def _withdraw_from_queue(s: Situation) -> tuple[Delete, ...]:
    child = s.child
    if child is None or child.is_going or child.is_finished or not s.run.queue_labels:
        return ()
    return (Delete(child.key, child.metadata.uid, "held: its queue would start it again"),)


def _list_older_names(s: Situation) -> set[str]:
    names = {job.metadata.name for job in s.observed.jobs} | {s.job.status.job or s.run.name}
    return names - {s.run.name}


def _is_ours(s: Situation, references: tuple[object, ...]) -> bool:
    return any(getattr(reference, "uid", "") == s.job.metadata.uid for reference in references)


def _find_missing(s: Situation) -> Iterator[str]:
    for reference in list_references(s.job.spec):
        if reference.name not in s.observed.config_maps:
            continue
        found = s.observed.config_maps[reference.name]
        if found is None:
            yield (
                f'ConfigMap "{reference.name}" not found in namespace'
                f" {s.job.metadata.namespace} ({reference.field}.name):"
                " create it, or name another"
            )
        elif reference.key not in found.keys:
            keys = ", ".join(sorted(found.keys)) or "none"
            yield (
                f'ConfigMap "{reference.name}" has no key "{reference.key}"'
                f" ({reference.field}.key); its keys are: {keys}"
            )
