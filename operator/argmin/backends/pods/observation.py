"""Observing the Jobs and pods of an owner, and its ConfigMaps when they are needed."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from datetime import datetime

from argmin.api.backend import BackendName
from argmin.api.base import LABEL_KIND, LABEL_NAME
from argmin.backends.execution import RunRequest
from argmin.backends.pods.execution import ObservedPods, list_stale_config_maps
from argmin.backends.pods.objects import LiveConfigMap, LiveJob, LivePod
from argmin.backends.pods.pending import is_stuck
from argmin.plan import CONFIG_MAPS, JOBS, PODS, Key, View


async def observe_pods(request: RunRequest, view: View, now: datetime) -> ObservedPods:
    """Observe the children of an owner.

    A run that is going on or has finished costs no read of the API server. One whose Job has just
    ended costs one if the cache has no ended pod: the pod has the only copy of the answer.
    """
    owner = request.run.owner
    jobs = [LiveJob.model_validate(m) for m in view.children(JOBS, owner.uid)]
    owners = [owner.uid, *(j.metadata.uid for j in jobs)]
    pods = [LivePod.model_validate(m) for uid in owners for m in view.children(PODS, uid)]
    if _misses_pods(request, jobs, pods):
        labels = {LABEL_NAME: owner.name, LABEL_KIND: owner.resource.kind}
        live = await view.find(PODS, owner.namespace, labels)
        pods += [LivePod.model_validate(m) for m in live]
    names = sorted(set(_list_config_maps(request, jobs, pods, now)))
    found = await asyncio.gather(*(view.get(Key(CONFIG_MAPS, owner.namespace, n)) for n in names))
    return ObservedPods(
        jobs=tuple(jobs),
        pods=tuple({pod.metadata.uid or pod.metadata.name: pod for pod in pods}.values()),
        config_maps={
            name: LiveConfigMap.model_validate(manifest) if manifest else None
            for name, manifest in zip(names, found, strict=True)
        },
    )


def _list_config_maps(
    request: RunRequest, jobs: Sequence[LiveJob], pods: Sequence[LivePod], now: datetime
) -> Iterator[str]:
    wanted = request.run.name
    # Those of older specs, and their results: to be deleted with their Jobs.
    older = {j.metadata.name for j in jobs} - {wanted}
    if (
        request.remembered_run not in (None, wanted)
        and request.backend_ref.backend is BackendName.PODS
    ):
        older.add(str(request.remembered_run))
    yield from list_stale_config_maps(older, request.run.owner.name)
    if request.is_finished or request.is_deleted or request.run.backend is not BackendName.PODS:
        return
    starts = all(j.metadata.name != wanted for j in jobs) and not request.run.suspend
    if any(is_stuck(pod, now) for pod in pods) or (starts and request.is_known):
        yield wanted


def _misses_pods(request: RunRequest, jobs: Sequence[LiveJob], pods: Sequence[LivePod]) -> bool:
    child = next((j for j in jobs if j.metadata.name == request.run.name and j.is_finished), None)
    if child is None or request.is_finished:
        return False
    own = (p for p in pods if any(o.uid == child.metadata.uid for o in p.metadata.owner_references))
    return all(pod.status.phase not in ("Succeeded", "Failed") for pod in own)
