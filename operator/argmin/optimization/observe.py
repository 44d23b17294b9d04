"""Observing what a job depends on: its children, and the ConfigMaps that it names."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from argmin.api.optimization.spec import OptimizationJob, OptimizationJobSpec
from argmin.api.pod import ConfigMapKeyRef
from argmin.api.progress import AttemptProgress
from argmin.backends.backend import Observations
from argmin.backends.dispatch import embeds_sources, find_execution
from argmin.backends.execution import RunRequest, RunSet
from argmin.backends.pods.objects import LiveConfigMap
from argmin.backends.registry import Backends
from argmin.plan import CONFIG_MAPS, Key, Manifest, View


@dataclass(frozen=True)
class Reference:
    """A ConfigMap's key that the spec names, and the field that names it."""

    field: str
    name: str
    key: str


@dataclass(frozen=True)
class SourceMap:
    """A ConfigMap that a spec names."""

    keys: frozenset[str]
    """Names of all its entries."""
    contents: Mapping[str, bytes] = field(default_factory=dict)
    """Their contents, if they have to be embedded in the run; a pod mounts them instead."""


@dataclass(frozen=True)
class Observed:
    """The observed input of a decision, in addition to the job itself."""

    seen: Observations = field(default_factory=dict)
    """What was observed on the backends."""
    config_maps: Mapping[str, SourceMap | None] = field(default_factory=dict)
    """The ConfigMaps of the spec that were looked up, by name; `None` for one that is missing."""
    progress: AttemptProgress | None = None
    """The last progress that the intake received."""


async def observe(
    job: OptimizationJob, runs: RunSet, view: View, now: datetime, backends: Backends
) -> Observed:
    """Observe the run, and ConfigMaps while their existence matters.

    A job that runs or has finished costs no read of the API server.
    """
    seen = await backends.observe(runs, view, now)
    (request,) = runs.requests.values()
    if not _needs_sources(request, seen, now):
        return Observed(seen)
    return Observed(seen, await _find_sources(job, view, embeds_sources(request.run)))


async def _find_sources(
    job: OptimizationJob, view: View, embeds: bool
) -> Mapping[str, SourceMap | None]:
    """The ConfigMaps that the spec names; with contents if those are embedded and all exist."""
    references = list(list_references(job.spec))
    names = sorted({reference.name for reference in references})
    keys = [Key(CONFIG_MAPS, job.metadata.namespace, name) for name in names]
    entries = dict(
        zip(names, await asyncio.gather(*(view.list_entries(key) for key in keys)), strict=True)
    )
    if not embeds or any(r.key not in (entries[r.name] or ()) for r in references):
        return {name: None if e is None else SourceMap(e) for name, e in entries.items()}
    found = await asyncio.gather(*(view.get(key) for key in keys))
    return {name: _unpack(manifest) for name, manifest in zip(names, found, strict=True)}


def _unpack(manifest: Manifest | None) -> SourceMap | None:
    if manifest is None:
        return None
    contents = LiveConfigMap.model_validate(manifest).contents
    return SourceMap(frozenset(contents), contents)


def list_references(spec: OptimizationJobSpec) -> Iterator[Reference]:
    """Every ConfigMap key that a spec names, with the field that names it."""
    for path, source in _list_sources(spec):
        if source is not None:
            yield Reference(f"{path}.configMapKeyRef", source.name, source.key)


def read_contents(
    config_maps: Mapping[str, SourceMap | None],
) -> Mapping[ConfigMapKeyRef, bytes]:
    """Contents of the ConfigMaps that were found, by name and key."""
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


def _needs_sources(request: RunRequest, seen: Observations, now: datetime) -> bool:
    """Whether the run is about to start, or has waited so long that something may be missing."""
    if request.is_idle:
        return False
    execution = find_execution(request, seen, now)
    return execution.is_stuck or (execution.needs_sources and not request.run.suspend)
