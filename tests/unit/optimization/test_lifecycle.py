"""From an object without a status to an answer."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from argmin.api.conditions import COMPLETE, FAILED, RECONCILING, STALLED, SUSPENDED
from argmin.optimization import build_run as manifests
from argmin.optimization import run_request as claims
from argmin.plan import CONFIG_MAPS
from tests.unit.optimization.world import OPTIMAL, World, started


def test_a_new_job_gets_a_config_map_and_a_job_of_the_same_name() -> None:
    world = World()
    world.settle()
    (config_map,) = world.store.of(CONFIG_MAPS)
    assert (
        config_map["metadata"]["name"] == world.job["metadata"]["name"] == world.status["runName"]
    )
    assert world.status["state"] == "Pending"
    assert world.true_conditions == {RECONCILING: "Pending"}


def test_all_conditions_are_there_from_the_first_status_on() -> None:
    world = World()
    world.settle()
    kinds = [c["type"] for c in world.status["conditions"]]
    assert kinds == sorted([COMPLETE, FAILED, RECONCILING, STALLED, SUSPENDED])
    assert {c["observedGeneration"] for c in world.status["conditions"]} == {1}


def test_a_running_pod_is_the_first_attempt() -> None:
    world = started()
    assert world.status["state"] == "Running"
    assert [run["name"] for run in world.status["attempts"]] == [world.pod["metadata"]["name"]]
    assert world.status["attempts"][0]["node"] == "node-1"
    assert world.status["startTime"] == "2026-01-02T03:04:05Z"


def test_a_whole_life_takes_three_status_writes_and_two_children() -> None:
    world = started()
    world.pass_time(30)
    world.pod_ends(0, OPTIMAL)
    world.sync()
    assert world.status["state"] == "Complete"
    by_operator = [w for w in world.store.writes if "Pod" not in w]
    assert len(by_operator) == 5
    assert world.status_writes() == 3


def test_time_alone_changes_no_status() -> None:
    world = started()
    writes = len(world.store.writes)
    for _ in range(5):
        world.pass_time(3600)
        world.sync()
    assert len(world.store.writes) == writes
    assert world.requeue_after is None


def test_a_running_job_costs_no_read() -> None:
    world = started()
    reads = len(world.store.reads)
    world.settle()
    world.pod_ends(0, OPTIMAL)
    world.sync()
    assert len(world.store.reads) == reads


def test_a_job_that_is_being_deleted_is_left_alone() -> None:
    world = started()
    world.object["metadata"]["deletionTimestamp"] = "2026-01-02T03:05:00Z"
    plan = world.reconcile()
    assert plan
    assert plan.status is None
    assert (plan.patch, plan.apply, plan.delete) == ((), (), ())
    assert [note.rule for note in plan.notes] == ["ignore_deleted"]


def test_every_plan_says_which_rule_spoke_and_why() -> None:
    world = World()
    (note,) = world.plan().notes
    assert note.rule == "start"
    assert note.reason == "nothing runs yet for this spec"


def test_a_status_that_another_version_wrote_is_read_as_far_as_it_can_be() -> None:
    world = started()
    world.object["status"] |= {"state": "Pondering", "outcome": "Splendid"}
    world.sync()
    assert world.status["state"] == "Running"
    assert "outcome" not in world.status
    world.pod_ends(0, OPTIMAL)
    world.sync()
    assert world.true_conditions == {"Complete": "Optimal"}


def test_what_is_wanted_is_built_and_digested_once_a_reconcile(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    world = World()
    world.sync()
    counts: Counter[str] = Counter()
    for module, name in ((claims, "build_run"), (manifests, "digest_spec")):
        original = getattr(module, name)

        def counting(*args: Any, name: str = name, original: Any = original) -> Any:
            counts[name] += 1
            return original(*args)

        monkeypatch.setattr(module, name, counting)
    world.reconcile()
    assert counts == {"build_run": 1, "digest_spec": 1}
