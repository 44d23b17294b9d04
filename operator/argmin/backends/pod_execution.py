"""A run in pods: its Job, its pods and its ConfigMap as one execution; pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from argmin.api.backend import BackendName
from argmin.backends.backend import Claim, Execution, Moves, Place, Remains, Wording, join_moves
from argmin.backends.pod_drift import decide_suspension, find_drift
from argmin.backends.pod_models import LiveConfigMap, LiveJob, LivePod
from argmin.backends.pod_state import read_state
from argmin.backends.pod_waiting import is_stuck
from argmin.backends.pods import build_config_map, build_job
from argmin.backends.run import Run, RunState
from argmin.plan import Apply, Delete, Patch

WORDING = Wording(
    preparing="its pod is being prepared",
    running="its pod is running",
    gone="its pod was deleted",
    removed="its Job is gone: another follows",
)


@dataclass(frozen=True)
class SeenPods:
    """What an owner has in the cluster."""

    jobs: tuple[LiveJob, ...] = ()
    pods: tuple[LivePod, ...] = ()
    config_maps: Mapping[str, LiveConfigMap | None] = field(default_factory=dict)
    """Those of its runs that were looked for, by name: `None` where there is none."""


@dataclass(frozen=True)
class PodExecution(Execution):
    """A run in one pod at a time."""

    job: LiveJob | None
    state: RunState
    config_maps: Mapping[str, LiveConfigMap | None]
    has_stuck_pod: bool
    place: Place
    wording: Wording = WORDING

    @property
    def exists(self) -> bool:
        """Whether its Job is there."""
        return self.job is not None

    @property
    def is_going(self) -> bool:
        """Whether its Job is being deleted."""
        return self.job is not None and self.job.is_going

    @property
    def is_held(self) -> bool:
        """Whether its Job is suspended, by the user or by a queue."""
        return self.job is not None and self.job.spec.suspend

    @property
    def is_stuck(self) -> bool:
        """Whether a pod has had its node for long and has not started."""
        return self.has_stuck_pod

    @property
    def made(self) -> datetime | None:
        """When its Job was made."""
        return self.job.metadata.creation_timestamp if self.job else None

    def is_active(self, run: Run) -> bool:
        """Whether its Job may have a pod."""
        return self.job is not None and not decide_suspension(self.job, run)

    def make_way(self, run: Run) -> Moves:
        """A ConfigMap of an earlier Job of this run says something else: it makes place.

        It cannot be changed, and an upgrade of argmin may write it in another way.
        """
        found = self.config_maps.get(run.name)
        if self.job or found is None or found.data == build_config_map(run)["data"]:
            return Moves()
        reason = "it was written for an earlier Job, and cannot be changed"
        return Moves(reason, delete=(Delete(found.key, found.metadata.uid, reason),))

    def start(self, run: Run, reason: str) -> Moves:
        """Its Job is made, and a ConfigMap with what its pod must know."""
        return Moves(
            reason,
            apply=(Apply(build_config_map(run), reason), Apply(build_job(run), reason)),
            place=self.place,
        )

    def hold(self, run: Run) -> Moves:
        """Its Job is suspended; one in a queue is deleted: its queue would start it again."""
        job = self.job
        if job is None or job.is_going or job.is_finished:
            return Moves()
        if run.queue_labels:
            return self.withdraw("held: its queue would start it again")
        body = find_drift(job, run)
        reason = "held by spec.suspend"
        return Moves(reason, patch=(Patch(job.key, body, reason),)) if body else Moves()

    def withdraw(self, reason: str) -> Moves:
        """Its Job is deleted."""
        if self.job is None:
            return Moves()
        return Moves(reason, delete=(Delete(self.job.key, self.job.metadata.uid, reason),))

    def repair(self, run: Run) -> Moves:
        """Its ConfigMap is made again, and its Job's steering fields are as the run wants them."""
        return join_moves((self._repair_config_map(run), self._repair_job(run)))

    def _repair_config_map(self, run: Run) -> Moves:
        if self.config_maps.get(run.name, self) is not None:
            return Moves()
        reason = "the run's ConfigMap is gone, and its pod waits for it"
        return Moves(reason, apply=(Apply(build_config_map(run), reason),))

    def _repair_job(self, run: Run) -> Moves:
        body = find_drift(self.job, run) if self.job else {}
        if self.job is None or not body:
            return Moves()
        fields = ", ".join(f"{part}.{name}" for part in body for name in body[part])
        reason = f"as this job wants it: {fields}"
        return Moves(reason, patch=(Patch(self.job.key, body, reason),))


def find_execution(claim: Claim, seen: SeenPods, now: datetime) -> PodExecution:
    """The execution of the wanted run."""
    run = claim.run
    job = next((j for j in seen.jobs if j.metadata.name == run.name), None)
    uid = job.metadata.uid if job else None
    pods = [p for p in seen.pods if any(o.uid == uid for o in p.metadata.owner_references)]
    return PodExecution(
        job,
        read_state(run, job, pods, now),
        seen.config_maps,
        has_stuck_pod=any(is_stuck(pod, now) for pod in seen.pods),
        place=Place(BackendName.PODS, claim.place.sage_maker),
    )


def find_remains(claim: Claim, seen: SeenPods) -> Remains:
    """What older runs left: a pod is stopped, and its answer would be of the past."""
    if claim.is_deleted:  # what it owns goes with it
        return Remains()
    run = claim.run
    reason = "the spec was edited: this belongs to an older one"
    older = [job for job in seen.jobs if job.metadata.name != run.name]
    names = {job.metadata.name for job in older} | {claim.remembered_run} - {run.name}
    maps = [found for name, found in seen.config_maps.items() if found and name in names]
    going = [(job.key, job.metadata.uid) for job in older if not job.is_going]
    going += [(found.key, found.metadata.uid) for found in maps if _is_owned(found, run)]
    return Remains(Moves(reason, delete=tuple(Delete(key, uid, reason) for key, uid in going)))


def _is_owned(found: LiveConfigMap, run: Run) -> bool:
    return any(reference.uid == run.owner.uid for reference in found.metadata.owner_references)
