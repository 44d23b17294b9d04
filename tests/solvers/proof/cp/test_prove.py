"""Who is asked after whom, and what becomes of an answer that is refuted."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest

from argmin.api.solve.proof import ProofLevel
from argmin_solvers.models.cpsat_model import CpSatModel
from argmin_solvers.proof.cp import CpProof, prove, prove_cp
from argmin_solvers.proof.cp.certify import certify
from argmin_solvers.proof.question import Wish
from tests.solvers.proof.cp.models import list_solutions, rebuild
from tests.solvers.proof.cp.test_certify import (
    EMPTY,
    claim_all,
    claim_best,
    eighteen,
    knapsack,
    pigeons,
)
from tests.solvers.proof.cp.test_certify import prove as prove_answer
from tests.solvers.proof.cp.test_search import boxes_of_which_cp_sat_misses_some_places


@pytest.fixture(autouse=True)
def give_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither argmin's own search nor the linear model come to an end."""
    monkeypatch.setattr(prove, "certify", lambda *_: None)
    monkeypatch.setattr(prove, "cross_check", lambda *_, **__: None)


def test_the_last_that_is_asked_is_cp_sat_again() -> None:
    proof = prove_answer(pigeons(4), EMPTY)
    assert (proof.level, proof.better) == (ProofLevel.CLAIMED, None)
    assert "same solver's word" in proof.message


def test_a_better_solution_is_told_even_where_nothing_proves_it() -> None:
    proof = prove_answer(knapsack(), claim_best(rebuild(knapsack()), (4, 3)))
    assert (proof.level, proof.better) == (ProofLevel.CLAIMED, {"x": 5, "y": 2})


def test_a_better_solution_is_proven_in_its_turn(monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[Any] = []

    def come_to_an_end_the_second_time(*given: Any) -> CpProof | None:
        calls.append(given)
        return certify(*given) if len(calls) > 1 else None

    monkeypatch.setattr(prove, "certify", come_to_an_end_the_second_time)
    proof = prove_answer(knapsack(), claim_best(rebuild(knapsack()), (4, 3)))
    assert (proof.level, proof.bound) == (ProofLevel.CERTIFIED, Fraction(15))
    assert proof.better == {"x": 5, "y": 2}
    assert "found a better solution" in proof.message


def test_a_solution_of_what_was_called_infeasible_needs_no_other_proof() -> None:
    proof = prove_answer(eighteen(), EMPTY)
    assert proof.level is ProofLevel.CERTIFIED
    assert proof.better is not None


def test_a_contradiction_is_told_unless_a_solution_shows_who_is_right(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    against = CpProof(ProofLevel.CLAIMED, "", disagreement="scip says that 16 is the optimum")
    monkeypatch.setattr(prove, "cross_check", lambda *_, **__: against)
    right = prove_answer(knapsack(), claim_best(rebuild(knapsack()), (5, 2)))
    assert right.disagreement == "scip says that 16 is the optimum"
    wrong = prove_answer(knapsack(), claim_best(rebuild(knapsack()), (4, 3)))
    assert (wrong.better, wrong.level) == ({"x": 5, "y": 2}, ProofLevel.CLAIMED)


def test_an_enumeration_of_a_kind_that_cp_sat_gets_wrong_is_not_believed() -> None:
    model = boxes_of_which_cp_sat_misses_some_places()
    solve = claim_all(rebuild(model), sorted(list_solutions(rebuild(model)))[:12])
    proof = prove_answer(model, solve, enumerated=True)
    assert (proof.level, proof.better) == (ProofLevel.CLAIMED, None)
    assert proof.disagreement is not None
    assert "optional boxes" in proof.disagreement


def test_who_asks_for_a_certificate_alone_gets_no_second_search() -> None:
    model = pigeons(4)
    proof = prove_cp(
        CpSatModel("model", model),
        rebuild(model),
        EMPTY,
        enumerated=False,
        seconds=30.0,
        wish=Wish(ProofLevel.CERTIFIED),
    )
    assert (proof.level, proof.by) == (ProofLevel.CLAIMED, None)
    assert "no second search asked for" in proof.message
