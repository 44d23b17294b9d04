"""Linear models and options at the edge of what solvers take: tiny, empty, stopped at once."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from argmin.api.answer import Outcome, Reason
from argmin.api.solve.solvers import SolverName
from argmin_solvers.models.linear import LinearModel
from argmin_solvers.models.readers import read_mps
from tests.solvers.problems import linear, mps, solve
from tests.solvers.test_linear_adapters import each_solver


def transport(folder: Path) -> LinearModel:
    """144 ways at about 20 each: 1778074.89 is optimal."""
    chance, ends = random.Random(1), range(12)
    supply = [chance.randint(20, 40) * 1000 for _ in ends]
    demand = [chance.randint(10, 20) * 1000 for _ in ends]
    cost = [[chance.randint(5, 99) + chance.random() for _ in ends] for _ in ends]
    terms = [f"{cost[i][j]:.6f} x{i}_{j}" for i in ends for j in ends]
    lines = ["Minimize", " obj: " + " + ".join(terms), "Subject To"]
    lines += [f" s{i}: {' + '.join(f'x{i}_{j}' for j in ends)} <= {supply[i]}" for i in ends]
    lines += [f" d{j}: {' + '.join(f'x{i}_{j}' for i in ends)} >= {demand[j]}" for j in ends]
    return linear("\n".join([*lines, "End"]), folder)


@pytest.mark.parametrize(
    "options",
    [{"solver": "pdlp"}, {"solver": "ipm", "run_crossover": "off"}],
    ids=["first-order", "interior"],
)
def test_a_method_of_highs_that_ends_near_the_optimum_proves_nothing(
    options: dict[str, str], tmp_path: Path
) -> None:
    result = solve(SolverName.HIGHS, transport(tmp_path), tmp_path, options=options)
    assert (result.outcome, result.reason) == (Outcome.FEASIBLE, Reason.SOLVER_STOPPED)
    assert result.objective == pytest.approx(1778074.89, rel=1e-6)
    assert result.best_bound is None
    assert "spec.solver.options" in result.message


@pytest.mark.parametrize("solver", ["simplex", "ipm"])
def test_a_method_of_highs_that_ends_at_a_vertex_proves_it(solver: str, tmp_path: Path) -> None:
    options = {"solver": solver}
    result = solve(SolverName.HIGHS, transport(tmp_path), tmp_path, options=options)
    assert (result.outcome, result.best_bound) == (Outcome.OPTIMAL, result.objective)


TINY = """\
Minimize
 x + y
Subject To
 c: 0.0000000001 x + 0.0000000001 y = 1
 d: x - y = 0
End
"""


@pytest.mark.parametrize("solver", [SolverName.CBC, SolverName.GLPK, SolverName.HIGHS])
def test_a_coefficient_below_a_billionth_is_not_dropped(solver: SolverName, tmp_path: Path) -> None:
    result = solve(solver, linear(TINY, tmp_path), tmp_path)
    assert result.outcome is Outcome.OPTIMAL
    assert result.values == pytest.approx({"x": 5e9, "y": 5e9})


@pytest.mark.parametrize(
    ("solver", "options"),
    [
        (SolverName.HIGHS, {"mip_max_nodes": "0"}),
        (SolverName.HIGHS, {"mip_max_leaves": "0"}),
        (SolverName.SCIP, {"limits/solutions": "0"}),
    ],
    ids=lambda part: next(iter(part)) if isinstance(part, dict) else part,
)
def test_a_limit_of_the_solvers_own_met_before_a_solution_leaves_the_answer_unknown(
    solver: SolverName, options: dict[str, str], tmp_path: Path
) -> None:
    result = solve(solver, mps("egout"), tmp_path, options=options)
    assert (result.outcome, result.reason) == (Outcome.UNKNOWN, Reason.SOLVER_STOPPED)
    assert result.message


@pytest.mark.parametrize(
    ("solver", "options", "reason"),
    [
        (SolverName.HIGHS, {"mip_max_leaves": "1"}, Reason.SOLVER_STOPPED),
        (SolverName.HIGHS, {"mip_max_improving_sols": "1"}, Reason.SOLUTION_LIMIT),
        (SolverName.SCIP, {"limits/primal": "2000"}, Reason.SOLVER_STOPPED),
        (SolverName.SCIP, {"limits/solutions": "1"}, Reason.SOLUTION_LIMIT),
    ],
    ids=lambda part: next(iter(part)) if isinstance(part, dict) else part,
)
def test_only_a_number_of_solutions_is_called_one(
    solver: SolverName, options: dict[str, str], reason: Reason, tmp_path: Path
) -> None:
    result = solve(solver, mps("lseu"), tmp_path, options=options)
    assert (result.outcome, result.reason) == (Outcome.FEASIBLE, reason)


def without_variables(folder: Path, row: str, side: str) -> LinearModel:
    """The constant 5 and, where `row` is not empty, one constraint of nothing."""
    path = folder / "model.mps"
    rhs = f" RHS c {side}\n" if row else ""
    path.write_text(f"NAME n\nROWS\n N o\n{row}COLUMNS\nRHS\n{rhs} RHS o -5\nENDATA\n")
    return read_mps(path).to_linear()


@each_solver
@pytest.mark.parametrize("row", ["", " G c\n"], ids=["no-row", "row"])
def test_a_model_without_variables_is_its_constant(
    solver: SolverName, row: str, tmp_path: Path
) -> None:
    result = solve(solver, without_variables(tmp_path, row, "-1"), tmp_path)
    assert (result.outcome, result.objective, result.values) == (Outcome.OPTIMAL, 5.0, {})


@each_solver
@pytest.mark.parametrize("kind", ["G", "E"])
def test_a_constraint_of_no_variables_that_nothing_satisfies_is_infeasible(
    solver: SolverName, kind: str, tmp_path: Path
) -> None:
    result = solve(solver, without_variables(tmp_path, f" {kind} c\n", "3.7"), tmp_path)
    assert (result.outcome, result.values) == (Outcome.INFEASIBLE, None)
