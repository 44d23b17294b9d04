"""A job is held and let go on."""

from __future__ import annotations

from argmin.api.answer import ExitCode, Reason, RunReport
from argmin.plan import CONFIG_MAPS
from tests.unit.optimization.world import INTERRUPTED, OPTIMAL, World, failure, started

LOST = failure(Reason.INTERRUPTED, "interrupted before a solution was found")


def suspend(
    world: World, exit_code: int = ExitCode.INTERRUPTED, found: RunReport = INTERRUPTED
) -> None:
    """The user holds the job, and its solver stops as it should."""
    world.edit(suspend=True)
    world.sync()
    world.pod_ends(exit_code, found if exit_code == 0 else LOST)
    world.sync()
    world.pods_are_removed()
    world.sync()


def resume(world: World) -> None:
    world.edit(suspend=False)
    world.sync()


def test_a_running_solver_is_told_to_stop() -> None:
    world = started()
    world.edit(suspend=True)
    world.sync()
    assert world.job["spec"]["suspend"] is True
    assert "deletionTimestamp" in world.pod["metadata"]
    assert world.status["state"] == "Suspended"
    assert world.true_conditions == {"Suspended": "Suspended", "Reconciling": "Stopping"}


def test_a_job_whose_solver_has_stopped_is_at_rest() -> None:
    world = started()
    suspend(world)
    assert world.true_conditions == {"Suspended": "Suspended"}
    assert world.message("Suspended") == "held by spec.suspend: set it to false to go on"
    assert world.pods == []
    assert [run["reason"] for run in world.status["attempts"]] == ["Interrupted"]


def test_the_best_solution_of_a_stopped_solver_is_kept_while_suspended() -> None:
    world = started()
    suspend(world, exit_code=0)
    assert world.status["state"] == "Suspended"
    assert world.status["outcome"] == "Feasible"
    assert world.status["objective"] == "16000.0"
    assert "solutionRef" in world.status


def test_a_resumed_job_runs_in_a_new_pod() -> None:
    world = started()
    suspend(world)
    resume(world)
    assert world.job["spec"]["suspend"] is False
    assert [pod["status"]["phase"] for pod in world.pods] == ["Pending"]
    assert world.true_conditions == {"Reconciling": "Retrying"}
    world.pod_runs()
    world.sync()
    world.pod_ends(0, OPTIMAL)
    world.sync()
    assert world.status["objective"] == "15005.0"
    assert [run["reason"] for run in world.status["attempts"]] == ["Interrupted", "Optimal"]


def test_a_resumed_job_keeps_the_solution_until_there_is_another_answer() -> None:
    world = started()
    suspend(world, exit_code=0)
    first = world.job["metadata"]["uid"]
    resume(world)
    assert world.job["metadata"]["uid"] == first
    assert [pod["status"]["phase"] for pod in world.pods] == ["Pending"]
    assert world.status["objective"] == "16000.0"


def test_a_job_that_is_held_again_shows_the_solution_that_is_stored_also_a_worse_one() -> None:
    world = started()
    suspend(world, exit_code=0)
    resume(world)
    world.pod_runs()
    world.sync()
    worse = INTERRUPTED.with_result(objective="99999").model_copy(
        update={"result_digest": "sha256:worse"}
    )
    suspend(world, exit_code=0, found=worse)
    assert world.status["objective"] == "99999"
    assert world.status["resultDigest"] == "sha256:worse"


def test_an_attempt_without_a_solution_leaves_that_of_an_earlier_one() -> None:
    world = started()
    suspend(world, exit_code=0)
    resume(world)
    world.pod_runs()
    world.sync()
    suspend(world)
    assert world.status["objective"] == "16000.0"
    assert "solutionRef" in world.status


def test_a_job_that_kubernetes_took_for_complete_while_it_was_held_runs_again() -> None:
    world = started()
    world.pod_is_disrupted()
    world.pod_ends(0, INTERRUPTED)
    world.edit(suspend=True)
    world.sync()
    assert world.status["state"] == "Suspended"
    first = world.job["metadata"]["uid"]
    resume(world)
    assert world.job["metadata"]["uid"] != first
    assert [pod["status"]["phase"] for pod in world.pods] == ["Pending"]


def test_suspension_counts_as_no_failure() -> None:
    world = started(backoffLimit=0)
    for _ in range(3):
        suspend(world)
        resume(world)
        world.pod_runs()
        world.sync()
    assert world.status["state"] == "Running"


def test_a_job_that_is_held_from_the_start_has_no_children() -> None:
    world = World(suspend=True)
    world.sync()
    assert world.jobs == []
    assert world.store.of(CONFIG_MAPS) == []
    assert world.true_conditions == {"Suspended": "Suspended"}
    resume(world)
    assert len(world.pods) == 1
    assert world.true_conditions == {"Reconciling": "Pending"}


def test_an_answer_that_came_just_before_the_suspension_ends_the_job() -> None:
    world = started()
    world.pod_ends(0, OPTIMAL)
    world.edit(suspend=True)
    world.sync()
    assert world.true_conditions == {"Complete": "Optimal"}


def test_a_finished_job_is_not_suspended_any_more() -> None:
    world = started()
    world.pod_ends(0, OPTIMAL)
    world.sync()
    world.edit(suspend=True)
    world.sync()
    assert world.true_conditions == {"Complete": "Optimal"}
    assert world.status["observedGeneration"] == 2


def test_a_job_is_resumed_only_when_its_controller_has_seen_the_suspension() -> None:
    world = started(activeDeadlineSeconds=600)
    world.edit(suspend=True)
    world.settle()
    world.edit(suspend=False)
    world.settle()
    assert world.job["spec"]["suspend"] is True
    world.sync()
    assert world.job["spec"]["suspend"] is False


def test_the_condition_flips_once_in_each_direction() -> None:
    world = started()
    world.pass_time(10)
    suspend(world)
    since = _find(world, "Suspended")["lastTransitionTime"]
    world.pass_time(10)
    world.edit(backoffLimit=5)
    world.sync()
    assert _find(world, "Suspended")["lastTransitionTime"] == since
    resume(world)
    assert _find(world, "Suspended")["lastTransitionTime"] != since


def _find(world: World, kind: str) -> dict[str, str]:
    return next(c for c in world.status["conditions"] if c["type"] == kind)
