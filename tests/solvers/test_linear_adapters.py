"""What every solver of linear models has to get right, and each solver's known traps."""

from __future__ import annotations

from pathlib import Path

import pytest

from argmin.api.answer import Outcome, Reason, Sense
from argmin.api.solve.solvers import CAPABILITIES, Limit, SolverName
from argmin_solvers.adapters import choose_adapter, load_adapter
from argmin_solvers.adapters.base import Settings
from argmin_solvers.errors import RunError
from argmin_solvers.models.readers import read_lp
from tests.solvers.problems import (
    FIRST_SOLUTION,
    StopOnceSeen,
    linear,
    market_share,
    mps,
    solve,
)

SOLVERS = [
    SolverName.CBC,
    SolverName.GLPK,
    SolverName.HIGHS,
    SolverName.SCIP,
    SolverName.SCIPY,
]
each_solver = pytest.mark.parametrize("solver", SOLVERS)
stoppable_solvers = pytest.mark.parametrize(
    "solver", [name for name in SOLVERS if CAPABILITIES[name].stoppable]
)

ANSWERS = {"afiro": -464.7531428571, "lseu": 1120.0, "egout": 568.1007, "rgn": 82.19999924}


@each_solver
@pytest.mark.parametrize("name", ANSWERS)
def test_public_instances_are_solved_to_their_known_answers(
    solver: SolverName, name: str, tmp_path: Path
) -> None:
    if (solver, name) == (SolverName.CBC, "rgn"):  # seconds; p0548 below is in its place
        name = "egout"
    result = solve(solver, mps(name), tmp_path)
    assert result.outcome is Outcome.OPTIMAL
    assert result.objective == pytest.approx(ANSWERS[name], rel=1e-9)
    assert result.best_bound == pytest.approx(result.objective, abs=1e-6)


@pytest.mark.parametrize("solver", [SolverName.CBC, SolverName.HIGHS, SolverName.SCIP])
def test_p0548_is_solved_to_its_known_answer(solver: SolverName, tmp_path: Path) -> None:
    result = solve(solver, mps("p0548"), tmp_path)
    assert (result.outcome, result.objective) == (Outcome.OPTIMAL, 8691.0)


@each_solver
def test_woodinfe_is_infeasible(solver: SolverName, tmp_path: Path) -> None:
    result = solve(solver, mps("woodinfe"), tmp_path)
    assert (result.outcome, result.reason) == (Outcome.INFEASIBLE, Reason.INFEASIBLE)
    assert result.values is None


MIXED = """{sense}
 3 x + 2 y - z + 100
Subject To
 c1: x + y + z <= 10.5
 c2: -1 <= x - y <= 1
 c3: z >= 0.25
Bounds
 -inf <= y <= 8
Generals
 x
End
"""


@each_solver
def test_a_maximisation_is_never_a_minimisation(solver: SolverName, tmp_path: Path) -> None:
    result = solve(solver, linear(MIXED.format(sense="Maximize"), tmp_path), tmp_path)
    assert (result.outcome, result.sense) == (Outcome.OPTIMAL, Sense.MAXIMIZE)
    assert result.objective == pytest.approx(125.25)
    assert result.best_bound == pytest.approx(125.25)
    assert result.values == pytest.approx({"x": 5.0, "y": 5.25, "z": 0.25})


@each_solver
def test_constants_two_sided_rows_and_negative_variables_are_kept(
    solver: SolverName, tmp_path: Path
) -> None:
    text = MIXED.format(sense="Minimize").replace("- z", "+ z").replace("-inf <= y", "-9 <= y")
    result = solve(solver, linear(text, tmp_path), tmp_path)
    assert result.objective == pytest.approx(98.25)
    assert result.values == pytest.approx({"x": 0.0, "y": -1.0, "z": 0.25})


UNBOUNDED = "Maximize\n x + y\nSubject To\n c: x - y <= 3\n{rest}End\n"


@each_solver
@pytest.mark.parametrize("rest", ["", "Generals\n x y\n"], ids=["continuous", "integer"])
def test_unbounded_is_told(solver: SolverName, rest: str, tmp_path: Path) -> None:
    result = solve(solver, linear(UNBOUNDED.format(rest=rest), tmp_path), tmp_path)
    assert (result.outcome, result.reason) == (Outcome.UNBOUNDED, Reason.UNBOUNDED)


@each_solver
def test_infeasible_is_not_taken_for_unbounded(solver: SolverName, tmp_path: Path) -> None:
    text = UNBOUNDED.format(rest=" d: x - y >= 4\nGenerals\n x\n")
    assert solve(solver, linear(text, tmp_path), tmp_path).outcome is Outcome.INFEASIBLE


@each_solver
def test_integers_that_no_integer_satisfies_are_infeasible(
    solver: SolverName, tmp_path: Path
) -> None:
    text = (
        "Minimize\n x\nSubject To\n c: 2 x + 2 y = 3\nBounds\n x <= 9\n y <= 9\nGenerals\n x y\nEnd"
    )
    assert solve(solver, linear(text, tmp_path), tmp_path).outcome is Outcome.INFEASIBLE


@each_solver
def test_a_time_limit_keeps_the_incumbent_and_claims_no_optimum(
    solver: SolverName, tmp_path: Path
) -> None:
    model = read_lp(market_share(tmp_path)).to_linear()
    result = solve(solver, model, tmp_path, seconds=0.5)
    assert (result.outcome, result.reason) == (Outcome.FEASIBLE, Reason.TIME_LIMIT)
    assert result.values
    assert result.objective is not None
    assert result.best_bound is None or result.best_bound < result.objective


@stoppable_solvers
def test_a_request_to_stop_keeps_the_incumbent(
    solver: SolverName, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    stop = StopOnceSeen(capfd, FIRST_SOLUTION[solver])
    result = solve(solver, read_lp(market_share(tmp_path)).to_linear(), tmp_path, stop)
    assert (result.outcome, result.reason) == (Outcome.FEASIBLE, Reason.INTERRUPTED)
    assert result.values


@each_solver
def test_a_relative_gap_that_stops_the_search_is_feasible(
    solver: SolverName, tmp_path: Path
) -> None:
    # Scaled so that the first bound is close: without the gap this runs into the time limit.
    text = market_share(tmp_path).read_text().replace("obj: ", "obj: 1000000 + ")
    model = linear(text, tmp_path)
    result = solve(solver, model, tmp_path, relative_gap=0.01, seconds=30.0)
    assert (result.outcome, result.reason) == (Outcome.FEASIBLE, Reason.GAP_LIMIT)
    assert result.best_bound is not None
    assert result.objective is not None
    assert 0 < result.objective - result.best_bound <= 0.01 * result.objective


@pytest.mark.parametrize(
    "solver", [s for s in SOLVERS if Limit.SOLUTIONS in CAPABILITIES[s].limits]
)
def test_a_number_of_solutions_stops_the_search(solver: SolverName, tmp_path: Path) -> None:
    result = solve(
        solver, read_lp(market_share(tmp_path)).to_linear(), tmp_path, solutions=1, seconds=30.0
    )
    assert (result.outcome, result.reason) == (Outcome.FEASIBLE, Reason.SOLUTION_LIMIT)


def test_a_limit_that_a_solver_lacks_is_refused_with_those_that_have_it(tmp_path: Path) -> None:
    with pytest.raises(RunError) as caught:
        choose_adapter(mps("afiro"), SolverName.GLPK, Settings(tmp_path, solutions=3))
    assert caught.value.reason is Reason.UNSUPPORTED
    assert caught.value.message == (
        "spec.solver.name: glpk cannot stop at spec.limits.solutions;"
        " choose one of highs, cbc, scip"
    )


KNOWN_OPTIONS = {
    SolverName.CBC: ("heuristicsOnOff", "off"),
    SolverName.GLPK: ("cuts", "true"),
    SolverName.HIGHS: ("presolve", "off"),
    SolverName.SCIP: ("presolving/maxrounds", 0),
    SolverName.SCIPY: ("presolve", "false"),
}


@each_solver
def test_options_by_the_solvers_own_names_are_taken(solver: SolverName, tmp_path: Path) -> None:
    name, value = KNOWN_OPTIONS[solver]
    result = solve(solver, mps("egout"), tmp_path, options={name: value})
    assert result.objective == pytest.approx(ANSWERS["egout"])


@pytest.mark.parametrize(
    ("solver", "name", "near"),
    [
        (SolverName.CBC, "ratioGab", "ratioGap"),
        (SolverName.GLPK, "mipgab", "mipgap"),
        (SolverName.HIGHS, "mip_relgap", "mip_rel_gap"),
        (SolverName.SCIP, "limits/tim", "limits/time"),
        (SolverName.SCIPY, "timelimit", "time_limit"),
    ],
)
def test_an_unknown_option_is_refused_with_the_nearest(
    solver: SolverName, name: str, near: str, tmp_path: Path
) -> None:
    with pytest.raises(RunError) as caught:
        solve(solver, mps("afiro"), tmp_path, options={name: "1"})
    assert caught.value.reason is Reason.UNKNOWN_OPTION
    assert caught.value.message.startswith(
        f"spec.solver.options.{name}: {solver} has no such option; did you mean {near}"
    )


@pytest.mark.parametrize(
    ("solver", "name", "value"),
    [
        (SolverName.CBC, "ratioGap", "much"),
        (SolverName.CBC, "maxNodes", "-7"),
        (SolverName.CBC, "presolve", "perhaps"),
        (SolverName.GLPK, "mipgap", "much"),
        (SolverName.HIGHS, "mip_rel_gap", "much"),
        (SolverName.HIGHS, "presolve", "perhaps"),
        (SolverName.HIGHS, "threads", "-5"),
        (SolverName.SCIP, "limits/time", "much"),
        (SolverName.SCIP, "limits/time", "-4"),
        (SolverName.SCIPY, "presolve", "perhaps"),
    ],
)
def test_a_bad_value_is_refused_by_the_options_name(
    solver: SolverName, name: str, value: str, tmp_path: Path
) -> None:
    with pytest.raises(RunError) as caught:
        solve(solver, mps("egout"), tmp_path, options={name: value})
    assert caught.value.reason is Reason.UNKNOWN_OPTION
    assert caught.value.message.startswith(f"spec.solver.options.{name}: {solver} takes ")
    assert repr(value) in caught.value.message


@each_solver
def test_a_fractional_bound_of_an_integer_is_its_neighbour_inside(
    solver: SolverName, tmp_path: Path
) -> None:
    text = "max\n obj: x\nst\n c: x <= 9\nbounds\n 0.5 <= x <= 2.5\ngeneral\n x\nend\n"
    result = solve(solver, linear(text, tmp_path), tmp_path)
    assert (result.outcome, result.objective) == (Outcome.OPTIMAL, 2.0)


@each_solver
def test_an_empty_matrix_is_solved(solver: SolverName, tmp_path: Path) -> None:
    text = "Maximize\n 2 x + y\nSubject To\nBounds\n x <= 4\n y <= 3\nGenerals\n y\nEnd\n"
    result = solve(solver, linear(text, tmp_path), tmp_path)
    assert (result.outcome, result.objective) == (Outcome.OPTIMAL, 11.0)


@each_solver
def test_versions_are_those_of_the_solvers_themselves(solver: SolverName) -> None:
    version = load_adapter(solver).version()
    assert version[0].isdigit()
    assert "." in version
