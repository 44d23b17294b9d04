"""Looking at what a job depends on: its children, and the ConfigMaps that it names."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from argmin.api.common import LABEL_KIND, LABEL_NAME, ConfigMapKeyRef
from argmin.api.conditions import COMPLETE, FAILED, is_true
from argmin.api.optimizationjob import KIND, OptimizationJob, OptimizationJobSpec
from argmin.api.progress import AttemptProgress
from argmin.backends.pod_models import LiveConfigMap, LiveJob, LivePod
from argmin.backends.pod_waiting import is_stuck
from argmin.optimization.manifests import name_run
from argmin.plan import CONFIG_MAPS, JOBS, PODS, Key, View


@dataclass(frozen=True)
class Reference:
    """A ConfigMap's key that the spec names, and the field that names it."""

    field: str
    name: str
    key: str


@dataclass(frozen=True)
class Observed:
    """What a decision is made from, beside the job itself."""

    jobs: tuple[LiveJob, ...] = ()
    pods: tuple[LivePod, ...] = ()
    config_maps: Mapping[str, LiveConfigMap | None] = field(default_factory=dict)
    """The ConfigMaps that were looked for, by name: `None` where there is none."""
    progress: AttemptProgress | None = None
    """What was last heard of the search."""


async def observe(job: OptimizationJob, view: View, now: datetime) -> Observed:
    """Look at the children, and at ConfigMaps while it matters whether they are there.

    A job that runs or has finished costs no read. One whose Job has just ended costs one where no
    watch has told of a pod that did: with the Job would go the only copy of its answer.
    """
    uid = job.metadata.uid
    jobs = tuple(LiveJob.model_validate(m) for m in view.children(JOBS, uid))
    owners = [uid, *(j.metadata.uid for j in jobs)]
    pods = [LivePod.model_validate(m) for owner in owners for m in view.children(PODS, owner)]
    if _misses_pods(job, jobs, pods):
        labels = {LABEL_NAME: job.metadata.name, LABEL_KIND: KIND}
        live = await view.find(PODS, job.metadata.namespace, labels)
        pods += [LivePod.model_validate(m) for m in live]
    names = sorted(set(_list_config_maps(job, jobs, pods, now)))
    keys = [Key(CONFIG_MAPS, job.metadata.namespace, name) for name in names]
    found = await asyncio.gather(*(view.get(key) for key in keys))
    return Observed(
        jobs=jobs,
        pods=tuple({pod.metadata.uid or pod.metadata.name: pod for pod in pods}.values()),
        config_maps={
            name: LiveConfigMap.model_validate(manifest) if manifest else None
            for name, manifest in zip(names, found, strict=True)
        },
    )


def list_references(spec: OptimizationJobSpec) -> Iterator[Reference]:
    """Every ConfigMap key that a spec names, with the field that names it."""
    for path, source in _list_sources(spec):
        if source is not None:
            yield Reference(f"{path}.configMapKeyRef", source.name, source.key)


def _list_sources(spec: OptimizationJobSpec) -> Iterator[tuple[str, ConfigMapKeyRef | None]]:
    if spec.model:
        yield "spec.model.source", spec.model.source.config_map_key_ref
    if spec.script:
        yield "spec.script.source", spec.script.source.config_map_key_ref
    for index, item in enumerate(spec.inputs):
        yield f"spec.inputs[{index}].source", item.source.config_map_key_ref
    for index, variable in enumerate(spec.env):
        if variable.value_from:
            yield f"spec.env[{index}].valueFrom", variable.value_from.config_map_key_ref


def _list_config_maps(
    job: OptimizationJob, jobs: Iterable[LiveJob], pods: Iterable[LivePod], now: datetime
) -> Iterator[str]:
    wanted = name_run(job)
    before = job.status.job
    # Those of older specs: to be deleted with their Jobs.
    yield from (j.metadata.name for j in jobs if j.metadata.name != wanted)
    if before not in (None, wanted):
        yield str(before)
    if _is_finished(job, wanted) or job.metadata.deletion_timestamp:
        return
    starts = all(j.metadata.name != wanted for j in jobs) and not job.spec.suspend
    stuck = any(is_stuck(pod, now) for pod in pods)
    if starts or stuck:
        yield from (reference.name for reference in list_references(job.spec))
    if stuck or (starts and before == wanted):
        yield wanted


def _misses_pods(job: OptimizationJob, jobs: Iterable[LiveJob], pods: Iterable[LivePod]) -> bool:
    wanted = name_run(job)
    child = next((j for j in jobs if j.metadata.name == wanted and j.is_finished), None)
    if child is None or _is_finished(job, wanted):
        return False
    own = (p for p in pods if any(o.uid == child.metadata.uid for o in p.metadata.owner_references))
    return all(pod.status.phase not in ("Succeeded", "Failed") for pod in own)


def _is_finished(job: OptimizationJob, wanted: str) -> bool:
    conditions = job.status.conditions
    return job.status.job == wanted and (
        is_true(conditions, COMPLETE) or is_true(conditions, FAILED)
    )
