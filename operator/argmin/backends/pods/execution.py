"""A run in pods: its Job, its pods and its ConfigMap as one execution; pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from argmin.api.backend import BackendName
from argmin.api.run import name_former_result, name_result
from argmin.backends.execution import (
    Actions,
    BackendMessages,
    BackendRef,
    Execution,
    Leftovers,
    RunRequest,
    merge_actions,
)
from argmin.backends.pods.drift import decide_suspension, find_drift
from argmin.backends.pods.job import build_config_map, build_job
from argmin.backends.pods.objects import LiveConfigMap, LiveJob, LivePod
from argmin.backends.pods.pending import is_stuck
from argmin.backends.pods.status import read_state
from argmin.backends.run import Run
from argmin.backends.state import RunState
from argmin.plan import Apply, Delete, Patch

MESSAGES = BackendMessages(
    preparing="its pod is being prepared",
    running="its pod is running",
    gone="its pod was deleted",
    removed="its Job is gone: another follows",
)


@dataclass(frozen=True)
class ObservedPods:
    """The Jobs, pods and ConfigMaps of an owner."""

    jobs: tuple[LiveJob, ...] = ()
    pods: tuple[LivePod, ...] = ()
    config_maps: Mapping[str, LiveConfigMap | None] = field(default_factory=dict)
    """The ConfigMaps that were looked up, by name; `None` for one that does not exist."""


@dataclass(frozen=True)
class PodExecution(Execution):
    """A run in one pod at a time."""

    job: LiveJob | None
    state: RunState
    config_maps: Mapping[str, LiveConfigMap | None]
    has_stuck_pod: bool
    backend_ref: BackendRef
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
        """
        found = self.config_maps.get(run.name)
        if self.job or found is None or found.data == build_config_map(run)["data"]:
            return Actions()
        reason = "it was written for an earlier Job, and cannot be changed"
        return Actions(reason, delete=(Delete(found.key, found.metadata.uid, reason),))

    def start(self, run: Run, reason: str) -> Actions:
        """Create its Job, and a ConfigMap with the job document and inline files."""
        return Actions(
            reason,
            apply=(Apply(build_config_map(run), reason), Apply(build_job(run), reason)),
            backend_ref=self.backend_ref,
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
        if self.config_maps.get(run.name, self) is not None:
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
    """The execution of the wanted run."""
    run = request.run
    job = next((j for j in seen.jobs if j.metadata.name == run.name), None)
    uid = job.metadata.uid if job else None
    pods = [p for p in seen.pods if any(o.uid == uid for o in p.metadata.owner_references)]
    return PodExecution(
        job,
        read_state(run, job, pods, now),
        seen.config_maps,
        has_stuck_pod=any(is_stuck(pod, now) for pod in seen.pods),
        backend_ref=BackendRef(BackendName.PODS, request.backend_ref.sage_maker),
    )


def find_leftovers(request: RunRequest, seen: ObservedPods) -> Leftovers:
    """The children of older runs: they are deleted, and their answers are not used."""
    if request.is_deleted:  # the garbage collector deletes what it owns
        return Leftovers()
    run = request.run
    reason = "the spec was edited: this belongs to an older one"
    older = [job for job in seen.jobs if job.metadata.name != run.name]
    runs = {job.metadata.name for job in older}
    if request.remembered_run not in (None, run.name):
        runs.add(str(request.remembered_run))
    names = list_stale_config_maps(runs, run.owner.name)
    maps = [found for name, found in seen.config_maps.items() if found and name in names]
    # A ConfigMap is found by the name of its Job, so it is deleted first, in case of a crash.
    going = [(found.key, found.metadata.uid) for found in maps if _is_owned(found, run)]
    going += [(job.key, job.metadata.uid) for job in older if not job.is_being_deleted]
    return Leftovers(Actions(reason, delete=tuple(Delete(key, uid, reason) for key, uid in going)))


def list_stale_config_maps(runs: Collection[str], owner: str) -> frozenset[str]:
    """Names of the ConfigMaps, results included, that older runs of an owner may have left."""
    if not runs:
        return frozenset()
    return frozenset((*runs, *map(name_result, runs), name_former_result(owner)))


def _is_owned(found: LiveConfigMap, run: Run) -> bool:
    return any(reference.uid == run.owner.uid for reference in found.metadata.owner_references)
