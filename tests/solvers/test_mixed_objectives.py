"""Small costs beside large ones, which the absolute tolerances of solvers would not see."""

from __future__ import annotations

from pathlib import Path

import pytest

from argmin.api.answer import Outcome, Reason
from argmin.api.solve.solvers import SolverName
from argmin_solvers.adapters.scaling import find_exponent
from tests.solvers.problems import linear
from tests.solvers.test_small_objectives import each_solver, run

TRANSPORT = """\
Minimize
 cost: {costs} + 5 z
Subject To
 s1: a + b <= 1000000000
 s2: c + d <= 1000000000
 d1: a + c = 900000000
 d2: b + d = 900000000
 e: z + a >= {least}
{end}End
"""
COSTS = "4e-8 a + 1e-8 b + 1e-8 c + 4e-8 d"
ENDLESS = """\
Minimize
 cost: - 4e-8 x + 1e-8 y + 5 z
Subject To
 c: x - y = 0
 e: z + x >= 1
End
"""


@each_solver
@pytest.mark.parametrize(("least", "optimum"), [(0, 18), (1000000, 18.03)])
def test_small_costs_decide_beside_a_large_one(
    solver: SolverName, least: int, optimum: float, tmp_path: Path
) -> None:
    answer = run(TRANSPORT.format(costs=COSTS, least=least, end=""), solver, tmp_path)
    assert answer.solve.outcome is Outcome.OPTIMAL
    assert float(answer.solve.objective or "nan") == pytest.approx(optimum, rel=1e-9)
    assert answer.solve.verification is not None
    assert answer.solve.verification.verified


@each_solver
def test_small_costs_decide_beside_a_large_one_also_in_whole_numbers(
    solver: SolverName, tmp_path: Path
) -> None:
    text = TRANSPORT.format(costs=COSTS, least=0, end="Generals\n a b c d\n")
    answer = run(text, solver, tmp_path)
    assert answer.solve.outcome is Outcome.OPTIMAL
    assert float(answer.solve.objective or "nan") == pytest.approx(18, rel=1e-9)


@each_solver
def test_what_improves_slowly_and_without_end_has_no_optimum(
    solver: SolverName, tmp_path: Path
) -> None:
    answer = run(ENDLESS, solver, tmp_path)
    assert answer.solve.outcome is Outcome.UNBOUNDED


@each_solver
def test_costs_too_far_apart_prove_nothing(solver: SolverName, tmp_path: Path) -> None:
    text = TRANSPORT.format(costs=COSTS, least=0, end="").replace("5 z", "1e9 z")
    answer = run(text, solver, tmp_path)
    assert (answer.solve.outcome, answer.reason) == (Outcome.FEASIBLE, Reason.SOLVER_STOPPED)
    assert "from 1e-08 to 1e+09" in (answer.message or "")


def test_a_cost_that_cannot_move_the_objective_is_none_to_care_for(tmp_path: Path) -> None:
    costs, bounds = "5 z + 5e-17 x + 1e-7 y", "bounds\n y <= 1"
    text = f"min\n {costs}\nst\n x + y + z >= 1\n{bounds}\nend\n"
    assert find_exponent(linear(text, tmp_path)) == 0
