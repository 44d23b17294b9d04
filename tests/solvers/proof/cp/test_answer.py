"""An answer on a CP-SAT model, as the runner has it proven."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from argmin.api.solve.proof import ProofLevel
from argmin_solvers.proof.cp import answer
from argmin_solvers.proof.cp.answer import prove_answer, prove_quickly
from argmin_solvers.proof.question import CpQuestion
from argmin_solvers.verify.cpsat import export_cpsat
from tests.solvers.proof.cp.models import list_solutions, rebuild
from tests.solvers.proof.cp.test_certify import claim_all, claim_best, eighteen, knapsack


@pytest.fixture
def question(tmp_path: Path) -> CpQuestion:
    model = knapsack()
    best = claim_best(rebuild(model), (5, 2))
    return CpQuestion(export_cpsat(model), best, False, 30.0, tmp_path)


def test_small_models_are_proven_in_the_same_process(question: CpQuestion) -> None:
    proven = prove_quickly(question, rebuild(knapsack()))
    assert proven == prove_answer(question)
    assert proven is not None
    assert (proven.level, proven.bound) == (ProofLevel.CERTIFIED, 15.0)
    assert proven.certificate is not None
    assert proven.certificate["statement"] == proven.message


def test_what_takes_longer_is_left_to_another_process(
    question: CpQuestion, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(answer, "QUICK_SECONDS", 0.0)
    assert prove_quickly(question, rebuild(knapsack())) is None
    assert prove_quickly(question, None) is None


def test_the_better_solution_and_the_missing_ones_are_corrections(question: CpQuestion) -> None:
    wrong = replace(question, solve=claim_best(rebuild(knapsack()), (4, 3)))
    proven = prove_answer(wrong)
    assert proven.correction is not None
    assert proven.correction.values == {"x": 5, "y": 2}
    original = rebuild(eighteen())
    few = claim_all(original, sorted(list_solutions(original))[2:])
    asked = replace(question, content=export_cpsat(eighteen()), solve=few, enumerated=True)
    proven = prove_answer(asked)
    assert proven.correction is not None
    assert len(proven.correction.missing) == 2
    assert proven.level is ProofLevel.CERTIFIED


def test_a_stopped_search_is_the_word_of_its_solver(question: CpQuestion) -> None:
    stopped = replace(question.solve, values=None)
    proven = prove_quickly(replace(question, solve=stopped), rebuild(knapsack()))
    assert proven is not None
    assert (proven.level, proven.by) == (ProofLevel.CLAIMED, "cp-sat")
