"""Nodes go and pods are put aside: nobody's fault, and no end of the search."""

from __future__ import annotations

import pytest

from argmin.api.answer import ExitCode, Reason
from argmin.plan import JOBS
from tests.unit.optimization.world import INTERRUPTED, OPTIMAL, World, failure, started

LOST = failure(Reason.INTERRUPTED, "interrupted before a solution was found")


@pytest.mark.parametrize("exit_code", [0, ExitCode.INTERRUPTED])
def test_an_evicted_solver_runs_again_elsewhere_without_counting(exit_code: int) -> None:
    world = started(backoffLimit=0)
    world.pod_is_disrupted()
    world.pod_ends(exit_code, INTERRUPTED if exit_code == 0 else LOST)
    world.sync()
    world.pods_are_removed()
    world.sync()
    assert world.status["state"] == "Pending"
    assert "another attempt follows" in world.message("Reconciling")
    world.pod_runs()
    world.sync()
    world.pod_ends(0, OPTIMAL)
    world.sync()
    assert world.true_conditions == {"Complete": "Optimal"}
    assert [run["reason"] for run in world.status["attempts"]] == ["Evicted", "Optimal"]


@pytest.mark.parametrize(
    ("cause", "reason"),
    [
        ("PreemptionByScheduler", "Preempted"),
        ("DeletionByTaintManager", "NodeLost"),
        ("DeletionByPodGC", "NodeLost"),
        ("EvictionByEvictionAPI", "Evicted"),
        ("TerminationByKubelet", "Evicted"),
    ],
)
def test_a_pod_that_goes_without_a_word_is_remembered_with_the_cause(
    cause: str, reason: str
) -> None:
    world = started(backoffLimit=0)
    world.pod_is_disrupted(cause)
    world.pod_ends(137)
    world.sync()
    assert [run["reason"] for run in world.status["attempts"]] == [reason]
    assert "Failed" not in world.true_conditions


def test_a_pod_that_vanishes_is_remembered_as_stopped() -> None:
    world = started()
    world.remove(JOBS, world.job["metadata"]["name"])
    world.settle()
    (run,) = world.status["attempts"]
    assert (run["phase"], run["reason"]) == ("Failed", "Stopped")
    assert run["finishTime"] == "2026-01-02T03:04:05Z"


def test_a_deleted_child_of_an_unfinished_job_is_made_again() -> None:
    world = started(backoffLimit=0)
    world.remove(JOBS, world.job["metadata"]["name"])
    world.sync()
    assert len(world.pods) == 1
    world.pod_runs()
    world.sync()
    world.pod_ends(0, OPTIMAL)
    world.sync()
    assert world.true_conditions == {"Complete": "Optimal"}
    assert [run["reason"] for run in world.status["attempts"]] == ["Stopped", "Optimal"]


def test_a_job_that_somebody_is_deleting_is_waited_for() -> None:
    world = started()
    world.job["metadata"]["deletionTimestamp"] = "2026-01-02T03:05:00Z"
    plan = world.plan()
    assert (plan.apply, plan.patch, plan.delete) == ((), (), ())
    assert plan.notes[-1].rule == "await_removal"


def test_an_interruption_that_nobody_asked_for_is_taken_at_its_word() -> None:
    world = started()
    world.pod_ends(0, INTERRUPTED)
    world.sync()
    assert world.true_conditions == {"Complete": "Interrupted"}
    assert world.status["outcome"] == "Feasible"


def test_a_runner_that_says_it_was_interrupted_is_believed_also_without_a_trace_of_the_cause() -> (
    None
):
    world = started(backoffLimit=0)
    world.pod_ends(ExitCode.INTERRUPTED, text="no answer")
    world.sync()
    assert "Failed" not in world.true_conditions
    assert len(world.pods) == 2


def test_a_kept_solution_survives_the_failure_of_later_attempts() -> None:
    world = started(backoffLimit=0)
    world.pod_is_disrupted()
    world.pod_ends(0, INTERRUPTED)
    world.sync()
    world.pods_are_removed()
    world.sync()
    world.pod_runs()
    world.sync()
    world.pod_ends(ExitCode.SOLVER_FAILED, failure(Reason.SOLVER_FAILED, "it crashed"))
    world.sync()
    assert world.true_conditions == {"Failed": "SolverFailed"}
    assert world.message("Failed") == "it crashed; the solution of an earlier attempt is kept"
    assert world.status["outcome"] == "Feasible"
    assert world.status["objective"] == "16000.0"


def test_a_pod_that_its_node_evicted_for_lack_of_room_is_remembered_so() -> None:
    world = started()
    world.pod["status"] = {
        "phase": "Failed",
        "reason": "Evicted",
        "message": "The node was low on resource: ephemeral-storage.",
    }
    world.settle()
    (run,) = world.status["attempts"]
    assert run["reason"] == "Evicted"
    assert "ephemeral-storage" in run["message"]


def test_the_attempts_of_a_world_without_any_are_not_shown() -> None:
    world = World()
    world.sync()
    assert "attempts" not in world.status
