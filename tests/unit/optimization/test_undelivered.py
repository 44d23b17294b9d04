"""Answers that were found and that nobody took."""

from __future__ import annotations

import pytest

from argmin.api.answer import ExitCode, Reason, RunReport
from tests.unit.optimization.world import INTERRUPTED, OPTIMAL, World, started


def withheld(answer: RunReport, reason: Reason = Reason.UNDELIVERED) -> RunReport:
    return answer.model_copy(
        update={
            "succeeded": False,
            "reason": reason,
            "message": "nobody took it",
            "delivered": False,
        }
    )


def assert_shown(world: World, reason: Reason, outcome: str, objective: str) -> None:
    """The job has failed, and its status shows the number that was found."""
    assert world.true_conditions == {"Failed": reason}
    assert (world.status["outcome"], world.status["objective"]) == (outcome, objective)
    assert "solutionRef" not in world.status
    assert "nobody took it" in world.message("Failed")


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        (ExitCode.UNDELIVERED, Reason.UNDELIVERED),
        (ExitCode.ANSWER_TOO_LARGE, Reason.ANSWER_TOO_LARGE),
        (ExitCode.INVALID_INPUT, Reason.TRANSFER_FAILED),
    ],
)
def test_a_job_that_fails_with_an_answer_shows_it(code: int, reason: Reason) -> None:
    world = started(backoffLimit=0)
    world.pod_ends(code, withheld(OPTIMAL, reason))
    world.sync()
    assert_shown(world, reason, "Optimal", "15005.0")
    assert world.status["bestBound"] == "15005.0"
    assert world.status["solver"] == "cbc"


def test_a_solution_that_nobody_took_before_the_deadline_is_shown() -> None:
    world = started(activeDeadlineSeconds=600)
    world.pass_time(1000)
    world.sync()
    world.pod_ends(ExitCode.UNDELIVERED, withheld(INTERRUPTED))
    world.sync()
    assert_shown(world, Reason.UNDELIVERED, "Feasible", "16000.0")
    assert world.message("Failed").startswith("stopped by spec.activeDeadlineSeconds (600 s)")


def test_a_drain_that_takes_the_operator_too_is_no_failure_of_the_run() -> None:
    world = started(backoffLimit=0)
    world.pod_is_disrupted()
    world.pod_ends(137, withheld(OPTIMAL))
    world.sync()
    world.pods_are_removed()
    world.sync()
    assert world.status["state"] == "Pending"
    assert "objective" not in world.status  # its solution is lost: it is no answer of this job yet
    world.pod_runs()
    world.sync()
    world.pod_ends(0, OPTIMAL)
    world.sync()
    assert world.true_conditions == {"Complete": "Optimal"}
