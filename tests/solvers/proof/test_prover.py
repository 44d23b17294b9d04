"""Answers are proven as well as they can be; wrong ones are refuted by better points."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from argmin.api.answer import Outcome, Sense
from argmin.api.solve.proof import ProofLevel
from argmin.api.solve.solvers import SolverName
from argmin_solvers.adapters.base import Basis, Ending, Finding, Settings
from argmin_solvers.models.linear import LinearModel
from argmin_solvers.proof.document import check_certificate
from argmin_solvers.proof.prover import certify_at_once, prove
from argmin_solvers.proof.second_solver import look_again
from argmin_solvers.verify.exact import ExactModel
from tests.solvers.proof.models import ask, build

FREE = (None, None)
BEST, WORSE = [1.0, 0.0, 1.0, 0.0], [1.0, 1.0, 0.0, 0.0]
"""Points of the knapsack."""


def knapsack() -> ExactModel:
    """Its relaxation reaches 55.6; with whole items the best is 49: the first and the third."""
    rows: list[tuple[list[int], None, int]] = [([7, 4, 5, 3], None, 13)]
    bounds = dict.fromkeys(range(4), (0, 1))
    return build([30, 18, 19, 11], rows, bounds, integers=range(4), sense=Sense.MAXIMIZE)


def mixture() -> ExactModel:
    """3 binaries and a continuous variable, whose cost is in no steps."""
    return build(
        [5, 7, 4, "0.3"],
        [([2, 3, 1, 1], "4.5", None), ([1, 1, 1, 0], None, 2)],
        {0: (0, 1), 1: (0, 1), 2: (0, 1), 3: (0, "1.2")},
        integers=[0, 1, 2],
    )


class Scripted:
    """A second solver that says what it is told to; nobody else is asked."""

    def __init__(self, *findings: Finding) -> None:
        self.findings = list(findings)
        self.asked: list[SolverName] = []

    def __call__(self, solver: SolverName, model: LinearModel, settings: Settings) -> Finding:
        self.asked.append(solver)
        return self.findings.pop(0) if self.findings else Finding(Ending.TIME_LIMIT)


def test_an_optimum_of_a_linear_program_is_certified_and_its_certificate_holds(
    tmp_path: Path,
) -> None:
    model = build([2, 1], [([2, 1], 10, None)], {1: (9, None)})
    proven = prove(ask(model, tmp_path, [0.5, 9.0]))
    assert (proven.level, proven.bound) == (ProofLevel.CERTIFIED, 10.0)
    assert proven.certificate is not None
    assert check_certificate(model, proven.certificate).holds


def test_a_wrong_optimum_of_a_linear_program_is_replaced_by_the_certified_one(
    tmp_path: Path,
) -> None:
    model = build([2, 1], [([2, 1], 10, None)], {1: (9, None)})
    proven = prove(ask(model, tmp_path, [3.0, 9.0]))
    assert proven.correction is not None
    assert (proven.level, proven.bound) == (ProofLevel.CERTIFIED, 10.0)
    assert model.assess([proven.correction.values])[0].objective == 10


def test_the_basis_of_the_answers_solver_certifies_without_a_solver(tmp_path: Path) -> None:
    model = build([2, 1], [([2, 1], 10, None)], {1: (9, None)})
    basis = Basis(columns=np.array([True, False]), rows=np.array([False]))
    proven = certify_at_once(ask(model, tmp_path, [0.5, 9.0], basis=basis))
    assert proven is not None
    assert proven.level is ProofLevel.CERTIFIED
    wrong = Basis(columns=np.array([False, False]), rows=np.array([True]))
    assert certify_at_once(ask(model, tmp_path, [0.5, 9.0], basis=wrong)) is None


def test_bounds_of_the_variables_certify_without_a_solver(tmp_path: Path) -> None:
    model = build([2, 1], [([1, 1], 0, None)], {0: (1, 3), 1: (2, 4)}, integers=[0])
    proven = certify_at_once(ask(model, tmp_path, [1.0, 2.0]))
    assert proven is not None
    assert proven.bound == 4.0
    crossing = build([1], [], {0: (2, 1)})
    proven = certify_at_once(ask(crossing, tmp_path, outcome=Outcome.INFEASIBLE))
    assert proven is not None
    assert proven.by == "bounds of the variables"
    assert certify_at_once(ask(model, tmp_path, outcome=Outcome.INFEASIBLE)) is None


def test_a_model_with_integers_is_certified_where_its_relaxation_settles_it(
    tmp_path: Path,
) -> None:
    model = build([3, 4], [([1, 1], "1.5", None)], integers=[0, 1])
    proven = prove(ask(model, tmp_path, [2.0, 0.0]))  # 4.5 is raised to 5, then to 6 by no step
    assert proven.level is not ProofLevel.CLAIMED
    flow = build([1, 2], [([1, 1], 3, None)], {0: (0, 2), 1: (0, 5)}, integers=[0, 1])
    assert prove(ask(flow, tmp_path, [2.0, 1.0])).level is ProofLevel.CERTIFIED


def test_an_optimum_beyond_the_relaxation_is_cross_checked_by_another_family(
    tmp_path: Path,
) -> None:
    proven = prove(ask(knapsack(), tmp_path, BEST))
    assert (proven.level, proven.by) == (ProofLevel.CROSS_CHECKED, "scip")
    proven = prove(ask(knapsack(), tmp_path, BEST, solver=SolverName.SCIP))
    assert (proven.level, proven.by) == (ProofLevel.CROSS_CHECKED, "highs")


@pytest.mark.parametrize("solver", [SolverName.HIGHS, SolverName.SCIP, SolverName.CBC])
def test_a_worse_point_called_optimal_is_replaced_by_the_best(
    tmp_path: Path, solver: SolverName
) -> None:
    proven = prove(ask(knapsack(), tmp_path, WORSE, solver=solver))
    assert proven.correction is not None
    assert proven.level is ProofLevel.CROSS_CHECKED
    assert knapsack().assess([proven.correction.values])[0].objective == 49


def test_the_better_point_is_not_confirmed_by_the_family_that_was_refuted(tmp_path: Path) -> None:
    best = Finding(Ending.PROVEN, values=np.array(BEST))
    second = Scripted(best, Finding(Ending.INFEASIBLE))
    proven = prove(ask(knapsack(), tmp_path, WORSE), second)
    assert second.asked[0] is SolverName.SCIP
    assert not {SolverName.HIGHS, SolverName.SCIPY} & set(second.asked)
    assert proven.level is ProofLevel.CROSS_CHECKED


def test_an_infeasible_linear_program_is_certified_by_multipliers(tmp_path: Path) -> None:
    model = build([1, 1], [([1, 1], 3, None), ([1, -1], 0, 0), ([1, 0], None, 1)])
    proven = prove(ask(model, tmp_path, outcome=Outcome.INFEASIBLE))
    assert proven.level is ProofLevel.CERTIFIED
    assert proven.certificate is not None
    assert check_certificate(model, proven.certificate).holds


def test_infeasible_by_divisibility_is_certified_and_by_a_search_cross_checked(
    tmp_path: Path,
) -> None:
    odd = build([1, 1], [([2, 4], 7, 7)], {0: (-9, 9), 1: (-9, 9)}, integers=[0, 1])
    assert prove(ask(odd, tmp_path, outcome=Outcome.INFEASIBLE)).by == "divisibility"
    between = build([1, 1], [([3, 2], "0.5", "1.5")], integers=[0, 1])
    proven = prove(ask(between, tmp_path, outcome=Outcome.INFEASIBLE))
    assert proven.level is ProofLevel.CROSS_CHECKED


@pytest.mark.parametrize("integers", [[], [0, 1]], ids=["continuous", "integer"])
def test_a_feasible_model_called_infeasible_gets_its_optimum(
    tmp_path: Path, integers: list[int]
) -> None:
    model = build([1, 2], [([1, 1], 3, None)], {0: (0, 2), 1: (0, 5)}, integers=integers)
    proven = prove(ask(model, tmp_path, outcome=Outcome.INFEASIBLE))
    assert proven.correction is not None
    assert proven.level is ProofLevel.CERTIFIED
    assert model.assess([proven.correction.values])[0].objective == 4


@pytest.mark.parametrize("integers", [[], [0, 1]], ids=["continuous", "integer"])
def test_an_unbounded_model_is_certified_by_a_ray_and_a_point(
    tmp_path: Path, integers: list[int]
) -> None:
    rows = [([1, -1], None, "0.5")]
    model = build([1, 1], rows, {1: FREE}, integers=integers, sense=Sense.MAXIMIZE)
    proven = prove(ask(model, tmp_path, outcome=Outcome.UNBOUNDED))
    assert proven.level is ProofLevel.CERTIFIED
    assert proven.certificate is not None
    assert check_certificate(model, proven.certificate).holds


def test_a_bounded_model_called_unbounded_gets_its_optimum(tmp_path: Path) -> None:
    model = build([1, 1], [([1, 2], None, 4)], sense=Sense.MAXIMIZE)
    proven = prove(ask(model, tmp_path, outcome=Outcome.UNBOUNDED))
    assert proven.correction is not None
    assert model.assess([proven.correction.values])[0].objective == 4


def test_where_no_second_solver_ends_in_time_the_answer_is_claimed(tmp_path: Path) -> None:
    proven = prove(ask(knapsack(), tmp_path, BEST), Scripted())
    assert proven.level is ProofLevel.CLAIMED
    assert "word of highs alone" in proven.message


def test_a_contradiction_that_no_point_settles_is_told_as_one(tmp_path: Path) -> None:
    better = Finding(Ending.PROVEN, claimed=4.0, bound=4.0)
    point = [1.0, 0.0, 1.0, 1.2]
    proven = prove(ask(mixture(), tmp_path, point, solver=SolverName.SCIP), Scripted(better))
    assert proven.level is ProofLevel.CLAIMED
    assert proven.disagreement is not None
    assert "4.0 is the optimum" in proven.disagreement


def test_a_point_of_a_second_solver_that_violates_the_model_refutes_nothing(
    tmp_path: Path,
) -> None:
    wrong = Finding(Ending.PROVEN, values=np.array([1.0, 1.0, 1.0, 1.0]), claimed=78.0)
    look = look_again(ask(knapsack(), tmp_path, BEST), SolverName.SCIP, 1.0, Scripted(wrong))
    assert look.correction is None
    assert not look.confirms


@pytest.mark.parametrize(
    ("outcome", "ending", "confirms", "contradicts"),
    [
        (Outcome.UNBOUNDED, Ending.INFEASIBLE, False, True),
        (Outcome.UNBOUNDED, Ending.DUAL_INFEASIBLE, False, False),
        (Outcome.UNBOUNDED, Ending.UNBOUNDED, True, False),
        (Outcome.INFEASIBLE, Ending.DUAL_INFEASIBLE, False, False),
        (Outcome.OPTIMAL, Ending.DUAL_INFEASIBLE, False, False),
        (Outcome.OPTIMAL, Ending.UNBOUNDED, False, True),
    ],
)
def test_what_a_second_solver_ends_with_confirms_no_more_than_it_says(
    tmp_path: Path, outcome: Outcome, ending: Ending, confirms: bool, contradicts: bool
) -> None:
    values = BEST if outcome is Outcome.OPTIMAL else None
    question = ask(knapsack(), tmp_path, values, outcome=outcome)
    look = look_again(question, SolverName.SCIP, 1.0, Scripted(Finding(ending)))
    assert (look.confirms, look.contradicts) == (confirms, contradicts)


def test_a_bound_in_doubles_is_not_raised_by_what_it_was_rounded_by(tmp_path: Path) -> None:
    model = build([1], [], {0: (0, 9)}, integers=[0])
    question = ask(model, tmp_path, [5.0])
    for bound, confirms in ((4.000001, False), (4.5, True), (5.0, True)):
        finding = Finding(Ending.TIME_LIMIT, bound=bound)
        look = look_again(question, SolverName.SCIP, 1.0, Scripted(finding))
        assert look.confirms is confirms


def test_only_a_certificate_is_looked_for_where_that_is_asked(tmp_path: Path) -> None:
    second = Scripted(Finding(Ending.INFEASIBLE))
    question = ask(knapsack(), tmp_path, BEST, level=ProofLevel.CERTIFIED)
    assert prove(question, second).level is ProofLevel.CLAIMED
    assert second.asked == []


def test_a_second_solver_of_the_same_family_is_not_asked(tmp_path: Path) -> None:
    second = Scripted(Finding(Ending.INFEASIBLE))
    question = ask(knapsack(), tmp_path, BEST, second=SolverName.SCIPY)
    proven = prove(question, second)
    assert "same family" in proven.message
    assert second.asked == []


def test_a_second_solver_that_takes_no_linear_model_is_told_and_not_asked(tmp_path: Path) -> None:
    second = Scripted(Finding(Ending.INFEASIBLE))
    question = ask(knapsack(), tmp_path, BEST, second=SolverName.CP_SAT)
    proven = prove(question, second)
    assert "spec.proof.solver: cp-sat takes no linear model" in proven.message
    assert second.asked == []
