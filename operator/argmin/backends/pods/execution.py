"""A run in pods: its Job, its pods and its ConfigMap as one execution; pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from argmin.api.backend import BackendFields, BackendName
from argmin.api.run import name_former_result, name_result
from argmin.backends.execution import (
    Actions,
    BackendMessages,
    Execution,
    Leftovers,
    RunMemory,
    RunRequest,
    RunSet,
    merge_actions,
)
from argmin.backends.pods.drift import decide_suspension, find_drift
from argmin.backends.pods.job import COMPONENT, LABEL_COMPONENT, build_config_map, build_job
from argmin.backends.pods.objects import LiveConfigMap, LiveJob, LivePod
from argmin.backends.pods.pending import is_stuck
from argmin.backends.pods.status import read_state
from argmin.backends.run import Run
from argmin.backends.state import RunState
from argmin.plan import CONFIG_MAPS, JOBS, Apply, Blocked, Delete, Key, Patch

MESSAGES = BackendMessages(
    preparing="its pod is being prepared",
    running="its pod is running",
    gone="its pod was deleted",
    removed="its Job is gone: another follows",
)
CONFIG_MAP_IN_THE_WAY = "ConfigMapInTheWay"
"""Reason: a ConfigMap of the run's name keeps it from starting."""
_LOOK_AGAIN = timedelta(seconds=10)
BACKEND_REF = BackendFields(backend=BackendName.PODS)


@dataclass(frozen=True)
class ObservedPods:
    """The Jobs, pods and ConfigMaps of an owner."""

    jobs: tuple[LiveJob, ...] = ()
    pods: tuple[LivePod, ...] = ()
    config_maps: Mapping[Key, LiveConfigMap | None] = field(default_factory=dict)
    """The ConfigMaps that were looked up; `None` for one that does not exist."""

    def find_job(self, run: Run) -> LiveJob | None:
        """The Job of a run."""
        place = (run.namespace, run.name)
        return next(
            (j for j in self.jobs if (j.metadata.namespace, j.metadata.name) == place), None
        )

    def list_pods(self, job: LiveJob | None) -> list[LivePod]:
        """The pods of a Job."""
        uid = job.metadata.uid if job else None
        return [p for p in self.pods if any(o.uid == uid for o in p.metadata.owner_references)]


@dataclass(frozen=True)
class PodExecution(Execution):
    """A run in one pod at a time."""

    job: LiveJob | None
    state: RunState
    config_maps: Mapping[Key, LiveConfigMap | None]
    has_stuck_pod: bool
    backend_ref: BackendFields = BACKEND_REF
    messages: BackendMessages = MESSAGES

    @property
    def exists(self) -> bool:
        """Whether its Job exists."""
        return self.job is not None

    @property
    def is_being_deleted(self) -> bool:
        """Whether its Job is being deleted."""
        return self.job is not None and self.job.is_being_deleted

    @property
    def is_suspended(self) -> bool:
        """Whether its Job is suspended, by the user or by a queue."""
        return self.job is not None and self.job.spec.suspend

    @property
    def is_stuck(self) -> bool:
        """Whether a pod was scheduled long ago and has not started."""
        return self.has_stuck_pod

    @property
    def made(self) -> datetime | None:
        """When its Job was created."""
        return self.job.metadata.creation_timestamp if self.job else None

    def is_active(self, run: Run) -> bool:
        """Whether its Job may have a pod."""
        return self.job is not None and not decide_suspension(self.job, run)

    def delete_stale_config_map(self, run: Run) -> Actions:
        """Delete the ConfigMap of an earlier Job of this run if its content differs.

        It is immutable, and a newer argmin may write another content.

        Raises:
            Blocked: it is being deleted already, or belongs to somebody else.
        """
        found = self.config_maps.get(_key_of_config_map(run))
        if self.job or found is None or found.data == build_config_map(run)["data"]:
            return Actions()
        name = f"ConfigMap {run.namespace}/{run.name}"
        if found.metadata.deletion_timestamp is not None:
            message = f"{name} of an earlier Job is being deleted"
            raise Blocked(CONFIG_MAP_IN_THE_WAY, message, _LOOK_AGAIN, waiting=True)
        if not _is_owned(found, run.owner.uid):
            message = f"{name} has the name of the run's, and is not argmin's: delete it"
            raise Blocked(CONFIG_MAP_IN_THE_WAY, message, _LOOK_AGAIN)
        reason = "it was written for an earlier Job, and cannot be changed"
        return Actions(reason, delete=(Delete(found.key, found.metadata.uid, reason),))

    def start(self, run: Run, reason: str) -> Actions:
        """Create its Job, and a ConfigMap with the job document and inline files."""
        return Actions(
            reason,
            apply=(Apply(build_config_map(run), reason), Apply(build_job(run), reason)),
            backend_ref=self.backend_ref,
            job=Key(JOBS, run.namespace, run.name),
        )

    def suspend(self, run: Run) -> Actions:
        """Suspend its Job; one in a queue is deleted, since its queue would resume it."""
        job = self.job
        if job is None or job.is_being_deleted or job.is_finished:
            return Actions()
        if run.queue_labels:
            return self.delete_job("held: its queue would start it again")
        body = find_drift(job, run)
        reason = "held by spec.suspend"
        return Actions(reason, patch=(Patch(job.key, body, reason),)) if body else Actions()

    def delete_job(self, reason: str) -> Actions:
        """Delete its Job."""
        if self.job is None:
            return Actions()
        return Actions(reason, delete=(Delete(self.job.key, self.job.metadata.uid, reason),))

    def repair(self, run: Run) -> Actions:
        """Recreate its ConfigMap, and patch the mutable fields of its Job."""
        return merge_actions((self._repair_config_map(run), self._repair_job(run)))

    def _repair_config_map(self, run: Run) -> Actions:
        if self.config_maps.get(_key_of_config_map(run), self) is not None:
            return Actions()
        reason = "the run's ConfigMap is gone, and its pod waits for it"
        return Actions(reason, apply=(Apply(build_config_map(run), reason),))

    def _repair_job(self, run: Run) -> Actions:
        body = find_drift(self.job, run) if self.job else {}
        if self.job is None or not body:
            return Actions()
        fields = ", ".join(f"{part}.{name}" for part in body for name in body[part])
        reason = f"as this job wants it: {fields}"
        return Actions(reason, patch=(Patch(self.job.key, body, reason),))


def find_execution(request: RunRequest, seen: ObservedPods, now: datetime) -> PodExecution:
    """The execution of a wanted run."""
    job = seen.find_job(request.run)
    pods = seen.list_pods(job)
    return PodExecution(
        job,
        read_state(request.run, job, pods, now),
        seen.config_maps,
        has_stuck_pod=any(is_stuck(pod, now) for pod in pods),
        backend_ref=BACKEND_REF.model_copy(update={"job_uid": _choose_uid(request, job)}),
    )


def _choose_uid(request: RunRequest, job: LiveJob | None) -> str | None:
    """The UID of the run's Job, to be recorded.

    A run that is suspended gets no new Job: one that appears meanwhile is somebody else's.
    """
    if job is None:
        return None
    memory = request.memory
    known = memory.backend_ref.job_uid if memory else None
    is_its_own = job.metadata.uid == known or not request.run.suspend
    return job.metadata.uid if is_its_own or (not known and _ran_before(memory, job)) else None


def _ran_before(memory: RunMemory | None, job: LiveJob) -> bool:
    """Whether a Job is older than running time that the status records, so it was the run's own.

    Statuses written by an older argmin do not name their Jobs.
    """
    made = job.metadata.creation_timestamp
    times = [t for a in memory.attempts if (t := a.start_time)] if memory else []
    if memory and memory.active_since:
        times.append(memory.active_since)
    return made is not None and any(made <= time for time in times)


def find_leftovers(run_set: RunSet, seen: ObservedPods) -> Leftovers:
    """The children of no run of the set: they are deleted, and their answers are not used."""
    if run_set.owner.is_deleted:  # the garbage collector deletes what it owns
        return Leftovers()
    reason = "the spec was edited: this belongs to an older one"
    jobs = list_foreign_jobs(run_set, seen.jobs)
    names = list_stale_config_maps(run_set, jobs)
    uid = run_set.owner.owner.uid
    maps = [found for key, found in seen.config_maps.items() if found and key in names]
    # A ConfigMap is found by the name of its Job, so it is deleted first, in case of a crash.
    going = [
        (found.key, found.metadata.uid)
        for found in maps
        if _is_owned(found, uid) and found.metadata.deletion_timestamp is None
    ]
    going += [(job.key, job.metadata.uid) for job in jobs if not job.is_being_deleted]
    return Leftovers(Actions(reason, delete=tuple(Delete(key, uid, reason) for key, uid in going)))


def list_foreign_jobs(run_set: RunSet, jobs: Iterable[LiveJob]) -> list[LiveJob]:
    """The Jobs of runs that are not in the set, of all Jobs of its owner."""
    runs = (request.run for request in run_set.requests.values())
    wanted = {Key(JOBS, r.namespace, r.name) for r in runs if r.backend is BackendName.PODS}
    return [
        job
        for job in jobs
        if job.key not in wanted
        and job.metadata.labels.get(LABEL_COMPONENT, COMPONENT) == COMPONENT
    ]


def list_stale_config_maps(run_set: RunSet, foreign: Iterable[LiveJob]) -> frozenset[Key]:
    """The ConfigMaps, results included, that former runs may have left."""
    owner = run_set.owner.owner
    runs = {(job.metadata.namespace, job.metadata.name) for job in foreign} | {
        (memory.namespace or owner.namespace, name)
        for name, memory in run_set.removed.items()
        if memory.backend_ref.backend is BackendName.PODS
    }
    names = {(place, n) for place, run in runs for n in (run, name_result(run))}
    names |= {(place, name_former_result(owner.name)) for place, _ in runs}
    return frozenset(Key(CONFIG_MAPS, place, name) for place, name in names)


def _key_of_config_map(run: Run) -> Key:
    return Key(CONFIG_MAPS, run.namespace, run.name)


def _is_owned(found: LiveConfigMap, uid: str) -> bool:
    return any(reference.uid == uid for reference in found.metadata.owner_references)
