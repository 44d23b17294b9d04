"""Models that releases of solvers got wrong: those that are shipped get them right."""

from __future__ import annotations

from pathlib import Path

import pytest

from argmin.api.answer import Outcome
from argmin.api.solve.solvers import SolverName
from tests.solvers.problems import linear, solve
from tests.solvers.test_linear_adapters import each_solver
from tests.solvers.wrong_answers import BY_PRESOLVE, CALLED_INFEASIBLE, Case


@each_solver
@pytest.mark.parametrize("case", [*BY_PRESOLVE, CALLED_INFEASIBLE], ids=lambda case: case.told)
def test_what_was_answered_wrongly_is_right(solver: SolverName, case: Case, tmp_path: Path) -> None:
    result = solve(solver, linear(case.text, tmp_path), tmp_path)
    assert result.outcome is Outcome.OPTIMAL
    assert result.objective == pytest.approx(case.optimum, rel=1e-6)


def test_scipys_presolve_is_the_users_own_risk_and_is_told_to_be(tmp_path: Path) -> None:
    model = linear(CALLED_INFEASIBLE.text, tmp_path)
    result = solve(SolverName.SCIPY, model, tmp_path, options={"presolve": "true"})
    assert "presolve of SciPy's HiGHS, which is known to make wrong answers" in result.message
