"""Objectives of very small numbers: the tolerances of solvers are absolute, answers are not."""

from __future__ import annotations

import io
import random
from functools import cache
from pathlib import Path
from threading import Event

import numpy as np
import pyomo.environ as pyo
import pytest
from ortools.sat.python import cp_model
from pyomo.repn.plugins.nl_writer import NLWriter
from scipy.optimize import linprog

from argmin.api.answer import Outcome, Reason, RunReport, Sense
from argmin.api.run import RunDocument
from argmin.api.solve.solvers import SolverName
from argmin_solvers.adapters import load_adapter
from argmin_solvers.adapters.base import Ending, Finding, Settings
from argmin_solvers.adapters.scaling import find_exponent, search_scaled
from argmin_solvers.models.linear import LinearModel
from argmin_solvers.models.readers.nl import parse_nl
from argmin_solvers.process.interruption import Interruption
from argmin_solvers.progress.sink import ProgressSink
from argmin_solvers.runner import execute
from tests.solvers.problems import linear, solve
from tests.solvers.test_cpsat import solve_cpsat

LINEAR = [name for name in SolverName if LinearModel in load_adapter(name).takes]
each_solver = pytest.mark.parametrize("solver", LINEAR)
each_exponent = pytest.mark.parametrize("exponent", [-8, -7])

ITEMS, ROWS = 20, 3


@cache
def numbers() -> tuple[list[int], list[list[int]]]:
    """Profits of three digits, and weights of each row."""
    chance = random.Random(2)
    profits = [chance.randrange(100, 1000) for _ in range(ITEMS)]
    return profits, [[chance.randrange(10, 100) for _ in range(ITEMS)] for _ in range(ROWS)]


@cache
def best_profit() -> int:
    """The best of all 2**20 choices."""
    profits, weights = numbers()
    choices = (np.arange(2**ITEMS)[:, None] >> np.arange(ITEMS)) & 1
    fits = np.all(choices @ np.array(weights).T <= [sum(row) // 2 for row in weights], axis=1)
    return int((choices[fits] @ np.array(profits)).max())


def knapsack(exponent: int, *, binary: bool = True, sense: str = "Maximize") -> str:
    """A knapsack of three rows; each profit has the given exponent: 5.17e-8."""
    profits, weights = numbers()
    sign = "" if sense == "Maximize" else "- "
    lines = [sense, " obj: " + " + ".join(_term(p, exponent, i) for i, p in enumerate(profits))]
    if sign:
        lines[1] = lines[1].replace("obj: ", "obj: - ").replace(" + ", " - ")
    lines.append("Subject To")
    for row in weights:
        terms = " + ".join(f"{weight} x{i}" for i, weight in enumerate(row))
        lines.append(f" {terms} <= {sum(row) // 2}")
    names = " ".join(f"x{i}" for i in range(ITEMS))
    bounds = [f" x{i} <= 1" for i in range(ITEMS)]
    lines += ["Binaries", f" {names}"] if binary else ["Bounds", *bounds]
    return "\n".join([*lines, "End", ""])


def _term(profit: int, exponent: int, number: int) -> str:
    return f"{profit // 100}.{profit % 100:02d}e{exponent} x{number}"


def run(text: str, solver: SolverName, folder: Path, **more: object) -> RunReport:
    """The answer of the whole runner, check included."""
    path = folder / "model.lp"
    path.write_text(text)
    options = more.pop("options", {})
    model = {"format": "lp", "path": str(path), "solver": solver, "options": options}
    task = {"kind": "solve", **model}
    document = {"name": "small", "root": str(folder), "task": task, **more}
    return execute(RunDocument.model_validate(document), Interruption()).answer


@each_solver
@each_exponent
def test_a_small_objective_is_solved_to_its_optimum(
    solver: SolverName, exponent: int, tmp_path: Path
) -> None:
    answer = run(knapsack(exponent), solver, tmp_path)
    assert answer.solve.outcome is Outcome.OPTIMAL
    assert float(answer.solve.objective or "nan") == pytest.approx(
        best_profit() * 10.0 ** (exponent - 2), rel=1e-9
    )
    assert float(answer.solve.gap or "nan") <= 1e-6
    assert answer.solve.verification is not None
    assert answer.solve.verification.verified


def cpsat_knapsack(exponent: int) -> cp_model.CpModel:
    """The same knapsack; CP-SAT is given its profits as doubles."""
    profits, weights = numbers()
    model = cp_model.CpModel()
    chosen = [model.new_bool_var(f"x{i}") for i in range(ITEMS)]
    for row in weights:
        model.add(cp_model.LinearExpr.weighted_sum(chosen, row) <= sum(row) // 2)
    exact = [float(f"{profit}e{exponent - 2}") for profit in profits]
    model.maximize(cp_model.LinearExpr.weighted_sum(chosen, exact))
    return model


@pytest.mark.parametrize("exponent", [-10, -8, -6, -4])
def test_cpsat_solves_a_small_objective_to_its_optimum(exponent: int, tmp_path: Path) -> None:
    result = solve_cpsat(cpsat_knapsack(exponent), tmp_path)
    assert (result.outcome, result.reason) == (Outcome.OPTIMAL, Reason.OPTIMAL)
    assert result.objective == pytest.approx(best_profit() * 10.0 ** (exponent - 2), rel=1e-9)


def relaxed_profit() -> float:
    """The best of the fractional choices, of profits as large as solvers expect them."""
    profits, weights = numbers()
    room = [sum(row) // 2 for row in weights]
    found = linprog([-profit for profit in profits], A_ub=weights, b_ub=room, bounds=(0, 1))
    return -float(found.fun)


@each_solver
@each_exponent
def test_a_linear_program_with_a_small_objective_is_solved_to_its_optimum(
    solver: SolverName, exponent: int, tmp_path: Path
) -> None:
    answer = run(knapsack(exponent, binary=False), solver, tmp_path)
    assert (
        answer.solve.outcome,
        answer.solve.verification and answer.solve.verification.verified,
    ) == (
        Outcome.OPTIMAL,
        True,
    )
    expected = relaxed_profit() * 10.0 ** (exponent - 2)
    assert float(answer.solve.objective or "nan") == pytest.approx(expected, rel=1e-6)


@each_exponent
def test_ipopt_solves_a_linear_program_with_a_small_objective(
    exponent: int, tmp_path: Path
) -> None:
    profits, weights = numbers()
    model = pyo.ConcreteModel()
    model.x = pyo.Var(range(ITEMS), bounds=(0, 1))
    profit = sum(p * 10.0 ** (exponent - 2) * model.x[i] for i, p in enumerate(profits))
    model.goal = pyo.Objective(expr=profit, sense=pyo.maximize)
    model.rows = pyo.ConstraintList()
    for row in weights:
        model.rows.add(sum(w * model.x[i] for i, w in enumerate(row)) <= sum(row) // 2)
    text = io.StringIO()
    NLWriter().write(model, text, linear_presolve=False)
    result = solve(SolverName.IPOPT, parse_nl("small.nl", text.getvalue().splitlines()), tmp_path)
    assert result.outcome is Outcome.OPTIMAL
    assert result.objective == pytest.approx(relaxed_profit() * 10.0 ** (exponent - 2), rel=1e-6)


@each_solver
def test_costs_are_minimised_and_a_constant_counts(solver: SolverName, tmp_path: Path) -> None:
    text = knapsack(-8, sense="Minimize").replace("Subject To", " + 7e-6\nSubject To")
    answer = run(text, solver, tmp_path)
    assert (answer.solve.outcome, answer.solve.sense) == (Outcome.OPTIMAL, Sense.MINIMIZE)
    expected = 7e-6 - best_profit() * 1e-10
    assert float(answer.solve.objective or "nan") == pytest.approx(expected, rel=1e-9)


@each_solver
def test_an_optimum_of_zero_stays_one(solver: SolverName, tmp_path: Path) -> None:
    text = "min\n 2e-8 x + 3e-8 y\nst\n r: x + y <= 5\ngenerals\n x y\nend\n"
    answer = run(text, solver, tmp_path)
    assert (answer.solve.outcome, answer.solve.objective, answer.solve.gap) == (
        Outcome.OPTIMAL,
        "0.0",
        "0",
    )


@each_solver
def test_a_small_objective_without_end_is_unbounded(solver: SolverName, tmp_path: Path) -> None:
    answer = run("max\n 1e-8 x\nst\n r: x - y <= 5\nend\n", solver, tmp_path)
    assert answer.solve.outcome is Outcome.UNBOUNDED


OPTIONS = {
    SolverName.CBC: {"preprocess": "off"},
    SolverName.GLPK: {"mipgap": "0"},
    SolverName.HIGHS: {"presolve": "off"},
    SolverName.SCIP: {"presolving/maxrounds": 0},
    SolverName.SCIPY: {"presolve": "false"},
}


@each_solver
def test_where_options_keep_it_from_being_scaled_nothing_is_called_optimal(
    solver: SolverName, tmp_path: Path
) -> None:
    answer = run(knapsack(-8), solver, tmp_path, options=OPTIONS[solver])
    assert (answer.solve.outcome, answer.reason) == (Outcome.FEASIBLE, Reason.SOLVER_STOPPED)
    assert answer.solve.best_bound is None
    assert "multiply the objective by a power of ten" in answer.message


@pytest.mark.parametrize("solver", [SolverName.HIGHS, SolverName.SCIPY])
def test_an_optimum_beside_a_gap_is_none(solver: SolverName, tmp_path: Path) -> None:
    # The penalty is as large as costs mostly are, so nothing is scaled; it is not paid.
    text = knapsack(-7).replace("obj: ", "obj: - 1000 penalty + ")
    answer = run(text, solver, tmp_path)
    assert float(answer.solve.gap or "nan") > 0.001
    assert (answer.solve.outcome, answer.reason) == (Outcome.FEASIBLE, Reason.SOLVER_STOPPED)
    assert "by its own tolerances" in answer.message


@pytest.mark.parametrize("solver", [SolverName.CBC, SolverName.HIGHS, SolverName.SCIP])
def test_an_absolute_gap_is_one_of_the_small_objective(solver: SolverName, tmp_path: Path) -> None:
    gap = 0.2 * best_profit() * 1e-10
    found = solve(solver, linear(knapsack(-8), tmp_path), tmp_path, absolute_gap=gap)
    assert found.objective is not None
    assert found.best_bound is not None
    assert 0 <= found.best_bound - found.objective <= gap
    if found.outcome is Outcome.FEASIBLE:
        assert found.reason is Reason.GAP_LIMIT


def test_what_is_told_of_a_scaled_search_is_in_the_objectives_own_size(tmp_path: Path) -> None:
    progress = ProgressSink(Sense.MAXIMIZE)
    model = linear("max\n 1.5e-8 x + 1e-9 y + 1e-7\nst\n x + y <= 5\nend\n", tmp_path)

    def search(scaled: LinearModel, settings: Settings, _stop: Event) -> Finding:
        factor = scaled.cost[0] / model.cost[0]
        assert 1 <= scaled.largest_cost < 2
        assert scaled.offset == factor * model.offset
        assert settings.absolute_gap == factor * 1e-9
        settings.progress.tell(objective=factor * 2e-8, bound=1e20, nodes=3)
        return Finding(Ending.TIME_LIMIT, claimed=factor * 3e-8, bound=factor * 4e-8)

    settings = Settings(tmp_path, absolute_gap=1e-9, progress=progress)
    found = search_scaled(search, model, settings, Event())
    assert (found.claimed, found.bound) == (3e-8, 4e-8)
    told = progress.progress().flatten()
    assert (told.objective, told.best_bound, told.nodes) == ("2e-08", None, 3)


@pytest.mark.parametrize("cost", [0.001, 0.35, 5000.0])
def test_an_objective_of_common_size_is_left_as_it_is(cost: float, tmp_path: Path) -> None:
    assert find_exponent(linear(f"max\n {cost} x\nst\n x <= 5\nend\n", tmp_path)) == 0


def test_a_variable_that_is_fixed_does_not_make_an_objective_large(tmp_path: Path) -> None:
    text = "max\n 1e-8 x + 2 z\nst\n x <= 5\nbounds\n z = 1\nend\n"
    assert find_exponent(linear(text, tmp_path)) > 0
