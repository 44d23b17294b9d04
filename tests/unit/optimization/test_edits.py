"""The user edits the spec: what is steered, and what is run anew."""

from __future__ import annotations

import pytest

from argmin.plan import CONFIG_MAPS, JOBS, Key, Runs
from tests.unit.optimization.world import INTERRUPTED, NAME, NAMESPACE, OPTIMAL, World, started

OTHER = {"format": "mps", "source": {"inline": "NAME other"}}


def test_another_model_makes_a_new_run_and_removes_the_old_one() -> None:
    world = started()
    old = world.status["runName"]
    world.edit(model=OTHER)
    world.sync()
    assert world.status["runName"] != old
    assert [job["metadata"]["name"] for job in world.jobs] == [world.status["runName"]]
    assert [c["metadata"]["name"] for c in world.store.of(CONFIG_MAPS)] == [world.status["runName"]]
    assert [pod["status"]["phase"] for pod in world.pods] == ["Pending"]


def test_a_new_run_forgets_the_answer_and_the_attempts_of_the_old_one() -> None:
    world = started()
    world.pod_ends(0, OPTIMAL)
    world.sync()
    world.edit(model=OTHER)
    world.sync()
    assert world.status["state"] == "Pending"
    assert world.true_conditions == {"Reconciling": "Pending"}
    gone = {
        "outcome",
        "objective",
        "bestBound",
        "solutionRef",
        "attempts",
        "completionTime",
        "solver",
    }
    assert not gone & set(world.status)
    assert world.status["observedGeneration"] == 2


@pytest.mark.parametrize("former", [False, True], ids=["by run", "as an older argmin named it"])
def test_a_new_run_takes_the_result_of_the_old_one_away_and_nobody_elses(former: bool) -> None:
    world = started()
    world.pod_ends(0, OPTIMAL)
    world.settle()
    name = f"{NAME}-result" if former else f"{world.status['runName']}-result"
    mine = {"name": name, "namespace": NAMESPACE, "ownerReferences": [{"uid": "owner"}]}
    world.store.create(Key(CONFIG_MAPS, NAMESPACE, name), {"metadata": mine})
    world.add_config_map("others-result")
    world.settle()
    before = {found["metadata"]["name"] for found in world.store.of(CONFIG_MAPS)}
    assert name in before
    world.edit(model=OTHER)
    world.sync()
    left = {found["metadata"]["name"] for found in world.store.of(CONFIG_MAPS)}
    assert left == {world.status["runName"], "others-result"}


def test_the_status_names_the_run_that_may_deliver_until_it_is_complete() -> None:
    world = started()
    (job,) = world.jobs
    name, uid = job["metadata"]["name"], job["metadata"]["uid"]
    assert world.kind.list_runs(world.object) == Runs(open={name: uid})
    world.pod_ends(0, OPTIMAL)
    world.sync()
    assert world.kind.list_runs(world.object) == Runs(over=frozenset([name]))
    world.edit(model=OTHER)
    world.sync()
    (job,) = world.jobs
    name, uid = job["metadata"]["name"], job["metadata"]["uid"]
    assert world.kind.list_runs(world.object) == Runs(open={name: uid})


def test_a_new_run_has_all_its_running_time() -> None:
    world = started(activeDeadlineSeconds=600)
    world.pass_time(500)
    world.edit(model=OTHER)
    world.sync()
    assert world.job["spec"]["activeDeadlineSeconds"] == 600


def test_a_failed_job_runs_again_when_its_model_is_mended() -> None:
    world = started(backoffLimit=0)
    world.pod_ends(1)
    world.sync()
    assert world.status["state"] == "Failed"
    world.edit(model=OTHER)
    world.sync()
    world.pod_runs()
    world.sync()
    world.pod_ends(0, OPTIMAL)
    world.sync()
    assert world.true_conditions == {"Complete": "Optimal"}


def test_the_times_of_conditions_move_only_when_they_flip() -> None:
    world = started()
    world.pass_time(60)
    world.pod_ends(0, OPTIMAL)
    world.sync()
    world.pass_time(60)
    world.edit(model=OTHER)
    world.sync()
    times = {c["type"]: c["lastTransitionTime"] for c in world.status["conditions"]}
    assert times["Failed"] == "2026-01-02T03:04:05Z"
    assert times["Complete"] == "2026-01-02T03:06:05Z"


def test_steering_a_running_job_patches_its_job() -> None:
    world = started()
    uid = world.job["metadata"]["uid"]
    world.edit(backoffLimit=7, activeDeadlineSeconds=900, ttlSecondsAfterFinished=60)
    world.sync()
    assert world.job["metadata"]["uid"] == uid
    assert world.job["spec"]["backoffLimit"] == 7
    assert world.job["spec"]["activeDeadlineSeconds"] == 900
    assert world.status["observedGeneration"] == 2


def test_an_edit_while_suspended_waits_for_the_resumption() -> None:
    world = started()
    world.edit(suspend=True)
    world.sync()
    world.pod_ends(0, INTERRUPTED)
    world.sync()
    world.edit(model=OTHER)
    world.sync()
    assert world.jobs == []
    assert world.true_conditions == {"Suspended": "Suspended"}
    assert "objective" not in world.status
    world.edit(suspend=False)
    world.sync()
    assert len(world.pods) == 1


def test_going_back_to_an_older_spec_runs_it_again() -> None:
    world = World()
    world.sync()
    first = world.status["runName"]
    model = world.object["spec"]["model"]
    world.edit(model=OTHER)
    world.sync()
    world.edit(model=model)
    world.sync()
    assert world.status["runName"] == first
    assert len(world.jobs) == 1


def test_an_unfinished_removal_of_an_older_run_is_finished_later() -> None:
    world = started()
    old = world.status["runName"]
    world.edit(model=OTHER)
    plan = world.plan()
    assert len(plan.delete) == 2
    world.reconcile(crash_after=3)
    assert old in names_of_children(world)
    world.sync()
    assert old not in names_of_children(world)


@pytest.mark.parametrize("writes", range(6))
def test_an_unfinished_removal_is_finished_though_the_status_knows_nothing_of_the_run(
    writes: int,
) -> None:
    """A crash kept the status from being written; the Job alone leads to the older ConfigMap."""
    world = World()
    world.reconcile(crash_after=2)
    (old,) = names_of_children(world)
    world.edit(model=OTHER)
    world.reconcile(crash_after=writes)
    world.sync()
    assert old not in names_of_children(world)


def names_of_children(world: World) -> set[str]:
    children = [*world.store.of(JOBS), *world.store.of(CONFIG_MAPS)]
    return {child["metadata"]["name"] for child in children}
