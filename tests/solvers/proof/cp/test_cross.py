"""What is proven of the linear model that a CP-SAT model stands for, holds for the CP-SAT model."""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction
from threading import Event

import pytest
from ortools.sat.python import cp_model

from argmin.api.answer import Outcome
from argmin.api.solve.proof import ProofLevel
from argmin.api.solve.solvers import SolverName
from argmin_solvers.adapters.base import Solution, Solve
from argmin_solvers.errors import RunError
from argmin_solvers.inspection.proofs import check_proof
from argmin_solvers.proof.cp import Claim, CpProof
from argmin_solvers.proof.cp.cross import cross_check
from argmin_solvers.proof.cp.search import Clock
from argmin_solvers.proof.prover import prove
from argmin_solvers.proof.question import Correction, Proven, Question, claim
from tests.solvers.proof.cp.models import rebuild
from tests.solvers.proof.cp.test_certify import EMPTY, claim_best, knapsack

CONFIRMED = Proven(ProofLevel.CROSS_CHECKED, "scip", "scip found nothing", 15.0, {"kind": "search"})


@dataclass
class Told:
    """A prover that says what it is told to, and remembers what it was asked."""

    answer: Proven
    asked: list[Question] = field(default_factory=list)

    def __call__(self, question: Question, stop: Event) -> Proven:
        self.asked.append(question)
        return self.answer


def check(model: cp_model.CpModel, solve: Solve, told: Told | Proven) -> CpProof | None:
    prover = told if isinstance(told, Told) else Told(told)
    of = Claim.EMPTY if solve is EMPTY else Claim.BEST
    return cross_check(rebuild(model), solve, of, Clock(30.0), prover=prover)


def corrected(level: ProofLevel, values: Solution) -> Proven:
    correction = Correction(values, SolverName.SCIP, "scip found a point")
    return Proven(level, "scip", "", 15.0, correction=correction)


def test_the_question_is_that_of_the_linear_model() -> None:
    told = Told(CONFIRMED)
    proof = check(knapsack(), claim_best(rebuild(knapsack()), (5, 2)), told)
    assert proof is not None
    assert (proof.level, proof.by) == (ProofLevel.CROSS_CHECKED, "scip")
    assert proof.bound == Fraction(15)
    (question,) = told.asked
    assert (question.outcome, question.objective) == (Outcome.OPTIMAL, Fraction(15))
    assert question.given.integers == question.given.columns == 2


def test_a_better_point_refutes_the_best_and_others_say_nothing() -> None:
    answer = claim_best(rebuild(knapsack()), (4, 3))
    proof = check(knapsack(), answer, corrected(ProofLevel.CROSS_CHECKED, {"x": 5, "y": 2.0000001}))
    assert proof is not None
    assert (proof.level, proof.better) == (ProofLevel.CROSS_CHECKED, {"x": 5, "y": 2})
    assert proof.bound == Fraction(15)
    for values in ({"x": 4, "y": 3}, {"x": 5, "y": 5}):  # no better; breaks the row
        assert check(knapsack(), answer, corrected(ProofLevel.CLAIMED, values)) is None


def test_a_point_refutes_infeasible_and_is_not_more_proven_than_it_is() -> None:
    proof = check(knapsack(), EMPTY, corrected(ProofLevel.CLAIMED, {"x": 0, "y": 0}))
    assert proof is not None
    assert (proof.level, proof.bound, proof.by) == (ProofLevel.CLAIMED, None, None)
    assert proof.better == {"x": 0, "y": 0}


def test_no_proof_says_nothing_and_a_contradiction_is_told() -> None:
    nothing = claim("cp-sat", "there was no time")
    assert check(knapsack(), EMPTY, nothing) is None
    against = Proven(ProofLevel.CLAIMED, None, "", disagreement="scip says that 16 is the optimum")
    proof = check(knapsack(), claim_best(rebuild(knapsack()), (5, 2)), against)
    assert proof is not None
    assert proof.disagreement == "scip says that 16 is the optimum"


def test_what_branching_alone_cannot_prove_is_certified_by_its_relaxation() -> None:
    """More pigeons than holes: hopeless for a search, plain for the sum of the rows."""
    model = cp_model.CpModel()
    at = [[model.new_bool_var(f"p{i}h{j}") for j in range(15)] for i in range(16)]
    for row in at:
        model.add_exactly_one(row)
    for hole in zip(*at, strict=True):
        model.add_at_most_one(hole)
    proof = cross_check(rebuild(model), EMPTY, Claim.EMPTY, Clock(60.0))
    assert proof is not None
    assert (proof.level, proof.better) == (ProofLevel.CERTIFIED, None)
    assert proof.certificate is not None
    assert check_proof(rebuild(model), proof.certificate, (), Outcome.INFEASIBLE).holds
    with pytest.raises(RunError, match="no certificate of this model"):
        check_proof(rebuild(knapsack()), proof.certificate, (), Outcome.INFEASIBLE)


def test_a_wrong_optimum_is_refuted_by_a_solver_of_another_family() -> None:
    answer = claim_best(rebuild(knapsack()), (4, 3))
    proof = cross_check(rebuild(knapsack()), answer, Claim.BEST, Clock(60.0))
    assert proof is not None
    assert (proof.better, proof.bound) == ({"x": 5, "y": 2}, Fraction(15))
    assert proof.level is not ProofLevel.CLAIMED


def test_a_better_whole_number_refutes_however_large_the_objective_is() -> None:
    model = cp_model.CpModel()
    weights = (3_000_011, 3_000_017, 3_000_029, 3_000_007, 3_000_013)
    taken = [model.new_bool_var(f"x{number}") for number in range(5)]
    model.add(sum(taken) == 3)
    model.maximize(sum(weight * x for weight, x in zip(weights, taken, strict=True)))
    solve = claim_best(rebuild(model), (1, 1, 1, 0, 0))
    worse = claim_best(rebuild(model), (1, 1, 0, 0, 1))
    best = claim_best(rebuild(model), (0, 1, 1, 0, 1))
    for answer, refuted in ((best, False), (solve, True), (worse, True)):
        proof = cross_check(
            rebuild(model), answer, Claim.BEST, Clock(30.0), prover=lambda q, _: prove(q)
        )
        assert proof is not None
        assert proof.level is not ProofLevel.CLAIMED
        assert proof.refutes is refuted
        assert proof.bound == sum(sorted(weights)[-3:])
