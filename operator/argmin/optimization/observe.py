"""Looking at what a job depends on: its children, and the ConfigMaps that it names."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from argmin.api.common import ConfigMapKeyRef
from argmin.api.optimizationjob import OptimizationJob, OptimizationJobSpec
from argmin.api.progress import AttemptProgress
from argmin.backends.backend import Claim
from argmin.backends.executions import Seen, find_execution, read_progress
from argmin.backends.observation import Backends
from argmin.backends.pod_models import LiveConfigMap
from argmin.backends.run import Defaults
from argmin.optimization.claims import build_claim
from argmin.plan import CONFIG_MAPS, Key, View


@dataclass(frozen=True)
class Reference:
    """A ConfigMap's key that the spec names, and the field that names it."""

    field: str
    name: str
    key: str


@dataclass(frozen=True)
class Observed:
    """What a decision is made from, beside the job itself."""

    seen: Seen = field(default_factory=Seen)
    """What the job has on the backends."""
    config_maps: Mapping[str, LiveConfigMap | None] = field(default_factory=dict)
    """The ConfigMaps of the spec that were looked for, by name: `None` where there is none."""
    progress: AttemptProgress | None = None
    """What was last heard of the search."""


async def observe(
    job: OptimizationJob, view: View, now: datetime, defaults: Defaults, backends: Backends
) -> Observed:
    """Look at the run, and at ConfigMaps while it matters whether they are there.

    A job that runs or has finished costs no read of the API server.
    """
    claim = build_claim(job, defaults)
    seen = await backends.observe(claim, view, now)
    if not _needs_sources(claim, seen, now):
        return Observed(seen, progress=read_progress(seen))
    names = sorted({reference.name for reference in list_references(job.spec)})
    keys = [Key(CONFIG_MAPS, job.metadata.namespace, name) for name in names]
    found = await asyncio.gather(*(view.get(key) for key in keys))
    return Observed(
        seen,
        {
            name: LiveConfigMap.model_validate(manifest) if manifest else None
            for name, manifest in zip(names, found, strict=True)
        },
    )


def list_references(spec: OptimizationJobSpec) -> Iterator[Reference]:
    """Every ConfigMap key that a spec names, with the field that names it."""
    for path, source in _list_sources(spec):
        if source is not None:
            yield Reference(f"{path}.configMapKeyRef", source.name, source.key)


def read_contents(
    config_maps: Mapping[str, LiveConfigMap | None],
) -> Mapping[ConfigMapKeyRef, bytes]:
    """What the ConfigMaps hold that were found, by name and key."""
    return {
        ConfigMapKeyRef(name=name, key=key): content
        for name, found in config_maps.items()
        if found
        for key, content in found.contents.items()
    }


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


def _needs_sources(claim: Claim, seen: Seen, now: datetime) -> bool:
    """Whether the run is about to start, or waits for so long that something may have gone."""
    if claim.is_finished or claim.is_deleted:
        return False
    execution = find_execution(claim, seen, now)
    return execution.is_stuck or (execution.needs_sources and not claim.run.suspend)
