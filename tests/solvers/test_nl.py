"""The .nl reader: what is linear goes to linear solvers, what is not is told in words."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import pyomo.environ as pyo
import pytest
from pyomo.repn.plugins.nl_writer import NLWriter

from argmin.api.answer import Outcome, Reason
from argmin.api.solve.solvers import SolverName
from argmin_solvers.errors import RunError
from argmin_solvers.models.exact import ExactLinear
from argmin_solvers.models.nonlinear import NonlinearModel
from argmin_solvers.models.readers.nl import load_nl, parse_nl, read_nl
from tests.solvers.runs import run_text


def write(model: Any, folder: Path | None = None) -> str:
    """The .nl text of a Pyomo model, with its names beside it where a folder is given."""
    text = io.StringIO()
    info = NLWriter().write(model, text, linear_presolve=False)
    if folder is not None:
        (folder / "model.col").write_text("".join(f"{v.name}\n" for v in info.variables))
        (folder / "model.row").write_text("".join(f"{c.name}\n" for c in info.constraints))
    return text.getvalue()


def knapsack(**domains: Any) -> pyo.ConcreteModel:
    """maximise 3 x + 2 y + z, x + y + z <= 4.5, each at most 3; z has no domain of its own."""
    m = pyo.ConcreteModel()
    m.x = pyo.Var(bounds=(0, 3), domain=domains.get("x", pyo.Reals))
    m.y = pyo.Var(bounds=(0, 3), domain=domains.get("y", pyo.Reals))
    m.z = pyo.Var(bounds=(0, 3))
    m.cap = pyo.Constraint(expr=m.x + m.y + m.z <= 4.5)
    m.goal = pyo.Objective(expr=3 * m.x + 2 * m.y + m.z, sense=pyo.maximize)
    return m


class TestLinear:
    @pytest.mark.parametrize("solver", [None, "highs", "scip", "cbc", "glpk"])
    def test_a_linear_model_with_integers_is_solved_by_linear_solvers(
        self, solver: str | None, tmp_path: Path
    ) -> None:
        text = write(knapsack(x=pyo.Integers, y=pyo.Integers), tmp_path)
        answer = run_text(text, "nl", tmp_path, solver=solver).answer
        assert answer.solve.outcome is Outcome.OPTIMAL
        assert float(answer.solve.objective or 0) == pytest.approx(11.5, abs=1e-5)
        assert answer.solve.verification is not None
        assert answer.solve.verification.verified

    @pytest.mark.parametrize(("kind", "best"), [(1, 9.0), (2, 10.5)])
    def test_ordered_sets_are_held(self, kind: int, best: float, tmp_path: Path) -> None:
        m = knapsack()  # without the set 12
        m.v = pyo.Var([1, 2, 3], bounds=(0, 3))
        m.same = pyo.ConstraintList()
        for number, variable in enumerate((m.y, m.z, m.x), start=1):
            m.same.add(m.v[number] == variable)
        m.set = pyo.SOSConstraint(var=m.v, sos=kind)
        answer = run_text(write(m, tmp_path), "nl", tmp_path).answer
        assert answer.solve.outcome is Outcome.OPTIMAL
        assert float(answer.solve.objective or 0) == pytest.approx(best, abs=1e-5)

    def test_the_default_solver_of_a_linear_model_is_that_of_linear_ones(
        self, tmp_path: Path
    ) -> None:
        result = run_text(write(knapsack(), tmp_path), "nl", tmp_path)
        assert result.answer.solve.solver == "highs"
        assert result.variables == {"x": 3.0, "y": 1.5}

    def test_ipopt_solves_a_linear_model_where_it_is_named(self, tmp_path: Path) -> None:
        answer = run_text(write(knapsack(), tmp_path), "nl", tmp_path, solver="ipopt").answer
        assert (answer.solve.outcome, answer.solve.solver) == (Outcome.OPTIMAL, "ipopt")
        assert float(answer.solve.objective or 0) == pytest.approx(12.0, rel=1e-6)

    def test_ipopt_is_refused_integers_with_the_solvers_that_can(self, tmp_path: Path) -> None:
        with pytest.raises(RunError, match="ipopt cannot take a linear model; choose one of highs"):
            run_text(write(knapsack(x=pyo.Integers)), "nl", tmp_path, solver="ipopt")

    def test_an_unbounded_one_is_unbounded(self, tmp_path: Path) -> None:
        m = pyo.ConcreteModel()
        m.x, m.y = pyo.Var(bounds=(0, None)), pyo.Var(bounds=(0, None))
        m.row = pyo.Constraint(expr=m.x - m.y <= 2)
        m.goal = pyo.Objective(expr=-m.x - m.y)
        answer = run_text(write(m), "nl", tmp_path).answer
        assert (answer.solve.outcome, answer.reason) == (Outcome.UNBOUNDED, Reason.UNBOUNDED)

    def test_numbers_are_taken_as_they_are_written(self) -> None:
        model = parse_nl("m.nl", write(knapsack()).replace("4.5", "4.1").splitlines()).to_exact()
        assert model is not None
        assert [(row.upper, row.scale) for row in model.rows] == [(41, 10)]

    def test_a_model_that_is_linear_though_written_as_a_graph_is_linear(self) -> None:
        # (2 (x + y) - x) / 4 + 1**3 - (-v), v = x + 3: all in the nonlinear part
        text = (
            "g3 1 1 0\n 2 1 1 0 0\n 1 0\n 0 0\n 2 0 0\n 0 0 0 1\n 0 0 0 0 0\n 2 1\n 0 0\n"
            " 1 0 0 0 0\nV2 0 0\no0\nv0\nn3\n"
            "C0\no54\n3\no3\no1\no2\nn2\no0\nv0\nv1\nv0\nn4\no5\nn1\nn3\no16\no16\nv2\n"
            "O0 0\nn0\nr\n2 5\nb\n2 0\n2 0\nk1\n1\nJ0 2\n0 0\n1 0\nG0 1\n1 1\n"
        )
        model = parse_nl("model.nl", text.splitlines()).to_exact()
        assert model is not None
        (row,) = model.rows
        assert (row.columns, row.coefficients, row.scale) == ((0, 1), (5, 2), 4)
        assert (row.lower, row.upper) == (4, None)  # 5/4 x + 1/2 y + 4 >= 5

    def test_a_model_without_variables_is_its_constant(self, tmp_path: Path) -> None:
        text = (
            "g3 1 1 0\n 0 0 1 0 0\n 0 0\n 0 0\n 0 0 0\n 0 0 0 1\n 0 0 0 0 0\n 0 0\n 0 0\n"
            " 0 0 0 0 0\nO0 0\nn7.5\nb\n"
        )
        answer = run_text(text, "nl", tmp_path).answer
        assert (answer.solve.outcome, answer.solve.objective) == (Outcome.OPTIMAL, "7.5")


class TestIntegers:
    """Which variables are integers follows from counts in the header and AMPL's order."""

    def model(self) -> pyo.ConcreteModel:
        """A continuous and an integer variable of each of AMPL's groups."""
        m = pyo.ConcreteModel()
        for group in ("both", "rows", "goal", "linear"):
            m.add_component(f"{group}_real", pyo.Var(bounds=(1, 9)))
            m.add_component(f"{group}_whole", pyo.Var(bounds=(1, 9), domain=pyo.Integers))
        m.binary = pyo.Var(domain=pyo.Binary)
        m.row = pyo.Constraint(
            expr=m.both_real**2 + m.both_whole**2 + m.rows_real**2 + m.rows_whole**2
            + m.linear_real + m.linear_whole + m.goal_real + m.goal_whole + m.binary >= 4
        )  # fmt: skip
        m.goal = pyo.Objective(
            expr=m.both_real**2 + m.both_whole**2 + m.goal_real**2 + m.goal_whole**2 + m.rows_real
        )
        return m

    def test_those_of_every_group_are_known(self, tmp_path: Path) -> None:
        (tmp_path / "model.nl").write_text(write(self.model(), tmp_path))
        model = read_nl(tmp_path / "model.nl")
        whole = {variable.name for variable in model.variables if variable.integer}
        assert whole == {"both_whole", "rows_whole", "goal_whole", "linear_whole", "binary"}

    def test_nonlinear_ones_are_refused_with_their_count(self, tmp_path: Path) -> None:
        with pytest.raises(RunError, match="nonlinear model with 5 integer variables"):
            run_text(write(self.model()), "nl", tmp_path)


class TestNonlinear:
    def test_a_linear_solver_is_refused_with_the_one_that_can(self, tmp_path: Path) -> None:
        m = pyo.ConcreteModel()
        m.x = pyo.Var(bounds=(0, 3))
        m.goal = pyo.Objective(expr=(m.x - 1) ** 2)
        message = "highs cannot take a nonlinear model; choose one of ipopt"
        with pytest.raises(RunError, match=message):
            run_text(write(m), "nl", tmp_path, solver="highs")

    def test_fewer_variables_than_equations_are_told_with_the_counts(self, tmp_path: Path) -> None:
        m = pyo.ConcreteModel()
        m.x, m.y = pyo.Var(initialize=1), pyo.Var(initialize=1)
        m.rows = pyo.ConstraintList()
        for right in (1, 2, 3):
            m.rows.add(m.x**2 + right * m.y**2 == 1 + right)
        m.goal = pyo.Objective(expr=m.x)
        with pytest.raises(RunError, match="3 equations and 2 variables") as caught:
            run_text(write(m), "nl", tmp_path)
        assert caught.value.reason is Reason.UNSUPPORTED

    def test_bounds_that_cross_are_infeasible(self, tmp_path: Path) -> None:
        m = pyo.ConcreteModel()
        m.x = pyo.Var(bounds=(-2, 3))
        m.goal = pyo.Objective(expr=(m.x - 1) ** 2)
        answer = run_text(write(m).replace("\n0 -2 3\n", "\n0 3 -2\n"), "nl", tmp_path).answer
        assert answer.solve.outcome is Outcome.INFEASIBLE
        assert "lower bound 3.0 above its upper bound -2.0" in answer.message
        assert answer.solve.verification is not None
        assert answer.solve.verification.verified


def test_bounds_of_a_linear_model_that_cross_are_infeasible(tmp_path: Path) -> None:
    text = write(knapsack()).replace("\n0 0 3\n", "\n0 3 0\n", 1)
    assert run_text(text, "nl", tmp_path).answer.solve.outcome is Outcome.INFEASIBLE


def test_names_files_that_are_empty_or_of_another_model_are_left_alone(tmp_path: Path) -> None:
    (tmp_path / "model.nl").write_text(write(knapsack()))
    for names in ("", "\n", "\na\na\n"):
        for suffix in ("col", "row"):
            (tmp_path / f"model.{suffix}").write_text(names)
        model = read_nl(tmp_path / "model.nl")
        assert (model.names[0], model.row_names) == ("_svar[1]", ["_scon[1]"])


def test_a_binary_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "model.nl").write_bytes(b"b3 1 1 0\n\x00\x01")
    with pytest.raises(RunError, match=r"line 1: a binary \.nl file: write it in text form"):
        read_nl(tmp_path / "model.nl")


LINES = {
    "complementarity": ("\n1 4.5\n", "\n5 1 2\n", "complementarity constraints"),
    "logical": (" 3 1 1 0 0", " 3 1 1 0 0 2", "2 logical constraints: they are not supported"),
    "a function": ("\nC0\n", "\nF0 1 -1 gamma\nC0\n", "imported functions are not supported"),
    "a condition": ("\nn0\n", "\no35\n", r"operation o35 \(if\) is not one"),
    "objectives": (" 3 1 1 ", " 3 1 2 ", "2 objectives: keep one"),
    "infinite": ("\n1 4.5\n", "\n2 1e30\n", "lower bound 1e\\+30: no number is between them"),
    "twice": ("\n0 1\n1 1\n", "\n0 1\n0 1\n", "number 0 stands twice in one list"),
    "no number": ("\n1 4.5\n", "\n1 4,5\n", "'4,5' is not a number"),
}


@pytest.mark.parametrize("name", LINES)
def test_what_is_not_taken_is_named_with_its_line(name: str) -> None:
    old, new, message = LINES[name]
    text = write(knapsack())
    assert old in text
    with pytest.raises(RunError, match=rf"model.nl line \d+: .*{message}"):
        parse_nl("model.nl", text.replace(old, new, 1).splitlines())


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("", "", None),
        ("0 0 3", "2 0", r"variable _svar\[\d\] of the ordered set sos1_1 needs an upper bound"),
        ("S0 2 ref\n0 1\n1 2\n", "", "the suffix ref gives members of the set sosno 1 no order"),
        ("\nn0\n", "\no15\nv0\n", None),
    ],
)
def test_ordered_sets_that_cannot_be_stated_are_refused(
    old: str, new: str, message: str | None
) -> None:
    sets = "S0 2 sosno\n0 1\n1 1\nS0 2 ref\n0 1\n1 2\nr\n"
    text = write(knapsack()).replace("\nr\n", f"\n{sets}", 1).replace("\n1 4.5", "\n3")
    text = text.replace(old, new) if old else text
    if message is None:
        assert parse_nl("model.nl", text.splitlines()).integers == 2
        return
    with pytest.raises(RunError, match=message):
        parse_nl("model.nl", text.splitlines())


def test_infinity_is_no_bound() -> None:
    text = write(knapsack()).replace("0 0 3\n", "0 -Infinity 1e20\n")
    model = parse_nl("model.nl", text.splitlines())
    assert [(v.lower, v.upper) for v in model.variables] == [(None, None)] * 3


def test_the_named_solver_decides_between_two_kinds_of_models(tmp_path: Path) -> None:
    path = tmp_path / "model.nl"
    path.write_text(write(knapsack()))
    assert isinstance(load_nl(path, None), ExactLinear)
    assert isinstance(load_nl(path, SolverName.IPOPT), NonlinearModel)
