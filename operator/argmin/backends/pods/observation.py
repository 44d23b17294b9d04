"""Observing the Jobs and pods of an owner, and its ConfigMaps when they are needed."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime

from argmin.api.backend import BackendName
from argmin.api.base import LABEL_KIND, LABEL_NAME
from argmin.backends.execution import RunRequest, RunSet
from argmin.backends.pods.execution import (
    ObservedPods,
    list_foreign_jobs,
    list_stale_config_maps,
)
from argmin.backends.pods.objects import LiveConfigMap, LiveJob, LivePod
from argmin.backends.pods.pending import is_stuck
from argmin.plan import CONFIG_MAPS, JOBS, PODS, Key, View


async def observe_pods(run_set: RunSet, view: View, now: datetime) -> ObservedPods:
    """Observe the children of an owner.

    A run that is going on or has finished costs no read of the API server. One whose Job has just
    ended costs one if the cache has no ended pod: the pod has the only copy of the answer.
    """
    seen = await _add_ended_pods(run_set, _read_cache(run_set.owner.owner.uid, view), view)
    keys = sorted(_list_config_maps(run_set, seen, now), key=str)
    found = await asyncio.gather(*(view.get(key) for key in keys))
    return replace(
        seen,
        config_maps={
            key: LiveConfigMap.model_validate(manifest) if manifest else None
            for key, manifest in zip(keys, found, strict=True)
        },
    )


def _read_cache(uid: str, view: View) -> ObservedPods:
    jobs = tuple(LiveJob.model_validate(m) for m in view.children(JOBS, uid))
    owners = [uid, *(j.metadata.uid for j in jobs)]
    pods = tuple(LivePod.model_validate(m) for o in owners for m in view.children(PODS, o))
    return ObservedPods(jobs, pods)


async def _add_ended_pods(run_set: RunSet, seen: ObservedPods, view: View) -> ObservedPods:
    owner = run_set.owner.owner
    labels = {LABEL_NAME: owner.name, LABEL_KIND: owner.resource.kind}
    places = {r.run.namespace for r in run_set.requests.values() if _misses_pods(r, seen)}
    found = [m for place in sorted(places) for m in await view.find(PODS, place, labels)]
    pods = [*seen.pods, *map(LivePod.model_validate, found)]
    return replace(
        seen, pods=tuple({pod.metadata.uid or pod.metadata.name: pod for pod in pods}.values())
    )


def _misses_pods(request: RunRequest, seen: ObservedPods) -> bool:
    job = seen.find_job(request.run)
    if job is None or not job.is_finished or request.is_finished:
        return False
    return all(pod.status.phase not in ("Succeeded", "Failed") for pod in seen.list_pods(job))


def _list_config_maps(run_set: RunSet, seen: ObservedPods, now: datetime) -> frozenset[Key]:
    """Those of former runs, to be deleted, and those of runs that may lack theirs."""
    stale = list_stale_config_maps(run_set, list_foreign_jobs(run_set, seen.jobs))
    return stale | frozenset(_list_own_config_maps(run_set, seen, now))


def _list_own_config_maps(run_set: RunSet, seen: ObservedPods, now: datetime) -> Iterator[Key]:
    for request in run_set.requests.values():
        run, job = request.run, seen.find_job(request.run)
        if request.is_idle or run.backend is not BackendName.PODS:
            continue
        starts = job is None and not run.suspend and request.is_known
        if starts or any(is_stuck(pod, now) for pod in seen.list_pods(job)):
            yield Key(CONFIG_MAPS, run.namespace, run.name)
