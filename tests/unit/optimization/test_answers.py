"""An attempt that ends with an answer ends the job."""

from __future__ import annotations

import pytest

from argmin.api.answer import Metric, Outcome, Reason, RunReport, SolveResult
from argmin.plan import JOBS, PODS
from tests.unit.optimization.world import OPTIMAL, World, failure, started


def test_the_answer_is_in_the_status_before_kubernetes_declares_the_job_complete() -> None:
    world = started()
    world.pod_ends(0, OPTIMAL)
    world.settle()
    assert "succeeded" not in world.job["status"]
    assert world.status["state"] == "Complete"
    assert world.status["outcome"] == "Optimal"
    assert world.status["objective"] == world.status["bestBound"] == "15005.0"
    assert world.status["solverVersion"] == "2.10.8"
    assert world.true_conditions == {"Complete": "Optimal"}


def test_completion_counts_from_the_end_of_the_attempt() -> None:
    world = started()
    world.pass_time(30)
    world.pod_ends(0, OPTIMAL)
    world.pass_time(90)
    world.sync()
    assert world.status["completionTime"] == "2026-01-02T03:04:35Z"
    assert world.status["activeSeconds"] == 30


@pytest.mark.parametrize(
    ("outcome", "reason"),
    [
        (Outcome.INFEASIBLE, Reason.INFEASIBLE),
        (Outcome.UNBOUNDED, Reason.UNBOUNDED),
        (Outcome.FEASIBLE, Reason.TIME_LIMIT),
        (Outcome.UNKNOWN, Reason.TIME_LIMIT),
        (Outcome.FEASIBLE, Reason.PROGRAM_FINISHED),
    ],
)
def test_whatever_the_answer_is_the_job_is_complete(outcome: Outcome, reason: Reason) -> None:
    world = started()
    world.pod_ends(0, RunReport(succeeded=True, reason=reason, result=SolveResult(outcome=outcome)))
    world.sync()
    assert world.status["outcome"] == outcome
    assert world.true_conditions == {"Complete": reason}


def test_an_answer_of_outcome_error_is_a_failure_whatever_the_exit_code() -> None:
    world = started()
    world.pod_ends(0, failure(Reason.PROGRAM_FAILED, "the program reported an error"))
    world.sync()
    assert world.status["outcome"] == "Error"
    assert world.true_conditions == {"Failed": "ProgramFailed"}


def test_a_delivered_solution_is_referred_to() -> None:
    world = started()
    world.pod_ends(0, OPTIMAL)
    world.sync()
    assert world.status["solutionRef"] == {
        "configMap": f"{world.status['runName']}-result",
        "key": "solution.json.gz",
    }


def test_a_solution_that_was_not_delivered_is_not_referred_to() -> None:
    world = started()
    world.pod_ends(0, OPTIMAL.model_copy(update={"delivered": False}))
    world.sync()
    assert "solutionRef" not in world.status


def test_metrics_are_kept() -> None:
    metrics = (Metric(name="cost", value="4170.2822027548"),)
    world = started()
    world.pod_ends(0, OPTIMAL.model_copy(update={"metrics": metrics}))
    world.sync()
    assert world.status["metrics"] == [{"name": "cost", "value": "4170.2822027548"}]


def test_one_event_tells_of_the_end() -> None:
    world = started()
    world.pod_ends(0, OPTIMAL)
    world.sync()
    world.pass_time(60)
    world.sync()
    (event,) = world.events
    assert event.reason == "Optimal"
    assert event.message == "Optimal, objective 15005.0 by cbc 2.10.8"
    assert not event.warning


@pytest.mark.parametrize("text", ["", "Segmentation fault", "{}", "[1, 2]", '{"outcome": "Opt'])
def test_exit_code_zero_without_a_readable_answer_fails_and_says_what_to_do(text: str) -> None:
    world = started()
    world.pod_ends(0, text=text)
    world.sync()
    assert world.true_conditions == {"Failed": "AnswerMissing"}
    assert "build an image of your own from argmin's solver image" in world.message("Failed")
    assert world.status["outcome"] == "Error"


def test_a_finished_job_is_not_run_again_when_its_job_is_deleted() -> None:
    world = started()
    world.pod_ends(0, OPTIMAL)
    world.sync()
    status = world.status
    world.remove(JOBS, world.job["metadata"]["name"])
    world.sync()
    assert world.jobs == []
    assert world.status == status


def test_the_answer_of_a_pod_that_is_seen_late_is_waited_for() -> None:
    world = started()
    world.pod_ends(0, OPTIMAL)
    ended = world.pod["status"]
    world.controller.sync(world.now)
    world.pod["status"] = {
        "phase": "Running",
        "containerStatuses": [{"name": "runner", "state": {"running": {}}}],
    }
    world.settle()
    assert world.true_conditions == {"Reconciling": "Stopping"}
    world.pod["status"] = ended
    world.settle()
    assert world.true_conditions == {"Complete": "Optimal"}


def test_a_job_that_completed_without_a_trace_of_its_pod_fails_after_a_while() -> None:
    world = World()
    world.sync()
    world.pod_runs()
    world.pod_ends(0, OPTIMAL)
    world.controller.sync(world.now)
    world.remove(PODS, world.pod["metadata"]["name"])
    world.settle()
    assert world.true_conditions == {"Reconciling": "Stopping"}
    assert world.requeue_after is not None
    world.pass_time(world.requeue_after.total_seconds())
    world.sync()
    assert world.true_conditions == {"Failed": "AnswerMissing"}
    assert "its pod was gone before its answer was read" in world.message("Failed")
    assert (len(world.jobs), world.pods) == (1, [])


def end_unseen(world: World) -> None:
    """The pod runs and ends with an answer while the operator hears nothing of pods."""
    world.store.unseen.add(PODS)
    world.pod_runs()
    world.pod_ends(0, OPTIMAL)
    world.controller.sync(world.now)
    world.pass_time(60)


def test_an_answer_that_no_watch_told_of_is_read_before_anything_is_deleted() -> None:
    world = World()
    world.sync()
    end_unseen(world)
    world.sync()
    assert world.true_conditions == {"Complete": "Optimal"}
    assert len(world.jobs) == 1
