"""Looking at what an owner has in pods: Jobs, pods, and ConfigMaps while it matters."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from datetime import datetime

from argmin.api.backend import BackendName
from argmin.api.common import LABEL_KIND, LABEL_NAME
from argmin.backends.backend import Claim
from argmin.backends.pod_execution import SeenPods
from argmin.backends.pod_models import LiveConfigMap, LiveJob, LivePod
from argmin.backends.pod_waiting import is_stuck
from argmin.plan import CONFIG_MAPS, JOBS, PODS, Key, View


async def observe_pods(claim: Claim, view: View, now: datetime) -> SeenPods:
    """Look at the children of an owner.

    A run that goes on or has finished costs no read. One whose Job has just ended costs one where
    no watch has told of a pod that did: with the Job would go the only copy of its answer.
    """
    owner = claim.run.owner
    jobs = [LiveJob.model_validate(m) for m in view.children(JOBS, owner.uid)]
    owners = [owner.uid, *(j.metadata.uid for j in jobs)]
    pods = [LivePod.model_validate(m) for uid in owners for m in view.children(PODS, uid)]
    if _misses_pods(claim, jobs, pods):
        labels = {LABEL_NAME: owner.name, LABEL_KIND: owner.resource.kind}
        live = await view.find(PODS, owner.namespace, labels)
        pods += [LivePod.model_validate(m) for m in live]
    names = sorted(set(_list_config_maps(claim, jobs, pods, now)))
    found = await asyncio.gather(*(view.get(Key(CONFIG_MAPS, owner.namespace, n)) for n in names))
    return SeenPods(
        jobs=tuple(jobs),
        pods=tuple({pod.metadata.uid or pod.metadata.name: pod for pod in pods}.values()),
        config_maps={
            name: LiveConfigMap.model_validate(manifest) if manifest else None
            for name, manifest in zip(names, found, strict=True)
        },
    )


def _list_config_maps(
    claim: Claim, jobs: Sequence[LiveJob], pods: Sequence[LivePod], now: datetime
) -> Iterator[str]:
    wanted = claim.run.name
    # Those of older specs: to be deleted with their Jobs.
    yield from (j.metadata.name for j in jobs if j.metadata.name != wanted)
    if claim.remembered_run not in (None, wanted) and claim.place.backend is BackendName.PODS:
        yield str(claim.remembered_run)
    if claim.is_finished or claim.is_deleted or claim.run.backend is not BackendName.PODS:
        return
    starts = all(j.metadata.name != wanted for j in jobs) and not claim.run.suspend
    if any(is_stuck(pod, now) for pod in pods) or (starts and claim.is_known):
        yield wanted


def _misses_pods(claim: Claim, jobs: Sequence[LiveJob], pods: Sequence[LivePod]) -> bool:
    child = next((j for j in jobs if j.metadata.name == claim.run.name and j.is_finished), None)
    if child is None or claim.is_finished:
        return False
    own = (p for p in pods if any(o.uid == child.metadata.uid for o in p.metadata.owner_references))
    return all(pod.status.phase not in ("Succeeded", "Failed") for pod in own)
