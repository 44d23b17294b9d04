"""Condition `Verified`: what the check of an answer found, and what a wrong answer leads to."""

from __future__ import annotations

from typing import Any

import pytest

from argmin.api.answer import Checked, ExitCode, Outcome, Reason, RunReport, Verification
from argmin.plan import PODS
from tests.unit.optimization.world import INTERRUPTED, OPTIMAL, World, failure, started

RIGHT = Verification(
    verified=True,
    reason="Verified",
    message="all constraints hold",
    largest_violation="0",
    checked=Checked(variables=4, constraints=3, solutions=1),
)
WRONG = Verification(
    verified=False,
    reason="ConstraintViolated",
    message="a constraint is violated",
    largest_violation="2.5",
    where="constraint supply[steel]",
)
SAID = (
    "ConstraintViolated",
    "a constraint is violated; largest violation 2.5 at constraint supply[steel]",
)
UNCHECKED = Verification(reason="Script", message="a program's answer has no model")


def verified(world: World) -> tuple[str, str, str] | None:
    """Status, reason and message of the condition; `None` where there is none."""
    found = [c for c in world.status["conditions"] if c["type"] == "Verified"]
    return (found[0]["status"], found[0]["reason"], found[0]["message"]) if found else None


def ended(answer: RunReport, code: int = 0, **spec: Any) -> World:
    world = started(**spec)
    world.pod_ends(code, answer)
    world.sync()
    return world


def checked(check: Verification | None, answer: RunReport = OPTIMAL) -> RunReport:
    return answer.with_result(verification=check)


def test_nothing_is_said_of_an_answer_before_there_is_one() -> None:
    assert verified(started()) is None


def test_an_answer_that_was_found_right_is_verified() -> None:
    world = ended(checked(RIGHT))
    assert verified(world) == ("True", "Verified", "all constraints hold")
    assert world.status["verification"] == {
        "verified": True,
        "reason": "Verified",
        "message": "all constraints hold",
        "largestViolation": "0",
        "checked": {"variables": 4, "constraints": 3, "solutions": 1},
    }


def test_an_answer_that_could_not_be_checked_is_unknown_and_says_why() -> None:
    world = ended(checked(UNCHECKED))
    assert verified(world) == ("Unknown", "Script", "a program's answer has no model")
    assert world.true_conditions == {"Complete": "Optimal"}


def test_an_answer_of_a_runner_that_checks_none_is_unknown_and_says_what_to_do() -> None:
    world = ended(checked(None))
    assert verified(world) == (
        "Unknown",
        "NotChecked",
        "the run's image checks no answers: build it from argmin's solver image, of the same"
        " version as the operator",
    )


def test_verified_flips_with_the_end_and_stays() -> None:
    world = started()
    world.pass_time(30)
    world.pod_ends(0, checked(RIGHT))
    world.sync()
    before = world.status
    world.pass_time(60)
    world.sync()
    assert world.status == before
    (condition,) = (c for c in before["conditions"] if c["type"] == "Verified")
    assert condition["lastTransitionTime"] == "2026-01-02T03:04:35Z"


@pytest.mark.parametrize(
    ("outcome", "reason"),
    [
        (Outcome.OPTIMAL, Reason.OPTIMAL),
        (Outcome.FEASIBLE, Reason.TIME_LIMIT),
        (Outcome.INFEASIBLE, Reason.INFEASIBLE),
        (Outcome.UNBOUNDED, Reason.UNBOUNDED),
        (Outcome.FEASIBLE, Reason.INTERRUPTED),
    ],
)
def test_a_wrong_answer_fails_whatever_its_runner_calls_it(
    outcome: Outcome, reason: Reason
) -> None:
    told = OPTIMAL.with_result(outcome=outcome).model_copy(update={"reason": reason})
    world = ended(checked(WRONG, told))
    assert world.status["outcome"] == "Error"
    assert world.true_conditions == {"Failed": "WrongAnswer"}
    assert world.message("Failed") == f"the answer is wrong: {SAID[1]}"
    assert verified(world) == ("False", *SAID)
    assert not {"objective", "bestBound", "gap"} & world.status.keys()


def test_a_runner_that_refuses_its_own_answer_is_quoted() -> None:
    told = failure(Reason.WRONG_ANSWER, "cbc's answer violates c1 by 2.5")
    world = ended(checked(WRONG, told), ExitCode.INVALID_INPUT)
    assert world.message("Failed") == "cbc's answer violates c1 by 2.5"
    assert verified(world) == ("False", *SAID)


def test_a_wrong_solution_of_an_interrupted_attempt_is_not_kept() -> None:
    world = started(activeDeadlineSeconds=600)
    world.pod_is_disrupted()
    world.pod_ends(0, checked(WRONG, INTERRUPTED))
    world.sync()
    assert world.true_conditions == {"Failed": "WrongAnswer"}
    assert "objective" not in world.status


def test_the_check_of_a_solution_that_was_kept_counts_at_the_deadline() -> None:
    world = started(activeDeadlineSeconds=600)
    world.pod_is_disrupted()
    world.pod_ends(0, checked(RIGHT, INTERRUPTED))
    world.sync()
    assert verified(world) is None
    world.pods_are_removed()
    world.sync()
    world.pod_runs()
    world.pass_time(1000)
    world.sync()
    world.pod_ends(ExitCode.INTERRUPTED, failure(Reason.INTERRUPTED, "interrupted"))
    world.sync()
    assert world.true_conditions == {"Complete": "DeadlineExceeded", "Verified": "Verified"}


def _without_answer() -> World:
    world = started()
    world.pod_ends(0, text="what?")
    world.sync()
    return world


def _crashed() -> World:
    world = started(backoffLimit=0)
    world.pod_ends(139)
    world.sync()
    return world


def _timed_out() -> World:
    world = World(activeDeadlineSeconds=60)
    world.sync()
    world.pass_time(60)
    world.sync()
    world.pass_time(60)
    world.sync()
    return world


def _lost() -> World:
    world = World()
    world.sync()
    world.pod_runs()
    world.pod_ends(0, OPTIMAL)
    world.controller.sync(world.now)
    world.remove(PODS, world.pod["metadata"]["name"])
    world.pass_time(60)
    world.sync()
    return world


@pytest.mark.parametrize(
    ("end", "reason"),
    [
        (_without_answer, "AnswerMissing"),
        (_crashed, "Crashed"),
        (_timed_out, "DeadlineExceeded"),
        (_lost, "AnswerMissing"),
        (lambda: ended(failure(Reason.INVALID_MODEL, "line 7"), 10), "InvalidModel"),
        (lambda: ended(failure(Reason.PROGRAM_FAILED, "oops")), "ProgramFailed"),
    ],
)
def test_a_job_that_ends_without_an_answer_has_nothing_to_verify(end: Any, reason: str) -> None:
    world = end()
    assert world.true_conditions == {"Failed": reason}
    assert verified(world) == ("Unknown", "NoAnswer", "the job ended without an answer to check")


def test_a_new_spec_begins_without_the_verdict_of_the_last() -> None:
    world = ended(checked(RIGHT))
    world.edit(seed=7)
    world.sync()
    assert verified(world) is None
    assert "verification" not in world.status
