"""Nonlinear models: .nl files by their expression graphs, Pyomo's by Pyomo itself."""

from __future__ import annotations

import io
import math
from pathlib import Path
from typing import Any

import pyomo.environ as pyo
import pytest
from pyomo.repn.plugins.nl_writer import NLWriter

from argmin.api.answer import Reason
from argmin_solvers.errors import RunError
from argmin_solvers.models.readers.nl import parse_nl
from argmin_solvers.verify.base import Assessment, CheckReason, UncheckableError
from argmin_solvers.verify.exact import ExactModel
from argmin_solvers.verify.expression_graph import hold_nonlinear
from argmin_solvers.verify.nonlinear import EvaluatedModel
from argmin_solvers.verify.pyomo_objects import rebuild_pyomo


def model_of(expression: Any, sense: int = pyo.minimize, **bounds: object) -> pyo.ConcreteModel:
    """One constraint and an objective on x and y, both from a function of the variables."""
    m = pyo.ConcreteModel()
    m.x, m.y = pyo.Var(**bounds), pyo.Var(initialize=1.0)
    m.goal = pyo.Objective(expr=expression(m.x, m.y), sense=sense)
    m.row = pyo.Constraint(expr=expression(m.x, m.y) + m.x <= 100)
    return m


def as_nl(model: pyo.ConcreteModel, comments: bool = False) -> str:
    text = io.StringIO()
    NLWriter().write(model, text, linear_presolve=False, symbolic_solver_labels=comments)
    return text.getvalue()


def named_nl(model: pyo.ConcreteModel) -> ExactModel | EvaluatedModel:
    text = io.StringIO()
    info = NLWriter().write(model, text, linear_presolve=False)
    names, rows = [v.name for v in info.variables], [c.name for c in info.constraints]
    return hold(text.getvalue(), names, rows)


def hold(text: str, *names: list[str]) -> ExactModel | EvaluatedModel:
    return hold_nonlinear(parse_nl("model.nl", text.splitlines(), *names))


EXPRESSIONS = {
    "powers": lambda x, y: x**2 + y**3 + 2**x + x**y,
    "quotients": lambda x, y: (x + 1) / (y + 2) - x * y,
    "exponentials": lambda x, y: pyo.exp(x) + pyo.log(y) + pyo.log10(y) + pyo.sqrt(y),
    "trigonometry": lambda x, y: (
        pyo.sin(x) + pyo.cos(y) + pyo.tan(x) + pyo.atan(y) + pyo.asin(x / 9) + pyo.acos(x / 9)
    ),
    "hyperbolics": lambda x, y: (
        pyo.sinh(x) + pyo.cosh(y) + pyo.tanh(x) + pyo.asinh(x) + pyo.acosh(y + 1) + pyo.atanh(x / 9)
    ),
    "absolute values": lambda x, y: abs(x - y) - abs(y),
    "long sums": lambda x, y: sum(x * y + number for number in range(5)) - x**2,
}


@pytest.mark.parametrize("name", EXPRESSIONS)
@pytest.mark.parametrize("sense", [pyo.minimize, pyo.maximize])
def test_the_graph_of_a_file_and_pyomo_agree(name: str, sense: int, tmp_path: Path) -> None:
    model = model_of(EXPRESSIONS[name], sense)
    point = {"x": 0.75, "y": 1.5}
    ours, pyomos = named_nl(model), rebuild_pyomo(model)
    assert ours.sense == pyomos.sense
    found, expected = ours.assess([point])[0], pyomos.assess([point])[0]
    assert found.objective == pytest.approx(float(expected.objective or 0), rel=1e-12)
    assert (found.violation, expected.violation) == (None, None)


@pytest.mark.parametrize("rebuilt", ["nl", "pyomo"])
class TestBothWays:
    def assess(
        self, rebuilt: str, model: pyo.ConcreteModel, folder: Path, **at: float
    ) -> Assessment:
        original = named_nl(model) if rebuilt == "nl" else rebuild_pyomo(model)
        return original.assess([at])[0]

    def test_a_violated_row_is_named(self, rebuilt: str, tmp_path: Path) -> None:
        found = self.assess(rebuilt, model_of(lambda x, y: x * y), tmp_path, x=10, y=10)
        assert found.violation is not None
        assert (found.violation.reason, found.where) == (CheckReason.CONSTRAINT_VIOLATED, "row")
        assert found.largest == pytest.approx(0.1)
        assert "'row' is 110.0, above 100.0 by 10.0" in found.violation.message

    def test_a_value_beyond_its_bounds_is_named(self, rebuilt: str, tmp_path: Path) -> None:
        model = model_of(lambda x, y: x * y, bounds=(-1, 1))
        found = self.assess(rebuilt, model, tmp_path, x=2, y=0)
        assert found.violation is not None
        assert (found.violation.reason, found.where) == (CheckReason.BOUND_VIOLATED, "x")

    @pytest.mark.parametrize(("excess", "holds"), [(0.001, True), (0.1, False), (900.0, False)])
    def test_a_large_side_makes_no_row_and_no_bound_meaningless(
        self, excess: float, holds: bool, rebuilt: str, tmp_path: Path
    ) -> None:
        rows = model_of(lambda x, y: x * y)
        rows.large = pyo.Constraint(expr=rows.x * rows.y >= -1e9)
        found = self.assess(rebuilt, rows, tmp_path, x=-1e9 - excess, y=1)
        assert (found.violation is None, found.where) == (holds, "large")
        bounds = model_of(lambda x, y: x * y, bounds=(-1e9, 1e9))
        found = self.assess(rebuilt, bounds, tmp_path, x=-1e9 - excess, y=1)
        assert (found.violation is None, found.where) == (holds, "x")

    def test_an_expression_without_a_value_holds_nowhere(
        self, rebuilt: str, tmp_path: Path
    ) -> None:
        model = model_of(lambda x, y: pyo.log(x) + y)
        found = self.assess(rebuilt, model, tmp_path, x=-1, y=0)
        assert found.violation is not None
        assert found.violation.reason is CheckReason.NOT_FINITE

    def test_a_linear_model_is_taken_exactly(self, rebuilt: str, tmp_path: Path) -> None:
        model = model_of(lambda x, y: 2 * x - y + 3)
        original = named_nl(model) if rebuilt == "nl" else rebuild_pyomo(model)
        assert isinstance(original, ExactModel)
        found = original.assess([{"x": 1.0, "y": 1.0}])[0]
        assert (found.objective, found.largest) == (4, 0.0)


def test_a_whole_value_is_beyond_a_bound_or_is_not() -> None:
    model = model_of(lambda x, y: x * y, domain=pyo.Integers, bounds=(-(10**14), 0))
    found = rebuild_pyomo(model).assess([{"x": -(10.0**14) - 1, "y": 1.0}])[0]
    assert found.violation is not None
    assert (found.violation.reason, found.largest) == (CheckReason.BOUND_VIOLATED, 1.0)


def test_a_file_with_comments_and_without_names_is_read() -> None:
    original = hold(as_nl(model_of(lambda x, y: x**2 + y), comments=True))
    found = original.assess([{"_svar[1]": 3.0, "_svar[2]": 1.0}])[0]
    assert found.objective == pytest.approx(10.0)


def test_defined_variables_and_lists_are_evaluated() -> None:
    text = (
        "g3 1 1 0\n 2 1 1 0 0\n 1 1\n 0 0\n 2 2 2\n 0 0 0 1\n 0 0 0 0 0\n 2 0\n 0 0\n 1 0 0 0 0\n"
        "V2 1 0\n0 1\no2\nv0\nv1\nC0\no54\n3\nv2\nv0\nn1\nO0 0\no11\n2\nv2\nv0\n"
        "r\n1 10\nb\n3\n0 -1 4\nk1\n1\nJ0 2\n0 0\n1 0\n"
    )
    original = hold(text)
    found = original.assess([{"_svar[1]": 2.0, "_svar[2]": 3.0}])[0]
    assert found.objective == pytest.approx(2.0)  # min(2 + 2·3, 2)
    assert found.where == "_scon[1]"
    assert found.largest == pytest.approx(
        (8 + 2 + 1 - 10) / 9
    )  # the constant 1 counts as a part of the side


@pytest.mark.parametrize(("datatype", "value"), [(pyo.Suffix.INT, 7), (pyo.Suffix.FLOAT, 0.125)])
def test_a_file_with_suffixes_is_read(datatype: int, value: float) -> None:
    model = model_of(lambda x, y: x**2 + y)
    plain = hold(as_nl(model))
    model.priority = pyo.Suffix(direction=pyo.Suffix.EXPORT, datatype=datatype)
    model.priority[model.x] = model.priority[model.row] = value
    text = as_nl(model)
    assert {line.split()[2] for line in text.splitlines() if line[0] == "S"} == {"priority"}
    point = {"_svar[1]": 3.0, "_svar[2]": 1.0}
    assert hold(text).assess([point]) == plain.assess([point])


def test_an_operation_that_cannot_be_evaluated_is_not_guessed() -> None:
    text = as_nl(model_of(lambda x, y: pyo.sin(x) + y)).replace("o41", "o35")
    with pytest.raises(RunError, match=r"operation o35 \(if\)") as caught:
        hold(text)
    assert caught.value.reason is Reason.UNSUPPORTED


def test_a_variable_on_which_nothing_depends_may_be_left_out() -> None:
    model = model_of(lambda x, y: 0 * x + y**2)
    model.row.deactivate()
    original = rebuild_pyomo(model)
    assert original.assess([{"y": 2.0}])[0].objective == 4.0
    assert original.assess([{"x": 7.0, "y": 2.0}])[0].violation is None


def test_a_fixed_variable_is_no_variable() -> None:
    model = model_of(lambda x, y: x * y)
    model.x.fix(3.0)
    assert rebuild_pyomo(model).assess([{"y": 2.0}])[0].objective == 6.0


def test_a_model_without_an_objective_has_none() -> None:
    model = model_of(lambda x, y: x * y)
    model.goal.deactivate()
    original = rebuild_pyomo(model)
    assert original.sense is None
    assert original.assess([{"x": 1.0, "y": 2.0}])[0].violation is None


def test_a_domain_with_gaps_cannot_be_checked() -> None:
    model = model_of(lambda x, y: x + y, domain=pyo.Set(initialize=[1, 3, 7]))
    with pytest.raises(UncheckableError, match="domain"):
        rebuild_pyomo(model)


def test_an_objective_that_is_no_number_is_told() -> None:
    model = model_of(lambda x, y: 1 / x + y)
    model.row.deactivate()
    found = rebuild_pyomo(model).assess([{"x": 0.0, "y": 1.0}])[0]
    assert found.violation is not None
    assert found.violation.reason is CheckReason.NOT_FINITE
    assert math.isnan(float(found.objective or 0))
