"""Nonlinear models: .nl files, Ipopt, and the executable `ipopt` for Pyomo."""

from __future__ import annotations

import io
import math
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from threading import Event
from typing import Any

import pyomo.environ as pyo
import pytest
from pyomo.repn.plugins.nl_writer import NLWriter

import argmin_solvers
from argmin.api.answer import Outcome, Reason, Sense
from argmin.api.solve.solvers import SolverName
from argmin_solvers.adapters import choose_adapter
from argmin_solvers.adapters.base import Settings, Solve
from argmin_solvers.ampl.ipopt_version import VERSION
from argmin_solvers.errors import RunError
from argmin_solvers.models.nonlinear import NonlinearModel
from argmin_solvers.models.readers.nl import parse_nl

IPOPT = Path(argmin_solvers.__file__).parent / "bin" / "ipopt"


def sphere(sense: int = pyo.minimize) -> pyo.ConcreteModel:
    """(x - 3)² + (y + 1)² + 7 inside |x| <= 2: 8 at (2, -1); its negative for a maximisation."""
    m = pyo.ConcreteModel()
    m.x = pyo.Var(bounds=(-2, 2), initialize=0.5)
    m.y = pyo.Var(initialize=1.0)
    sign = 1 if sense == pyo.minimize else -1
    m.o = pyo.Objective(expr=sign * ((m.x - 3) ** 2 + (m.y + 1) ** 2 + 7), sense=sense)
    m.c = pyo.Constraint(expr=m.x + m.y >= -10)
    return m


def write(model: pyo.ConcreteModel, comments: bool = False) -> str:
    text = io.StringIO()
    NLWriter().write(model, text, linear_presolve=False, symbolic_solver_labels=comments)
    return text.getvalue()


def read(text: str) -> NonlinearModel:
    return parse_nl("model.nl", text.splitlines())


def solve(model: NonlinearModel, folder: Path, **settings: object) -> Solve:
    chosen = Settings(folder, **settings)  # type: ignore[arg-type]
    return choose_adapter(model, SolverName.IPOPT, chosen).solve(model, chosen, Event())


@pytest.mark.parametrize("comments", [False, True], ids=["plain", "with comments"])
@pytest.mark.parametrize("sense", [pyo.minimize, pyo.maximize], ids=["min", "max"])
def test_a_local_optimum_is_feasible_and_named(comments: bool, sense: int, tmp_path: Path) -> None:
    result = solve(read(write(sphere(sense), comments)), tmp_path)
    assert (result.outcome, result.reason) == (Outcome.FEASIBLE, Reason.LOCALLY_OPTIMAL)
    assert result.sense is (Sense.MINIMIZE if sense == pyo.minimize else Sense.MAXIMIZE)
    assert result.objective == pytest.approx(8.0 if sense == pyo.minimize else -8.0, rel=1e-6)
    assert result.best_bound is None


def test_a_linear_program_is_optimal(tmp_path: Path) -> None:
    m = pyo.ConcreteModel()
    m.x = pyo.Var(bounds=(0, 4))
    m.o = pyo.Objective(expr=2 * m.x + 1, sense=pyo.maximize)
    result = solve(read(write(m)), tmp_path)
    assert result.outcome is Outcome.OPTIMAL
    assert result.objective == pytest.approx(9.0, rel=1e-6)


def infeasible(body: Callable[[pyo.Var], object]) -> pyo.ConcreteModel:
    m = pyo.ConcreteModel()
    m.x = pyo.Var(bounds=(-1, 1), initialize=0.5)
    m.o = pyo.Objective(expr=m.x**2)
    m.c = pyo.Constraint(expr=body(m.x))
    return m


def test_infeasible_is_claimed_only_where_the_constraints_are_linear(tmp_path: Path) -> None:
    proven = solve(read(write(infeasible(lambda x: x >= 5))), tmp_path)
    assert proven.outcome is Outcome.INFEASIBLE
    suspected = solve(read(write(infeasible(lambda x: x**2 >= 5))), tmp_path)
    assert (suspected.outcome, suspected.reason) == (Outcome.UNKNOWN, Reason.SOLVER_STOPPED)
    assert "the model may be infeasible" in suspected.message


def test_an_iteration_limit_with_a_feasible_point_is_feasible(tmp_path: Path) -> None:
    result = solve(read(write(sphere())), tmp_path, options={"max_iter": 1})
    assert (result.outcome, result.reason) == (Outcome.FEASIBLE, Reason.SOLVER_STOPPED)
    assert result.message == "Ipopt stopped: maximum iterations exceeded"


def large(initial: float) -> pyo.ConcreteModel:
    """x² = 1e9."""
    m = pyo.ConcreteModel()
    m.x, m.y = pyo.Var(initialize=initial), pyo.Var(initialize=1.0)
    m.o = pyo.Objective(expr=m.y**2)
    m.c = pyo.Constraint(expr=m.x**2 == 1e9)
    return m


def test_a_large_side_makes_no_constraint_meaningless(tmp_path: Path) -> None:
    result = solve(read(write(large(31000.0))), tmp_path, options={"max_iter": 2})
    assert (result.outcome, result.values) == (Outcome.UNKNOWN, None)  # x² is 1e9 + 39


def test_what_ipopt_calls_solved_holds_beside_a_large_side(tmp_path: Path) -> None:
    model = read(write(large(31000.0)))
    result = solve(model, tmp_path)
    assert result.reason is Reason.LOCALLY_OPTIMAL
    assert result.values is not None
    assert result.values[model.names[0]] ** 2 == pytest.approx(1e9, abs=1e-4)


def test_a_request_to_stop_ends_the_search(tmp_path: Path) -> None:
    stop = Event()
    stop.set()
    settings = Settings(tmp_path)
    model = read(write(sphere()))
    result = choose_adapter(model, None, settings).solve(model, settings, stop)
    assert result.reason is Reason.INTERRUPTED


def test_integers_are_refused_rather_than_ignored(tmp_path: Path) -> None:
    m = sphere()
    m.n = pyo.Var(domain=pyo.Integers, bounds=(0, 9))
    m.d = pyo.Constraint(expr=m.n**2 >= 2)
    with pytest.raises(RunError) as caught:
        solve(read(write(m)), tmp_path)
    assert caught.value.reason is Reason.UNSUPPORTED
    assert "ipopt cannot take a nonlinear model with 1 integer variables" in caught.value.message


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("tool", "1", "ipopt has no such option; did you mean tol?"),
        ("tol", "-3", "ipopt takes another value, which its log states, not '-3'"),
        ("tol", "small", "ipopt takes another value, which its log states, not 'small'"),
    ],
)
def test_options_are_checked(name: str, value: str, message: str, tmp_path: Path) -> None:
    with pytest.raises(RunError) as caught:
        solve(read(write(sphere())), tmp_path, options={"max_iter": 50, name: value})
    assert caught.value.reason is Reason.UNKNOWN_OPTION
    assert caught.value.message == f"spec.solver.options.{name}: {message}"


def test_the_stated_version_is_that_of_the_library(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    program = (
        "import sys; from argmin_solvers.ampl.ipopt_cli import main; sys.exit(main(sys.argv[1:]))"
    )
    (tmp_path / "m.nl").write_text(write(sphere()))
    subprocess.run([sys.executable, "-c", program, str(tmp_path / "m")], check=True)
    assert f"This is Ipopt version {VERSION}," in capfd.readouterr().out


FUNCTIONS: dict[str, Callable[[Any], Any]] = {
    "tanh": pyo.tanh, "tan": pyo.tan, "sqrt": pyo.sqrt, "sinh": pyo.sinh, "sin": pyo.sin,
    "log10": pyo.log10, "log": pyo.log, "exp": pyo.exp, "cosh": pyo.cosh, "cos": pyo.cos,
    "atanh": pyo.atanh, "atan": pyo.atan, "asinh": pyo.asinh, "asin": pyo.asin, "acos": pyo.acos,
    "abs": abs,
}  # fmt: skip


@pytest.mark.parametrize("name", FUNCTIONS)
def test_functions_have_their_values(name: str, tmp_path: Path) -> None:
    m = pyo.ConcreteModel()
    m.x = pyo.Var(initialize=0.5)
    m.o = pyo.Objective(expr=3 * FUNCTIONS[name](m.x) / 2 - 1)
    m.x.setlb(0.5)
    m.x.setub(0.5 + 1e-9)
    expected = pyo.value(m.o)
    assert solve(read(write(m)), tmp_path).objective == pytest.approx(expected, rel=1e-6)


def test_shared_expressions_and_powers_have_their_values(tmp_path: Path) -> None:
    m = pyo.ConcreteModel()
    m.x = pyo.Var(bounds=(2, 2 + 1e-9), initialize=2)
    m.e = pyo.Expression(expr=m.x**1.5 + 3 * m.x)
    m.o = pyo.Objective(expr=m.e**2 - 2**m.x + m.e)
    shared = 2**1.5 + 6
    assert solve(read(write(m)), tmp_path).objective == pytest.approx(
        shared**2 - 4 + shared, rel=1e-6
    )


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("g3 1 1 0", "h3 1 1 0", "model.nl line 1: a .nl file begins with g, not 'h3 1 1 0'"),
        ("\nn2\n", "\nnnan\n", "'nan' is not a finite number"),
        ("\nn2\n", "\nnhello\n", "'hello' is not a finite number"),
        ("\nn2\n", "\nn-1e999\n", "'-1e999' is not a finite number"),
        ("v1\n", "v9\n", "number 9 is out of range: there are 2"),
        ("o5\n", "o999\n", "operation o999 is not one an interior-point solver"),
        ("\nb\n", "\nq\n", "'q' begins no segment of a .nl file"),
    ],
)
def test_malformed_files_are_refused_with_their_line(old: str, new: str, message: str) -> None:
    with pytest.raises(RunError) as caught:
        read(write(sphere()).replace(old, new, 1))
    assert caught.value.message.startswith("model.nl line ")
    assert message in caught.value.message


def test_blank_lines_between_segments_and_at_the_end_are_read_over() -> None:
    text = write(sphere())
    assert read(text.replace("\nC0", "\n \n\nC0") + "\n \n") == read(text)


def test_every_cut_of_a_file_is_refused() -> None:
    lines = write(sphere()).splitlines()
    for end in range(len(lines)):
        with pytest.raises(RunError):
            parse_nl("model.nl", lines[:end])


@pytest.fixture
def ipopt_on_path(monkeypatch: pytest.MonkeyPatch) -> None:
    python = str(Path(sys.executable).parent)
    path = os.pathsep.join([python, os.environ["PATH"], str(IPOPT.parent)])
    monkeypatch.setenv("PATH", path)


@pytest.mark.usefixtures("ipopt_on_path")
class TestExecutable:
    def test_pyomo_finds_and_uses_it(self) -> None:
        m = sphere()
        m.dual = pyo.Suffix(direction=pyo.Suffix.IMPORT)
        m.c.set_value(m.x + m.y >= 3)
        solver = pyo.SolverFactory("ipopt")
        assert solver.available()
        results = solver.solve(m, options={"tol": 1e-10})
        assert results.solver.termination_condition == pyo.TerminationCondition.optimal
        assert pyo.value(m.x) == pytest.approx(2.0)
        # One more unit on the right costs 2 (y + 1): the derivative of the objective.
        assert m.dual[m.c] == pytest.approx(4.0, rel=1e-5)

    def test_a_maximisation_has_its_own_sign(self) -> None:
        m = sphere(pyo.maximize)
        m.dual = pyo.Suffix(direction=pyo.Suffix.IMPORT)
        m.c.set_value(m.x + m.y >= 3)
        pyo.SolverFactory("ipopt").solve(m)
        assert pyo.value(m.o) == pytest.approx(-12.0)
        assert m.dual[m.c] == pytest.approx(-4.0, rel=1e-5)

    def test_limits_and_infeasibility_are_told(self) -> None:
        results = pyo.SolverFactory("ipopt").solve(
            sphere(), options={"max_iter": 1}, load_solutions=False
        )
        assert results.solver.termination_condition == pyo.TerminationCondition.maxIterations
        results = pyo.SolverFactory("ipopt").solve(
            infeasible(lambda x: x >= 5), load_solutions=False
        )
        assert results.solver.termination_condition == pyo.TerminationCondition.infeasible

    def test_it_tells_its_version(self) -> None:
        stated = subprocess.run([IPOPT, "-v"], capture_output=True, text=True, check=True).stdout
        assert stated == f"Ipopt {VERSION} (casadi)\n"
        assert pyo.SolverFactory("ipopt").version()[:3] == (3, 14, 19)

    @pytest.mark.parametrize(
        ("arguments", "message"),
        [
            ([], "usage: ipopt STUB"),
            (["none"], "ipopt: the source none.nl cannot be read"),
            (["m", "tool=1"], "ipopt: spec.solver.options.tool: ipopt has no such option"),
        ],
    )
    def test_mistakes_are_one_line(
        self, arguments: list[str], message: str, tmp_path: Path
    ) -> None:
        (tmp_path / "m.nl").write_text(write(sphere()))
        ended = subprocess.run(
            [IPOPT, *arguments], cwd=tmp_path, capture_output=True, text=True, check=False
        )
        assert ended.returncode != 0
        assert ended.stderr.startswith(message)
        assert "Traceback" not in ended.stderr

    def test_options_come_from_environment_and_file(self, tmp_path: Path) -> None:
        (tmp_path / "m.nl").write_text(write(sphere()))
        (tmp_path / "more.opt").write_text("max_iter 1  # one step\n")
        variables = {**os.environ, "ipopt_options": "print_level=0 option_file_name=more.opt"}
        subprocess.run([IPOPT, "m", "-AMPL"], cwd=tmp_path, env=variables, check=True)
        solution = (tmp_path / "m.sol").read_text()
        assert "Maximum Number of Iterations Exceeded." in solution
        assert solution.endswith("objno 0 400\n")


def test_acosh_is_understood(tmp_path: Path) -> None:
    m = pyo.ConcreteModel()
    m.x = pyo.Var(bounds=(2, 2 + 1e-9), initialize=2)
    m.o = pyo.Objective(expr=pyo.acosh(m.x))
    assert solve(read(write(m)), tmp_path).objective == pytest.approx(math.acosh(2), rel=1e-6)
