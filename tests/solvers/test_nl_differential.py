"""The reader of .nl files beside casadi's, and beside what Pyomo itself says of the same model."""

from __future__ import annotations

import io
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import casadi
import numpy as np
import pyomo.environ as pyo
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyomo.repn.plugins.nl_writer import NLWriter

from argmin_solvers.models.evaluation import evaluation
from argmin_solvers.models.expression import Expression
from argmin_solvers.models.nonlinear import NonlinearModel
from argmin_solvers.models.readers.nl import parse_nl
from argmin_solvers.verify.expression_graph import hold_nonlinear

NUMBERS = st.sampled_from([-2.5, -1.0, 0.125, 0.1, 1.0, 3.0, 1e-3, 12345.678])
BOUNDS = st.sampled_from([None, -1e3, -0.3, 0.0])
POINT = (0.75, 1.5, 0.25)
UNARY = (pyo.sin, pyo.exp, pyo.tanh, pyo.atan, pyo.sqrt, pyo.log, abs, lambda e: -e)


@st.composite
def expressions(draw: st.DrawFn, m: Any, depth: int = 3) -> Any:
    """An expression of the variables of a model; linear ones are as likely as others."""
    inner = expressions(m, depth - 1)

    def share() -> Any:
        m.shared.add(len(m.shared), draw(inner))
        return m.shared[len(m.shared) - 1]

    kinds: dict[str, Callable[[], Any]] = {
        "leaf": lambda: draw(NUMBERS) * m.x[draw(st.integers(1, 3))] + draw(NUMBERS),
        "sum": lambda: sum(draw(st.lists(inner, min_size=2, max_size=4))),
        "product": lambda: draw(st.one_of(NUMBERS, inner)) * draw(inner),
        "quotient": lambda: draw(inner) / draw(st.one_of(NUMBERS, inner)),
        "power": lambda: draw(inner) ** draw(st.sampled_from([1, 2, 3, 0.5])),
        "unary": lambda: draw(st.sampled_from(UNARY))(draw(inner)),
        "shared": share,
    }
    return kinds[draw(st.sampled_from(list(kinds) if depth else ["leaf"]))]()


@st.composite
def models(draw: st.DrawFn) -> Any:
    m = pyo.ConcreteModel()
    m.x = pyo.Var([1, 2, 3], initialize=dict(zip((1, 2, 3), POINT, strict=True)))
    m.shared = pyo.Expression(pyo.Any)
    for at in (1, 2, 3):
        m.x[at].setlb(draw(BOUNDS))
    m.rows = pyo.ConstraintList()
    for _ in range(draw(st.integers(1, 3))):
        lower, upper = draw(BOUNDS), draw(st.sampled_from([None, 0.5, 7.0]))
        if (lower, upper) != (None, None):
            # All three variables, so that each is in the file.
            m.rows.add((lower, draw(expressions(m)) + m.x[1] + m.x[2] + m.x[3], upper))
    sense = draw(st.sampled_from([pyo.minimize, pyo.maximize]))
    m.goal = pyo.Objective(
        expr=draw(expressions(m)) + sum(m.x[at] for at in (1, 2, 3)), sense=sense
    )
    return m


def evaluate(model: NonlinearModel, point: list[float]) -> list[float]:
    """The objective and the constraints at a point; NaN where one has no value."""
    values = point + [math.nan] * len(model.defined)

    def at(expression: Expression) -> float:
        try:
            return evaluation(expression)(values)
        except (ArithmeticError, ValueError):
            return math.nan

    for number, expression in model.defined.items():
        values[number] = at(expression)
    return [at(model.objective), *map(at, model.constraints)]


def same(ours: float, theirs: float) -> bool:
    """Whether two values are equal but for rounding; one that is not finite tells nothing.

    Where argmin sees no value, the others may see an infinite one.
    """
    if not math.isfinite(ours):
        return not math.isfinite(theirs) or abs(theirs) > 1e300
    return math.isclose(ours, theirs, rel_tol=1e-9, abs_tol=1e-6)


def value(expression: Any) -> float:
    try:
        found = pyo.value(expression, exception=False)
    except (ArithmeticError, ValueError):
        return math.nan
    return math.nan if found is None or isinstance(found, complex) else float(found)


@settings(
    max_examples=40, deadline=None, derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)  # fmt: skip
@given(model=models())
def test_three_readings_of_a_model_agree(model: Any, tmp_path: Path) -> None:
    text = io.StringIO()
    try:
        info = NLWriter().write(model, text, linear_presolve=False)
    except (ArithmeticError, ValueError):
        return  # a constant without a value, such as log(-1), which Pyomo refuses
    path = tmp_path / "model.nl"
    path.write_text(text.getvalue())
    ours = parse_nl("model.nl", text.getvalue().splitlines(), [v.name for v in info.variables])

    theirs = casadi.NlpBuilder()
    theirs.import_nl(str(path), {"verbose": False})
    assert np.allclose(ours.lower, np.array(theirs.x_lb).ravel())
    assert np.allclose(ours.row_lower, np.array(theirs.g_lb).ravel())
    assert np.allclose(ours.row_upper, np.array(theirs.g_ub).ravel())
    point = [float(v.value) for v in info.variables]
    rows = casadi.vertcat(*theirs.g) if theirs.g else casadi.MX(0, 1)
    f, g = casadi.Function("at", [casadi.vertcat(*theirs.x)], [theirs.f, rows])(point)
    sign = -1.0 if model.goal.sense == pyo.maximize else 1.0
    at = evaluate(ours, point)
    assert same(at[0], sign * float(f))
    assert same(at[0], value(model.goal.expr))
    assert all(map(same, at[1:], np.array(g).ravel()))

    (found,) = hold_nonlinear(ours).assess([dict(zip(ours.names, point, strict=True))])
    if math.isfinite(at[0]):
        assert same(float(found.objective or 0.0), at[0])
