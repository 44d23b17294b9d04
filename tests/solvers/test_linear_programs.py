"""Linear programs that are stopped: what a solver holds then is a basis, and may be no solution."""

from __future__ import annotations

import random
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from argmin.api.answer import Outcome, Reason, RunReport, Sense
from argmin.api.run import RunDocument
from argmin.api.solve.solvers import SolverName
from argmin_solvers.adapters.points.feasibility import is_solution
from argmin_solvers.models.linear import LinearModel, build_linear
from argmin_solvers.process.interruption import Interruption
from argmin_solvers.runner import execute
from tests.solvers.matrices import by_columns
from tests.solvers.problems import MPS, StopOnceSeen, linear, solve

FIRST_ITERATION = {
    SolverName.CBC: r"^\d+ +Obj ",
    SolverName.GLPK: r"^ +\d+: obj = ",
    SolverName.HIGHS: r"^ +Iteration +Objective",
}
"""What each solver prints as it begins with a linear program."""


def covering(rows: int) -> LinearModel:
    """The cheapest of twice as many goods that meet all needs: of 4000, seconds of work."""
    chance = random.Random(7)
    columns = range(2 * rows)
    return build_linear(
        origin="covering",
        sense=Sense.MINIMIZE,
        offset=0,
        cost=[chance.randrange(1, 100) for _ in columns],
        bounds=([0.0] * len(columns), [1000.0] * len(columns)),
        integer=[False] * len(columns),
        column_names=[f"x{number}" for number in columns],
        row_bounds=([chance.randrange(100, 1000) for _ in range(rows)], [np.inf] * rows),
        row_names=[f"r{number}" for number in range(rows)],
        matrix=by_columns(
            [
                {column: chance.randrange(1, 100) for column in chance.sample(columns, 20)}
                for _ in range(rows)
            ],
            len(columns),
        ),
    )


def packing(rows: int) -> LinearModel:
    """The opposite: nothing is a solution, and each step of the primal simplex method keeps one."""
    model = covering(rows)
    return replace(
        model,
        sense=Sense.MAXIMIZE,
        row_lower=np.full(rows, -np.inf),
        row_upper=model.row_lower,
    )


def run_instance(name: str, solver: SolverName, **options: str) -> RunReport:
    path = str(MPS / f"{name}.mps")
    task = {"kind": "solve", "format": "mps", "path": path, "solver": solver, "options": options}
    document = RunDocument.model_validate({"name": name, "task": task})
    return execute(document, Interruption()).answer


@pytest.mark.parametrize("solver", [SolverName.CBC, SolverName.HIGHS])
def test_a_basis_at_the_time_limit_that_is_no_solution_is_not_told(
    solver: SolverName, tmp_path: Path
) -> None:
    result = solve(solver, covering(4000), tmp_path, seconds=1e-7)
    assert (result.outcome, result.reason) == (Outcome.UNKNOWN, Reason.TIME_LIMIT)
    assert result.values is None


@pytest.mark.parametrize(
    ("solver", "option"),
    [(SolverName.CBC, "maxIterations"), (SolverName.HIGHS, "simplex_iteration_limit")],
)
def test_a_basis_at_a_limit_of_the_solver_s_own_that_is_no_solution_is_not_told(
    solver: SolverName, option: str
) -> None:
    answer = run_instance("afiro", solver, presolve="off", **{option: "1"})
    assert (answer.solve.outcome, answer.reason) == (Outcome.UNKNOWN, Reason.SOLVER_STOPPED)
    assert answer.solve.objective is None


def test_a_relaxation_at_which_cbc_was_stopped_is_no_solution_of_the_integers() -> None:
    answer = run_instance("lseu", SolverName.CBC, maxIterations="1")
    assert (answer.solve.outcome, answer.reason) == (Outcome.UNKNOWN, Reason.SOLVER_STOPPED)


@pytest.mark.parametrize(
    ("solver", "options"),
    [
        (SolverName.GLPK, {"nopresol": "true"}),
        (SolverName.HIGHS, {"presolve": "off", "simplex_strategy": "4"}),
    ],
)
def test_a_basis_at_the_time_limit_that_is_a_solution_is_kept(
    solver: SolverName, options: dict[str, str], tmp_path: Path
) -> None:
    model = packing(4000)
    result = solve(solver, model, tmp_path, seconds=1.0, options=options)
    assert (result.outcome, result.reason) == (Outcome.FEASIBLE, Reason.TIME_LIMIT)
    assert result.values is not None
    assert is_solution(model, np.array([result.values[name] for name in model.column_names]))


@pytest.mark.parametrize("solver", FIRST_ITERATION)
def test_a_request_to_stop_ends_a_linear_program(
    solver: SolverName, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    stop = StopOnceSeen(capfd, FIRST_ITERATION[solver])
    result = solve(solver, covering(4000), tmp_path, stop)
    assert (result.outcome, result.reason) == (Outcome.UNKNOWN, Reason.INTERRUPTED)


TEXT = """\
Minimize
 x + y + n
Subject To
 a: x - y >= 1
 b: 0.5 x + n <= 90000000
Bounds
 x <= 1000000000
 y >= -5
Generals
 n
End
"""


@pytest.mark.parametrize(
    ("x", "y", "n", "holds"),
    [
        (1.0, 0.0, 0.0, True),
        (1.0, 5e-7, 1 + 5e-6, True),
        (1.0, 5e-6, 0.0, False),
        (1.0, -5.00001, 0.0, False),
        (1.0, 0.0, 2e-5, False),
        (float("nan"), 0.0, 0.0, False),
        (180000000.01, 0.0, 0.0, True),
        (180000000.1, 0.0, 0.0, False),
        (0.0, 0.0, -1.0, False),
    ],
)
def test_a_point_is_a_solution_within_the_tolerances_of_the_check(
    x: float, y: float, n: float, holds: bool, tmp_path: Path
) -> None:
    assert is_solution(linear(TEXT, tmp_path), np.array([x, y, n])) is holds
