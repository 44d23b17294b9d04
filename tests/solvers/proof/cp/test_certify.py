"""What a solve claims is certified by a complete search, or refuted by a solution."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from random import Random

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from ortools.sat.python import cp_model

from argmin.api.answer import Outcome, Reason, Sense
from argmin.api.solve.proof import ProofLevel
from argmin_solvers.adapters.base import Solution, Solve
from argmin_solvers.models.cpsat_model import CpSatModel
from argmin_solvers.models.python_function import call_function
from argmin_solvers.proof.cp import CpProof, prove_cp
from argmin_solvers.verify.cpsat import CpSatOriginal
from tests.solvers.proof.cp.models import KINDS, draft_model, list_solutions, rebuild
from tests.solvers.proof.cp.test_search import boxes_of_which_cp_sat_misses_some_places
from tests.solvers.verify.test_cpsat_constraints import solutions_of

NURSES = Path(__file__).parents[4] / "examples" / "nurses" / "model.py"


def name(original: CpSatOriginal, point: tuple[int, ...]) -> Solution:
    return dict(zip(original.names, point, strict=True))


def claim_best(original: CpSatOriginal, point: tuple[int, ...]) -> Solve:
    values = name(original, point)
    found = original.assess([values])[0].objective
    assert found is not None
    return Solve(
        Outcome.OPTIMAL,
        Reason.OPTIMAL,
        "proven optimal",
        sense=original.sense,
        objective=float(found),
        best_bound=float(found),
        values=values,
    )


def claim_all(original: CpSatOriginal, points: list[tuple[int, ...]]) -> Solve:
    pool = tuple(name(original, point) for point in points)
    return Solve(
        Outcome.OPTIMAL, Reason.OPTIMAL, "", values=pool[-1], pool=pool, solutions=len(pool)
    )


EMPTY = Solve(Outcome.INFEASIBLE, Reason.INFEASIBLE, "no solution", solutions=0)


def prove(model: cp_model.CpModel, solve: Solve, *, enumerated: bool = False) -> CpProof:
    checked = CpSatModel("model", model)
    return prove_cp(checked, rebuild(model), solve, enumerated=enumerated, seconds=30.0)


def eighteen() -> cp_model.CpModel:
    model = cp_model.CpModel()
    x, y, _ = (model.new_int_var(0, 2, name) for name in "xyz")
    model.add(x != y)
    return model


def knapsack() -> cp_model.CpModel:
    model = cp_model.CpModel()
    x, y = model.new_int_var(0, 5, "x"), model.new_int_var(0, 5, "y")
    model.add(x + y <= 7)
    model.maximize(2 * x + y + 3)
    return model


def pigeons(count: int) -> cp_model.CpModel:
    model = cp_model.CpModel()
    model.add_all_different([model.new_int_var(1, count - 1, f"at{i}") for i in range(count)])
    return model


def test_all_solutions_are_certified() -> None:
    model = eighteen()
    points = sorted(list_solutions(rebuild(model)))
    proof = prove(model, claim_all(rebuild(model), points), enumerated=True)
    assert (proof.level, proof.by) == (ProofLevel.CERTIFIED, "complete search")
    assert (proof.solutions, proof.refutes) == (18, False)
    assert proof.certificate is not None
    assert proof.certificate["solutions"] == 18


def test_a_missing_solution_is_found() -> None:
    model = eighteen()
    points = sorted(list_solutions(rebuild(model)))
    solve = claim_all(rebuild(model), points[:7] + points[8:])
    proof = prove(model, solve, enumerated=True)
    assert proof.refutes
    assert proof.better == name(rebuild(model), points[7])
    assert proof.missing == (proof.better,)
    assert (proof.level, proof.solutions) == (ProofLevel.CERTIFIED, 18)
    assert "all 17 solutions" in proof.message


def test_solutions_that_were_counted_and_not_kept_are_counted_again() -> None:
    model = eighteen()
    points = sorted(list_solutions(rebuild(model)))
    solve = claim_all(rebuild(model), points[:5])
    assert prove(model, replace(solve, solutions=18), enumerated=True).solutions == 18
    wrong = prove(model, replace(solve, solutions=19), enumerated=True)
    assert (wrong.solutions, wrong.better, wrong.refutes) == (18, None, True)
    assert (wrong.level, wrong.disagreement) == (
        ProofLevel.CLAIMED,
        "argmin's own search of all points found 18",
    )
    assert "all 19 solutions" in wrong.message


def test_what_cp_sat_misses_of_an_enumeration_is_told() -> None:
    model = boxes_of_which_cp_sat_misses_some_places()
    found = sorted(solutions_of(model))
    proof = prove(model, claim_all(rebuild(model), found), enumerated=True)
    assert (proof.level, proof.solutions) == (ProofLevel.CERTIFIED, 20)
    assert len(found) + len(proof.missing) == 20


def test_every_roster_of_the_nurses_is_certified() -> None:
    model = call_function(NURSES, "build")
    original = rebuild(model)
    points = sorted(solutions_of(model))
    proof = prove(model, claim_all(original, points), enumerated=True)
    assert (proof.level, proof.solutions) == (ProofLevel.CERTIFIED, 5184)


def test_the_best_is_certified_with_its_bound() -> None:
    model = knapsack()
    proof = prove(model, claim_best(rebuild(model), (5, 2)))
    assert (proof.level, proof.bound, proof.better) == (ProofLevel.CERTIFIED, Fraction(15), None)


def test_a_worse_value_that_is_called_optimal_is_refuted_by_the_best() -> None:
    model = knapsack()
    proof = prove(model, claim_best(rebuild(model), (4, 3)))
    assert (proof.level, proof.bound) == (ProofLevel.CERTIFIED, Fraction(15))
    assert proof.better == {"x": 5, "y": 2}


def test_infeasible_is_certified() -> None:
    proof = prove(pigeons(6), EMPTY)
    assert (proof.level, proof.better) == (ProofLevel.CERTIFIED, None)
    assert proof.certificate is not None


def test_a_wrong_infeasible_is_refuted_with_and_without_an_objective() -> None:
    proof = prove(knapsack(), EMPTY)
    assert (proof.bound, proof.better) == (Fraction(15), {"x": 5, "y": 2})
    proof = prove(eighteen(), EMPTY)
    assert proof.better is not None
    assert proof.better["x"] != proof.better["y"]


def test_a_solution_without_an_objective_needs_no_other_proof() -> None:
    model = eighteen()
    solve = replace(claim_all(rebuild(model), [(0, 1, 2)]), pool=(), solutions=1)
    assert prove(model, solve).level is ProofLevel.CERTIFIED
    wrong = replace(solve, values={"x": 1, "y": 1, "z": 0})
    assert prove(model, wrong).level is ProofLevel.CLAIMED


def test_what_was_stopped_claims_nothing() -> None:
    model = knapsack()
    stopped = replace(claim_best(rebuild(model), (4, 3)), outcome=Outcome.FEASIBLE)
    proof = prove(model, stopped)
    assert (proof.level, proof.by, proof.better) == (ProofLevel.CLAIMED, None, None)


def test_objectives_of_doubles_are_proven_exactly() -> None:
    model = cp_model.CpModel()
    x, y = model.new_int_var(0, 3, "x"), model.new_int_var(0, 3, "y")
    model.add(x + y <= 4)
    model.maximize(0.1 * x + 0.3 * y - 0.5)
    proof = prove(model, claim_best(rebuild(model), (1, 3)))
    exact = Fraction(0.1) + 3 * Fraction(0.3) - Fraction(0.5)
    assert (proof.level, proof.bound) == (ProofLevel.CERTIFIED, exact)


def test_what_solvers_leave_open_refutes_no_optimum_and_counts_in_the_bound() -> None:
    model = cp_model.CpModel()
    x, y = model.new_bool_var("x"), model.new_bool_var("y")
    model.maximize(1000.0 * x + 1e-7 * y)
    proof = prove(model, claim_best(rebuild(model), (1, 0)))
    assert proof.better is None
    assert (proof.level, proof.bound) == (ProofLevel.CERTIFIED, 1000 + Fraction(1e-7))


@settings(deadline=None, max_examples=20, suppress_health_check=[HealthCheck.too_slow])
@given(st.randoms(use_true_random=False), st.lists(st.sampled_from(sorted(KINDS)), max_size=3))
def test_every_point_that_is_called_the_best_is_judged_rightly(
    chance: Random, kinds: list[str]
) -> None:
    model = draft_model(chance, kinds, objective=True)
    original = rebuild(model)
    points = sorted(list_solutions(original))
    proof = prove(model, EMPTY)
    assert proof.level is ProofLevel.CERTIFIED
    assert proof.refutes == bool(points)
    if not points:
        return
    found = original.assess([name(original, point) for point in points])
    values = [Fraction(one.objective or 0) for one in found]
    best = max(values) if original.sense is Sense.MAXIMIZE else min(values)
    assert proof.bound == best
    at = chance.randrange(len(points))
    proof = prove(model, claim_best(original, points[at]))
    assert (proof.bound, proof.refutes) == (best, values[at] != best)
