"""Options that change the question: the solver's Optimal or Infeasible would be a false one."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from pathlib import Path

import pyomo.environ as pyo
import pytest
from ortools.sat.python import cp_model
from pyomo.repn.plugins.nl_writer import NLWriter

from argmin.api.answer import Outcome, Reason
from argmin.api.solve.request import SolutionPool
from argmin.api.solve.solvers import SolverName
from argmin_solvers.adapters.base import Solve
from argmin_solvers.errors import RunError
from argmin_solvers.models.cpsat_model import checked_cpsat
from argmin_solvers.models.nonlinear import NonlinearModel
from argmin_solvers.models.readers.nl import parse_nl
from tests.solvers.problems import linear, mps, solve

CHEAPEST_TWO = """\
Minimize
 obj: 3 x1 + 5 x2 + 4 x3 + 7 x4
Subject To
 two: x1 + x2 + x3 + x4 = 2
Binaries
 x1 x2 x3 x4
End
"""

REFUSED = {
    SolverName.CBC: [
        ("direction", "maximize"), ("dire", "max"), ("cutoff", "6"), ("cuto", "6"),
        ("constraintfromCutoff", "on"), ("pumpCutoff", "6"), ("pumpIncrement", "40"),
        ("increment", "40"), ("inc", "0.5"), ("maximize", "1"), ("minimize", "1"),
        ("dualBound", "0.001"), ("dualTolerance", "1"), ("primalTolerance", "1"),
        ("integerTolerance", "0.5"), ("preTolerance", "1"), ("threads", "100"),
    ],
    SolverName.GLPK: [("max", "true"), ("min", "true"), ("nomip", "true"), ("check", "true")],
    SolverName.HIGHS: [
        ("objective_bound", "6"), ("solve_relaxation", "true"), ("small_matrix_value", "6"),
        ("dual_feasibility_tolerance", "40"), ("primal_feasibility_tolerance", "6"),
        ("mip_feasibility_tolerance", "0.5"), ("kkt_tolerance", "1"), ("infinite_bound", "1e15"),
        ("optimality_tolerance", "1"), ("pdlp_optimality_tolerance", "1"),
        ("user_objective_scale", "-30"), ("user_bound_scale", "-1"),
    ],
    SolverName.SCIP: [
        ("numerics/dualfeastol", "0.001"), ("numerics/feastol", "0.001"),
        ("numerics/epsilon", "0.001"), ("numerics/infinity", "1e10"),
        ("numerics/feastol", "1e-12"), ("numerics/hugeval", "40"),
        ("constraints/countsols/active", "true"),
        ("constraints/linear/maxeasyactivitydelta", "1e30"),
    ],
    SolverName.SCIPY: [("bounds", "6"), ("integrality", "0")],
}  # fmt: skip


def each_option(table: Mapping[SolverName, Sequence[tuple[str, str]]]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize(
        ("solver", "option"),
        [(solver, option) for solver, options in table.items() for option in options],
        ids=lambda part: "=".join(part) if isinstance(part, tuple) else part,
    )


def refusal(solver: SolverName, option: tuple[str, str], model: object, folder: Path) -> RunError:
    with pytest.raises(RunError) as caught:
        solve(solver, model, folder, options=dict([option]))
    assert caught.value.reason is Reason.UNKNOWN_OPTION
    assert caught.value.message.startswith(f"spec.solver.options.{option[0]}: ")
    return caught.value


@each_option(REFUSED)
def test_an_option_that_changes_a_linear_model_or_its_proof_is_refused(
    solver: SolverName, option: tuple[str, str], tmp_path: Path
) -> None:
    refusal(solver, option, linear(CHEAPEST_TWO, tmp_path), tmp_path)


def test_a_hundred_threads_are_not_cbcs_word_for_another_search(tmp_path: Path) -> None:
    result = solve(SolverName.CBC, mps("lseu"), tmp_path, threads=100)
    assert (result.outcome, result.objective) == (Outcome.OPTIMAL, 1120.0)


ENDING = {  # a search, or its pruning, before the optimum
    SolverName.CBC: [("ratioGap", "0.9"), ("maxSolutions", "1"), ("maxNodes", "1")],
    SolverName.GLPK: [("mipgap", "0.9")],
    SolverName.HIGHS: [
        ("objective_target", "1000"), ("mip_rel_gap", "0.9"), ("mip_abs_gap", "500"),
        ("mip_max_improving_sols", "1"),
    ],
    SolverName.SCIP: [
        ("limits/primal", "1000"), ("limits/dual", "0"), ("limits/gap", "0.9"),
        ("limits/nodes", "1"), ("limits/absgap", "500"),
    ],
    SolverName.SCIPY: [("mip_rel_gap", "0.9"), ("node_limit", "1")],
}  # fmt: skip


@each_option(ENDING)
def test_an_option_that_ends_the_search_makes_nothing_optimal(
    solver: SolverName, option: tuple[str, str], tmp_path: Path
) -> None:
    result = solve(solver, mps("egout"), tmp_path, options=dict([option]))
    assert result.outcome in (Outcome.OPTIMAL, Outcome.FEASIBLE, Outcome.UNKNOWN)
    if result.outcome is Outcome.OPTIMAL:  # found all the same
        assert result.objective == pytest.approx(568.1007)


def four_in_four() -> cp_model.CpModel:
    """31 solutions; the hint is none of them."""
    model = cp_model.CpModel()
    places = [model.new_int_var(0, 3, f"x{number}") for number in range(4)]
    model.add(sum(places) == 4)
    for place in places:
        model.add_hint(place, 3)
    return model


@pytest.mark.parametrize(
    "option",
    [
        ("enumerate_all_solutions", "false"),
        ("enumerate_all_solutions", "true"),
        ("fix_variables_to_their_hinted_value", "true"),
        ("instantiate_all_variables", "false"),
        ("random_seed", "1 fix_variables_to_their_hinted_value: true"),
    ],
    ids="=".join,
)
@pytest.mark.parametrize("pool", [None, SolutionPool(enumerate_all=True)], ids=["one", "all"])
def test_an_option_that_changes_a_cp_sat_model_is_refused(
    option: tuple[str, str], pool: SolutionPool | None, tmp_path: Path
) -> None:
    with pytest.raises(RunError) as caught:
        solve_four(tmp_path, option, pool)
    assert caught.value.reason is Reason.UNKNOWN_OPTION
    assert caught.value.message.startswith(f"spec.solver.options.{option[0]}: ")


def solve_four(folder: Path, option: tuple[str, str], pool: SolutionPool | None) -> Solve:
    model = checked_cpsat("model", four_in_four())
    return solve(SolverName.CP_SAT, model, folder, options=dict([option]), pool=pool)


@pytest.mark.parametrize(
    "option",
    [
        ("num_workers", "8"),
        ("num_search_workers", "8"),
        ("interleave_search", "true"),
        ("repair_hint", "true"),
        ("fill_tightened_domains_in_response", "true"),
        ("keep_all_feasible_solutions_in_presolve", "false"),
    ],
    ids="=".join,
)
def test_an_option_that_loses_solutions_is_refused_in_an_enumeration(
    option: tuple[str, str], tmp_path: Path
) -> None:
    with pytest.raises(RunError, match="loses solutions") as caught:
        solve_four(tmp_path, option, SolutionPool(enumerate_all=True))
    assert caught.value.message.startswith(f"spec.solver.options.{option[0]}: ")
    if option[0] not in ("num_search_workers", "interleave_search"):  # CP-SAT's own refusals
        assert solve_four(tmp_path, option, None).outcome is Outcome.OPTIMAL


@pytest.mark.parametrize("value", ["-1", "0"])
def test_the_sense_of_a_nonlinear_model_is_not_turned(value: str, tmp_path: Path) -> None:
    refusal(SolverName.IPOPT, ("obj_scaling_factor", value), linear_program(), tmp_path)


@pytest.mark.parametrize(
    ("option", "outcome"),
    [
        (("tol", "1e-9"), Outcome.OPTIMAL),
        (("tol", "100"), Outcome.FEASIBLE),
        (("obj_scaling_factor", "1e-10"), Outcome.FEASIBLE),
    ],
    ids=lambda part: "=".join(part) if isinstance(part, tuple) else part,
)
def test_a_loose_end_of_ipopt_proves_no_linear_program(
    option: tuple[str, str], outcome: Outcome, tmp_path: Path
) -> None:
    result = solve(SolverName.IPOPT, linear_program(), tmp_path, options=dict([option]))
    assert result.outcome is outcome


def linear_program() -> NonlinearModel:
    """21 at (9, 3); an .nl file, which goes to Ipopt."""
    model = pyo.ConcreteModel()
    model.x, model.y = pyo.Var(bounds=(0, 9)), pyo.Var(bounds=(0, 9))
    model.row = pyo.Constraint(expr=model.x + model.y <= 12)
    model.goal = pyo.Objective(expr=2 * model.x + model.y, sense=pyo.maximize)
    text = io.StringIO()
    NLWriter().write(model, text, linear_presolve=False)
    return parse_nl("model.nl", text.getvalue().splitlines())
