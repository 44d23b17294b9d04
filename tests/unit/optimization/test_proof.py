"""How well an answer is proven: asked of the run, told in status, condition and events."""

from __future__ import annotations

from typing import Any

import pytest

from argmin.api.answer import Outcome, Reason, RunReport, Verification
from argmin.api.optimization.spec import OptimizationJob
from argmin.api.solve.proof import Proof, ProofLevel
from argmin.api.task import SolveTask
from argmin.backends.defaults import Defaults
from argmin.optimization.build_run import build_run, name_run
from argmin.plan import Event
from tests.unit.optimization.delegated import running
from tests.unit.optimization.world import MODEL, OPTIMAL, World, failure, started

HOLDS = Verification(
    verified=True,
    reason="Verified",
    message="3 constraints and 4 variables hold in exact arithmetic",
)
CERTIFIED = Proof(
    level=ProofLevel.CERTIFIED,
    by="exact dual bound",
    bound="15005.0",
    seconds="0.02",
    message="an exact dual bound meets the objective",
)


def job(**spec: Any) -> OptimizationJob:
    manifest = {"metadata": {"name": "steel", "uid": "1"}, "spec": {"model": MODEL, **spec}}
    return OptimizationJob.model_validate(manifest)


def proven(proof: Proof | None, answer: RunReport = OPTIMAL) -> RunReport:
    return answer.with_result(verification=HOLDS, proof=proof)


def ended(answer: RunReport, code: int = 0, **spec: Any) -> World:
    world = started(**spec)
    world.pod_ends(code, answer)
    world.sync()
    return world


def what_verified_says(world: World) -> str:
    (found,) = (c for c in world.status["conditions"] if c["type"] == "Verified")
    return str(found["message"])


class TestAsking:
    def test_a_job_that_says_nothing_of_it_leaves_it_to_the_runner(self) -> None:
        task = build_run(job(), Defaults("argmin/solvers:1", "")).document.task
        assert isinstance(task, SolveTask)
        assert task.proof is None

    def test_what_is_asked_reaches_the_runner_as_it_was_written(self) -> None:
        asked = {"level": "CrossChecked", "time": "1m30s", "solver": "scip"}
        document = build_run(job(proof=asked), Defaults("argmin/solvers:1", "")).document
        assert document.to_wire()["task"]["proof"] == asked

    def test_who_asks_for_more_proof_has_the_model_run_again(self) -> None:
        assert name_run(job()) != name_run(job(proof={"level": "Certified"}))


class TestTelling:
    def test_the_proof_of_an_answer_is_in_the_status(self) -> None:
        assert ended(proven(CERTIFIED)).status["proof"] == {
            "level": "Certified",
            "by": "exact dual bound",
            "bound": "15005.0",
            "seconds": "0.02",
            "message": "an exact dual bound meets the objective",
        }

    def test_an_answer_of_sagemaker_has_its_proof_as_well(self) -> None:
        world = running()
        world.container_ends(0, proven(CERTIFIED))
        assert world.status["proof"]["level"] == "Certified"

    @pytest.mark.parametrize(
        ("proof", "words"),
        [
            (CERTIFIED, "Certified: an exact dual bound meets the objective"),
            (
                Proof(level=ProofLevel.CERTIFIED),
                "Certified: a certificate was checked in exact arithmetic",
            ),
            (
                Proof(level=ProofLevel.CROSS_CHECKED),
                "CrossChecked: a solver of another family found nothing better",
            ),
            (Proof(level=ProofLevel.CLAIMED), "Claimed: the solver's word"),
            (
                Proof(level=ProofLevel.CLAIMED, message="5 s were not enough for scip"),
                "Claimed: the solver's word: 5 s were not enough for scip",
            ),
            (
                Proof(level=ProofLevel.CLAIMED, message="the word of highs alone: no time left"),
                "Claimed: the word of highs alone: no time left",
            ),
        ],
    )
    def test_condition_verified_says_the_level_in_words(self, proof: Proof, words: str) -> None:
        assert what_verified_says(ended(proven(proof))) == f"{HOLDS.message}; {words}"

    def test_an_answer_without_a_proof_says_nothing_of_one(self) -> None:
        world = ended(proven(None))
        assert what_verified_says(world) == HOLDS.message
        assert "proof" not in world.status

    def test_an_optimum_that_is_claimed_stays_one_and_is_called_claimed(self) -> None:
        world = ended(proven(Proof(level=ProofLevel.CLAIMED)))
        assert (world.status["outcome"], world.status["proof"]["level"]) == ("Optimal", "Claimed")
        assert world.true_conditions == {"Complete": "Optimal", "Verified": "Verified"}

    def test_a_wrong_answer_has_no_proof(self) -> None:
        wrong = Verification(verified=False, reason="ConstraintViolated", message="c1 is violated")
        told = OPTIMAL.with_result(verification=wrong, proof=CERTIFIED)
        world = ended(told)
        assert world.true_conditions == {"Failed": "WrongAnswer"}
        assert "proof" not in world.status
        assert what_verified_says(world) == "c1 is violated"

    def test_a_new_spec_begins_without_the_proof_of_the_last(self) -> None:
        world = ended(proven(CERTIFIED))
        world.edit(seed=7)
        world.sync()
        assert "proof" not in world.status


BETTER = "highs said Optimal at 15010, and scip has a point of 15005"


class TestContradictions:
    @pytest.mark.parametrize(
        ("reason", "outcome", "proof"),
        [
            (Reason.BETTER_POINT_KNOWN, Outcome.FEASIBLE, Proof(level=ProofLevel.CLAIMED)),
            (Reason.BETTER_POINT_KNOWN, Outcome.OPTIMAL, CERTIFIED),
            (Reason.SOLVERS_DISAGREE, Outcome.FEASIBLE, Proof(level=ProofLevel.CLAIMED)),
            (Reason.SOLVERS_DISAGREE, Outcome.INFEASIBLE, Proof(level=ProofLevel.CLAIMED)),
        ],
    )
    def test_solvers_that_contradict_each_other_complete_the_job_with_a_warning(
        self, reason: Reason, outcome: Outcome, proof: Proof
    ) -> None:
        told = OPTIMAL.with_result(outcome=outcome).model_copy(
            update={"reason": reason, "message": BETTER}
        )
        world = ended(proven(proof, told))
        assert world.status["outcome"] == outcome
        assert world.true_conditions == {"Complete": reason, "Verified": "Verified"}
        assert world.message("Complete") == BETTER
        assert world.events == [Event(reason, BETTER, warning=True)]

    def test_nothing_of_it_is_tried_again(self) -> None:
        told = OPTIMAL.with_result(outcome=Outcome.FEASIBLE).model_copy(
            update={"reason": Reason.SOLVERS_DISAGREE}
        )
        world = ended(proven(None, told), backoffLimit=3)
        world.pass_time(600)
        world.sync()
        assert len(world.status["attempts"]) == 1

    def test_an_answer_that_nothing_contradicts_is_told_without_a_warning(self) -> None:
        assert [event.warning for event in ended(proven(CERTIFIED)).events] == [False]

    def test_a_failed_run_warns_as_before(self) -> None:
        world = ended(failure(Reason.INVALID_MODEL, "line 7"), 10)
        assert [event.warning for event in world.events] == [True]
