"""A second search by CP-SAT finds what the first one missed, and proves nothing else."""

from __future__ import annotations

from ortools.sat.python import cp_model

from argmin.api.solve.proof import ProofLevel
from argmin_solvers.adapters.base import Solve
from argmin_solvers.models.cpsat_model import CpSatModel
from argmin_solvers.proof.cp import Claim, CpProof
from argmin_solvers.proof.cp.search import Clock
from argmin_solvers.proof.cp.second import search_again
from tests.solvers.proof.cp.models import list_solutions, rebuild
from tests.solvers.proof.cp.test_certify import (
    EMPTY,
    claim_all,
    claim_best,
    eighteen,
    knapsack,
    pigeons,
)


def look_again(model: cp_model.CpModel, solve: Solve, claim: Claim) -> CpProof | None:
    checked = CpSatModel("model", model)
    return search_again(checked, rebuild(model), solve, claim, Clock(30.0))


def proven_by_the_same_solver(proof: CpProof | None) -> bool:
    assert proof is not None
    return proof.level is ProofLevel.CLAIMED and "same solver's word" in proof.message


def test_what_is_found_again_stays_claimed_and_is_told_as_such() -> None:
    original = rebuild(eighteen())
    every = claim_all(original, sorted(list_solutions(original)))
    best = claim_best(rebuild(knapsack()), (5, 2))
    assert proven_by_the_same_solver(look_again(eighteen(), every, Claim.ALL))
    assert proven_by_the_same_solver(look_again(knapsack(), best, Claim.BEST))
    assert proven_by_the_same_solver(look_again(pigeons(4), EMPTY, Claim.EMPTY))


def test_a_better_solution_is_found() -> None:
    proof = look_again(knapsack(), claim_best(rebuild(knapsack()), (4, 3)), Claim.BEST)
    assert proof is not None
    assert proof.better == {"x": 5, "y": 2}


def test_a_solution_refutes_a_wrong_infeasible() -> None:
    proof = look_again(eighteen(), EMPTY, Claim.EMPTY)
    assert proof is not None
    assert proof.better is not None


def test_a_solution_that_an_enumeration_misses_is_found() -> None:
    original = rebuild(eighteen())
    points = sorted(list_solutions(original))
    proof = look_again(eighteen(), claim_all(original, points[1:]), Claim.ALL)
    assert proof is not None
    assert proof.missing == (dict(zip("xyz", points[0], strict=True)),)


def test_objectives_of_doubles_are_optimised_once_more() -> None:
    model = cp_model.CpModel()
    x, y = model.new_int_var(0, 3, "x"), model.new_int_var(0, 3, "y")
    model.add(x + y <= 4)
    model.maximize(0.1 * x + 0.3 * y)
    original = rebuild(model)
    assert proven_by_the_same_solver(look_again(model, claim_best(original, (1, 3)), Claim.BEST))
    proof = look_again(model, claim_best(original, (2, 2)), Claim.BEST)
    assert proof is not None
    assert proof.better == {"x": 1, "y": 3}


def test_no_time_left_tells_nothing() -> None:
    checked = CpSatModel("model", pigeons(4))
    assert search_again(checked, rebuild(pigeons(4)), EMPTY, Claim.EMPTY, Clock(0.0)) is None
