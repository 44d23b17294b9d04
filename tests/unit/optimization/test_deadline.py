"""The running time of `activeDeadlineSeconds`: what counts, and what happens when it is over."""

from __future__ import annotations

import pytest

from argmin.api.answer import ExitCode, Reason
from argmin.plan import JOBS
from tests.unit.optimization.world import INTERRUPTED, OPTIMAL, World, failure, started

LOST = failure(Reason.INTERRUPTED, "interrupted before a solution was found")


def run_into_deadline(world: World, exit_code: int) -> None:
    """The time is over, Kubernetes stops the pod, and the pod says what it has."""
    world.pass_time(1000)
    world.sync()
    assert "deletionTimestamp" in world.pod["metadata"]
    world.pod_ends(exit_code, INTERRUPTED if exit_code == 0 else LOST)
    world.sync()


def test_the_job_carries_the_deadline() -> None:
    world = World(activeDeadlineSeconds=600)
    world.sync()
    assert world.job["spec"]["activeDeadlineSeconds"] == 600
    assert world.status["activeSince"] == "2026-01-02T03:04:05Z"


def test_with_a_feasible_solution_the_job_is_complete() -> None:
    world = started(activeDeadlineSeconds=600)
    run_into_deadline(world, exit_code=0)
    assert world.status["state"] == "Complete"
    assert world.true_conditions == {"Complete": "DeadlineExceeded"}
    assert world.message("Complete") == (
        "stopped by spec.activeDeadlineSeconds (600 s) with a feasible solution in hand"
    )
    assert world.status["outcome"] == "Feasible"
    assert world.status["objective"] == "16000.0"
    assert "solutionRef" in world.status


def test_without_a_solution_the_job_has_failed_and_nothing_is_known() -> None:
    world = started(activeDeadlineSeconds=600)
    run_into_deadline(world, exit_code=ExitCode.INTERRUPTED)
    assert world.true_conditions == {"Failed": "DeadlineExceeded"}
    assert world.status["outcome"] == "Unknown"
    assert "objective" not in world.status


def test_the_last_words_of_the_solver_are_waited_for() -> None:
    world = started(activeDeadlineSeconds=600)
    world.pass_time(600)
    world.sync()
    assert world.true_conditions == {"Reconciling": "Stopping"}


def test_a_solution_of_an_earlier_attempt_counts_too() -> None:
    world = started(activeDeadlineSeconds=600)
    world.pod_is_disrupted()
    world.pod_ends(0, INTERRUPTED)
    world.sync()
    world.pods_are_removed()
    world.sync()
    world.pod_runs()
    world.sync()
    run_into_deadline(world, exit_code=ExitCode.INTERRUPTED)
    assert world.true_conditions == {"Complete": "DeadlineExceeded"}
    assert world.status["objective"] == "16000.0"


def test_a_proof_that_comes_with_the_deadline_is_taken() -> None:
    world = started(activeDeadlineSeconds=600)
    world.pass_time(600)
    world.sync()
    world.pod_ends(0, OPTIMAL)
    world.sync()
    assert world.true_conditions == {"Complete": "Optimal"}


def test_a_job_whose_pod_never_started_fails_at_its_deadline() -> None:
    world = World(activeDeadlineSeconds=60)
    world.sync()
    world.pass_time(60)
    world.sync()
    assert world.requeue_after is not None
    world.pass_time(world.requeue_after.total_seconds())
    world.sync()
    assert world.true_conditions == {"Failed": "DeadlineExceeded"}


def suspend_for(world: World, seconds: float, exit_code: int) -> None:
    world.edit(suspend=True)
    world.sync()
    world.pod_ends(exit_code, INTERRUPTED if exit_code == 0 else LOST)
    world.sync()
    world.pods_are_removed()
    world.sync()
    world.pass_time(seconds)
    world.edit(suspend=False)
    world.sync()


@pytest.mark.parametrize("exit_code", [0, ExitCode.INTERRUPTED])
def test_a_resumed_job_has_the_running_time_that_was_left(exit_code: int) -> None:
    world = started(activeDeadlineSeconds=600)
    world.pass_time(100)
    suspend_for(world, seconds=3600, exit_code=exit_code)
    assert world.status["activeSeconds"] == 100
    assert world.job["spec"]["activeDeadlineSeconds"] == 500
    assert world.status["activeSince"] == "2026-01-02T04:05:45Z"
    assert len(world.pods) == 1


def test_a_long_suspension_does_not_use_up_the_deadline() -> None:
    world = started(activeDeadlineSeconds=600)
    world.pass_time(100)
    suspend_for(world, seconds=100_000, exit_code=ExitCode.INTERRUPTED)
    world.pod_runs()
    world.sync()
    world.pass_time(499)
    world.sync()
    assert world.status["state"] == "Running"
    world.pass_time(1)
    world.sync()
    assert world.true_conditions == {"Reconciling": "Stopping"}


def test_several_suspensions_add_up() -> None:
    world = started(activeDeadlineSeconds=600)
    for _ in range(3):
        world.pass_time(100)
        suspend_for(world, seconds=1000, exit_code=ExitCode.INTERRUPTED)
        world.pod_runs()
        world.sync()
    assert world.status["activeSeconds"] == 300
    assert world.job["spec"]["activeDeadlineSeconds"] == 300


def test_a_job_that_is_made_again_has_the_running_time_that_was_left() -> None:
    world = started(activeDeadlineSeconds=600)
    world.pass_time(100)
    world.remove(JOBS, world.job["metadata"]["name"])
    world.sync()
    assert world.job["spec"]["activeDeadlineSeconds"] == 500


def test_a_job_without_running_time_left_is_not_started_again() -> None:
    world = started(activeDeadlineSeconds=600)
    world.pass_time(100)
    world.edit(suspend=True)
    world.sync()
    world.pod_ends(0, INTERRUPTED)
    world.sync()
    world.edit(activeDeadlineSeconds=50, suspend=False)
    world.sync()
    assert world.true_conditions == {"Complete": "DeadlineExceeded"}


def test_a_shorter_deadline_reaches_the_running_job() -> None:
    world = started(activeDeadlineSeconds=600)
    world.pass_time(100)
    world.edit(activeDeadlineSeconds=200)
    world.settle()
    assert world.job["spec"]["activeDeadlineSeconds"] == 200
    world.edit(activeDeadlineSeconds=None)
    world.settle()
    assert "activeDeadlineSeconds" not in world.job["spec"]


def test_an_operator_that_dies_while_it_makes_a_job_again_gives_no_time_twice() -> None:
    world = started(activeDeadlineSeconds=600)
    world.pass_time(100)
    world.remove(JOBS, world.job["metadata"]["name"])
    world.reconcile()
    world.reconcile(crash_after=2)
    assert len(world.jobs) == 1
    world.sync()
    assert world.job["spec"]["activeDeadlineSeconds"] == 500
    assert world.status["activeSeconds"] == 100
