"""Integers that are whole only within a solver's tolerance: settled, or told for what they are."""

from __future__ import annotations

from pathlib import Path
from threading import Event

import numpy as np
import pytest

from argmin.api.answer import Outcome, Reason
from argmin.api.solve.solvers import SolverName
from argmin_solvers.adapters.base import Ending, Finding, Settings
from argmin_solvers.adapters.outcome import solve_linear
from argmin_solvers.adapters.points import rounding
from argmin_solvers.models.linear import LinearModel
from tests.solvers.problems import linear, solve
from tests.solvers.test_linear_adapters import each_solver

TRICKLE = """\
Minimize
 obj: 1000 b + 0 x
Subject To
 c1: x - 10000000 b <= 0
 c2: x >= 5
Binaries
 b
End
"""
TRICKLE_OF_MANY = """\
Maximize
 obj: p - 1000 n + 3 q
Subject To
 cap: p - 20000000 n <= 0
 most: p <= 40
 pair: q - 10000000 b <= 0
 few: n + b <= 7
 low: q <= 2
Generals
 n
Binaries
 b
End
"""
NO_INTEGER = """\
Minimize
 obj: x + y
Subject To
 c: x + y >= 1
Bounds
 0.2 <= x <= 0.8
Generals
 x
End
"""
INDIVISIBLE = """\
Minimize
 obj: a - b
Subject To
 c: 6 a - 4 b = {side}
Bounds
 a free
 b free
Generals
 a b
End
"""
UNBOUNDED = """\
Maximize
 obj: x + y
Subject To
 c: x - y <= 0.5
Bounds
 y free
Generals
 x
End
"""


@each_solver
def test_an_equation_of_unbounded_integers_that_none_hold_ends_at_once(
    solver: SolverName, tmp_path: Path
) -> None:
    model = linear(INDIVISIBLE.format(side=1), tmp_path)
    result = solve(solver, model, tmp_path)
    assert result.outcome is Outcome.INFEASIBLE
    assert result.message == (
        "constraint c is of integers, and 2, which divides its coefficients, does not divide 1"
    )


@pytest.mark.parametrize(
    ("old", "new"), [("= 1", "= 2"), ("= 1", "<= 1"), ("a b\n", "a\n"), ("6 a", "6.5 a")]
)
def test_other_equations_are_searched(old: str, new: str, tmp_path: Path) -> None:
    text = INDIVISIBLE.format(side=1).replace(old, new)
    assert rounding.find_indivisible(linear(text, tmp_path)) is None


@each_solver
def test_a_binary_that_lets_a_big_coefficient_pass_is_paid_for(
    solver: SolverName, tmp_path: Path
) -> None:
    result = solve(solver, linear(TRICKLE, tmp_path), tmp_path)
    assert (result.outcome, result.objective) == (Outcome.OPTIMAL, 1000.0)
    assert result.values is not None
    assert result.values["b"] == 1.0


@each_solver
def test_many_integers_are_settled_one_after_the_other(solver: SolverName, tmp_path: Path) -> None:
    result = solve(solver, linear(TRICKLE_OF_MANY, tmp_path), tmp_path)
    assert result.outcome is Outcome.OPTIMAL
    assert result.objective == pytest.approx(6.0)


class Trickling:
    """A solver that takes every integer for 0, whatever it is given."""

    def __init__(self) -> None:
        self.searches = 0

    def search(self, model: LinearModel, _settings: Settings, _stop: Event) -> Finding:
        self.searches += 1
        values = np.where(model.integer, np.clip(0.0, model.lower, model.upper), 5.0)
        return Finding(Ending.PROVEN, values=values, claimed=model.objective_at(values))


def test_what_cannot_be_settled_is_told_as_a_big_coefficient(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rounding, "_MOST_SEARCHES", 1)
    solver = Trickling()
    result = solve_linear(solver, linear(TRICKLE, tmp_path), Settings(tmp_path), Event())
    assert (result.outcome, result.reason) == (Outcome.UNKNOWN, Reason.SOLVER_STOPPED)
    assert "c1" in result.message
    assert "up to 1e+07 (a big M)" in result.message
    assert solver.searches == 2


def test_a_solution_whose_integers_hold_is_searched_for_once(tmp_path: Path) -> None:
    solver = Trickling()
    model = linear(TRICKLE.replace("x - 10000000 b <= 0", "x + b <= 7"), tmp_path)
    result = solve_linear(solver, model, Settings(tmp_path), Event())
    assert (result.outcome, solver.searches) == (Outcome.OPTIMAL, 1)


@each_solver
def test_an_integer_without_an_integer_between_its_bounds_is_infeasible(
    solver: SolverName, tmp_path: Path
) -> None:
    result = solve(solver, linear(NO_INTEGER, tmp_path), tmp_path)
    assert result.outcome is Outcome.INFEASIBLE
    assert "variable x is integer, and no integer is between its bounds" in result.message


@each_solver
def test_an_unbounded_integer_program_is_unbounded(solver: SolverName, tmp_path: Path) -> None:
    assert solve(solver, linear(UNBOUNDED, tmp_path), tmp_path).outcome is Outcome.UNBOUNDED
