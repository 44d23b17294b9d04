"""Somebody changes the child: the fields that steer it are put right, and only those."""

from __future__ import annotations

from typing import Any

import pytest

from argmin.plan import CONFIG_MAPS, JOBS, Key
from tests.unit.optimization.world import NAMESPACE, started


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("parallelism", 0),
        ("backoffLimit", 99),
        ("activeDeadlineSeconds", 5000),
        ("suspend", True),
    ],
)
def test_an_edited_field_is_put_right(field: str, value: Any) -> None:
    world = started()
    before = world.job["spec"].get(field)
    world.job["spec"][field] = value
    world.sync()
    assert world.job["spec"].get(field) == before


def test_removed_labels_and_owners_come_back_beside_those_of_others() -> None:
    world = started()
    metadata = world.job["metadata"]
    wanted = dict(metadata["labels"])
    metadata["labels"] = {"team": "or"}
    metadata["ownerReferences"][0]["controller"] = False
    other = {"apiVersion": "v1", "kind": "ConfigMap", "name": "x", "uid": "other"}
    metadata["ownerReferences"].append(other)
    world.settle()
    assert world.job["metadata"]["labels"] == {**wanted, "team": "or"}
    owners = {owner["uid"]: owner for owner in world.job["metadata"]["ownerReferences"]}
    assert owners["other"] == other
    assert owners["owner"]["controller"] is True


def test_an_upgrade_with_another_default_image_leaves_a_running_job_alone() -> None:
    world = started()
    writes = len(world.store.writes)
    world.image = "argmin/solvers:2"
    world.sync()
    assert len(world.store.writes) == writes


def test_the_plan_names_the_fields_that_it_puts_right() -> None:
    world = started()
    world.job["spec"]["backoffLimit"] = 99
    plan = world.plan()
    assert [note.rule for note in plan.notes] == ["repair", "report_progress"]
    assert plan.notes[0].reason == "as this job wants it: spec.backoffLimit"
    assert plan.apply == ()


def test_a_finished_job_is_not_put_right() -> None:
    world = started(backoffLimit=0)
    world.pod_ends(1)
    world.sync()
    world.job["spec"]["backoffLimit"] = 99
    assert world.plan().patch == ()


def test_a_config_map_of_an_older_version_makes_place_for_a_new_one() -> None:
    world = started()
    key = Key(CONFIG_MAPS, NAMESPACE, world.status["runName"])
    world.store.objects[key]["data"]["job.json"] = "{}"
    world.remove(JOBS, key.name)
    world.sync()
    data = world.store.objects[key]["data"]
    assert '"name":"steel"' in data["job.json"]
    assert len(world.pods) == 1
