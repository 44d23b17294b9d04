"""For every spec that the API accepts."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given, settings

from argmin.plan import CONFIG_MAPS, JOBS
from tests.unit.optimization.pod_security import list_violations
from tests.unit.optimization.specs import specs
from tests.unit.optimization.store import iterate_values
from tests.unit.optimization.world import World

SETTINGS = settings(max_examples=100, deadline=None)


def world_with_sources(spec: dict[str, Any]) -> World:
    """A world in which every ConfigMap that the spec names is there."""
    world = World()
    world.object["spec"] = spec
    names: dict[str, dict[str, str]] = {}
    for value in iterate_values(spec):
        if isinstance(value, dict) and "configMapKeyRef" in value:
            reference = value["configMapKeyRef"]
            names.setdefault(reference["name"], {})[reference["key"]] = "x"
    for name, data in names.items():
        world.add_config_map(name, data)
    return world


@SETTINGS
@given(specs)
def test_a_plan_is_json_without_nulls(spec: dict[str, Any]) -> None:
    plan = world_with_sources(spec).plan()
    for manifest in [*(apply.manifest for apply in plan.apply), plan.status or {}]:
        assert json.loads(json.dumps(manifest)) == manifest
        assert all(value is not None for value in iterate_values(manifest))


@SETTINGS
@given(specs)
def test_a_second_reconcile_writes_nothing(spec: dict[str, Any]) -> None:
    world = world_with_sources(spec)
    world.settle()
    writes = len(world.store.writes)
    world.reconcile()
    assert len(world.store.writes) == writes


@SETTINGS
@given(specs)
def test_every_pod_obeys_the_restricted_standard(spec: dict[str, Any]) -> None:
    for apply in world_with_sources(spec).plan().apply:
        if apply.manifest["kind"] == JOBS.kind:
            assert list_violations(apply.manifest["spec"]["template"]["spec"]) == []


@SETTINGS
@given(specs)
def test_every_volume_is_mounted_once_and_every_mount_has_its_volume(spec: dict[str, Any]) -> None:
    for apply in world_with_sources(spec).plan().apply:
        if apply.manifest["kind"] != JOBS.kind:
            continue
        pod = apply.manifest["spec"]["template"]["spec"]
        mounts = pod["containers"][0]["volumeMounts"]
        assert sorted(m["name"] for m in mounts) == sorted(v["name"] for v in pod["volumes"])
        assert len({m["mountPath"] for m in mounts}) == len(mounts)
        assert len({v["name"] for v in pod["volumes"]}) == len(pod["volumes"])


@SETTINGS
@given(specs)
def test_every_item_of_the_runs_config_map_is_there(spec: dict[str, Any]) -> None:
    applied = {a.manifest["kind"]: a.manifest for a in world_with_sources(spec).plan().apply}
    if not applied:
        return
    config_map, job = applied[CONFIG_MAPS.kind], applied[JOBS.kind]
    for volume in job["spec"]["template"]["spec"]["volumes"]:
        source = volume.get("configMap", {})
        if source.get("name") == config_map["metadata"]["name"]:
            assert all(item["key"] in config_map["data"] for item in source["items"])
