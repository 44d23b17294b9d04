"""The user edits the spec: what is steered, and what is run anew."""

from __future__ import annotations

from argmin.plan import CONFIG_MAPS
from tests.unit.optimization.world import INTERRUPTED, OPTIMAL, World, started

OTHER = {"format": "mps", "source": {"inline": "NAME other"}}


def test_another_model_makes_a_new_run_and_removes_the_old_one() -> None:
    world = started()
    old = world.status["job"]
    world.edit(model=OTHER)
    world.sync()
    assert world.status["job"] != old
    assert [job["metadata"]["name"] for job in world.jobs] == [world.status["job"]]
    assert [c["metadata"]["name"] for c in world.store.of(CONFIG_MAPS)] == [world.status["job"]]
    assert [pod["status"]["phase"] for pod in world.pods] == ["Pending"]


def test_a_new_run_forgets_the_answer_and_the_attempts_of_the_old_one() -> None:
    world = started()
    world.pod_ends(0, OPTIMAL)
    world.sync()
    world.edit(model=OTHER)
    world.sync()
    assert world.status["state"] == "Pending"
    assert world.true_conditions == {"Reconciling": "Pending"}
    gone = {"outcome", "objective", "bestBound", "solutionRef", "runs", "completionTime", "solver"}
    assert not gone & set(world.status)
    assert world.status["observedGeneration"] == 2


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
    first = world.status["job"]
    model = world.object["spec"]["model"]
    world.edit(model=OTHER)
    world.sync()
    world.edit(model=model)
    world.sync()
    assert world.status["job"] == first
    assert len(world.jobs) == 1


def test_an_unfinished_removal_of_an_older_run_is_finished_later() -> None:
    world = started()
    old = world.status["job"]
    world.edit(model=OTHER)
    plan = world.plan()
    assert len(plan.delete) == 2
    world.reconcile(crash_after=3)
    assert old in [c["metadata"]["name"] for c in world.store.of(CONFIG_MAPS)]
    world.sync()
    assert old not in [c["metadata"]["name"] for c in world.store.of(CONFIG_MAPS)]
