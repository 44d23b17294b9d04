"""ConfigMaps that the spec names and that are not there."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.optimization.world import World

REFERENCE = {"configMapKeyRef": {"name": "models", "key": "steel.mps"}}
MODEL = {"format": "mps", "source": REFERENCE}


def test_a_missing_config_map_is_named_with_its_field() -> None:
    world = World(model=MODEL)
    world.settle()
    assert world.status["state"] == "Stalled"
    assert world.true_conditions == {"Stalled": "SourceNotFound"}
    assert world.message("Stalled") == (
        'ConfigMap "models" not found in namespace team'
        " (spec.model.source.configMapKeyRef.name): create it, or name another"
    )
    assert world.jobs == []


def test_a_missing_key_is_named_with_those_that_are_there() -> None:
    world = World(model=MODEL)
    world.add_config_map("models", {"b.mps": "", "a.mps": ""})
    world.settle()
    assert world.message("Stalled") == (
        'ConfigMap "models" has no key "steel.mps"'
        " (spec.model.source.configMapKeyRef.key); its keys are: a.mps, b.mps"
    )


def test_a_key_with_binary_data_is_found() -> None:
    world = World(model=MODEL)
    world.add_config_map("models")
    key = next(key for key in world.store.objects if key.name == "models")
    world.store.objects[key]["binaryData"] = {"steel.mps": "AA=="}
    world.settle()
    assert len(world.jobs) == 1


@pytest.mark.parametrize(
    ("spec", "field"),
    [
        (
            {"inputs": [{"name": "costs", "source": REFERENCE}]},
            "spec.inputs[0].source.configMapKeyRef.name",
        ),
        (
            {"env": [{"name": "A", "value": "1"}, {"name": "B", "valueFrom": REFERENCE}]},
            "spec.env[1].valueFrom.configMapKeyRef.name",
        ),
        (
            {"model": None, "script": {"source": REFERENCE}},
            "spec.script.source.configMapKeyRef.name",
        ),
    ],
)
def test_every_reference_is_looked_for(spec: dict[str, Any], field: str) -> None:
    world = World()
    world.edit(**spec)
    world.settle()
    assert f"({field})" in world.message("Stalled")


def test_all_that_is_missing_is_told_at_once() -> None:
    world = World(model=MODEL, inputs=[{"name": "costs", "source": REFERENCE}])
    world.settle()
    assert world.message("Stalled").count("not found") == 2


def test_it_heals_by_itself() -> None:
    world = World(model=MODEL)
    world.settle()
    world.add_config_map("models", {"steel.mps": "NAME"})
    world.sync()
    assert len(world.pods) == 1
    assert world.true_conditions == {"Reconciling": "Pending"}


def test_it_is_looked_for_again_more_rarely_as_time_goes_by() -> None:
    world = World(model=MODEL)
    pauses = []
    for _ in range(8):
        world.settle()
        assert world.requeue_after is not None
        pauses.append(world.requeue_after.total_seconds())
        world.pass_time(pauses[-1])
    assert pauses == [5, 5, 10, 20, 40, 60, 60, 60]
    assert world.status_writes() == 1
    assert len(world.events) == 1


def test_a_suspended_job_looks_for_nothing() -> None:
    world = World(model=MODEL, suspend=True)
    world.settle()
    assert world.store.reads == []
    assert world.true_conditions == {"Suspended": "Suspended"}


def test_a_pod_mounts_its_sources_and_so_nobody_reads_what_they_hold() -> None:
    world = World(model=MODEL)
    world.add_config_map("models", {"steel.mps": "NAME"})
    world.settle()
    assert len(world.jobs) == 1
    assert [key for key in world.store.reads if key.name == "models"] != []
    assert [key for key in world.store.whole if key.name == "models"] == []
