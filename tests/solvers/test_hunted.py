"""Small models that the hunt came to, and at which something was told wrongly or not at all."""

from __future__ import annotations

from pathlib import Path

from argmin.api.answer import Outcome
from argmin.api.solve.solvers import SolverName
from tests.solvers.problems import linear, solve

UNBOUNDED_WITH_INTEGERS = """\
Minimize
 obj: - 18 y
Subject To
 r: - 3 x <= -21
Bounds
 0 <= y <= +inf
Generals
 x
End
"""
"""CBC's log says "Problem is infeasible", and its file the same."""

INFEASIBLE_WITH_INTEGERS = """\
Minimize
 obj: x
Subject To
 c: x + y >= 3
 d: x + y <= 2
Generals
 x
End
"""


def test_cbc_is_asked_again_where_it_calls_an_unbounded_model_infeasible(tmp_path: Path) -> None:
    model = linear(UNBOUNDED_WITH_INTEGERS, tmp_path)
    assert solve(SolverName.CBC, model, tmp_path).outcome is Outcome.UNBOUNDED


def test_cbc_is_believed_where_it_says_so_without_an_objective(tmp_path: Path) -> None:
    model = linear(INFEASIBLE_WITH_INTEGERS, tmp_path)
    assert solve(SolverName.CBC, model, tmp_path).outcome is Outcome.INFEASIBLE
