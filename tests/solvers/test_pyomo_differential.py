"""Linear Pyomo models beside what Pyomo's LP writer makes of them, as HiGHS reads it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import highspy
import pyomo.environ as pyo
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from argmin_solvers.models.converters.highs import convert_highs
from argmin_solvers.models.converters.pyomo import convert_pyomo
from argmin_solvers.models.exact import ExactLinear
from argmin_solvers.verify.comparison import find_difference
from argmin_solvers.verify.pyomo_objects import rebuild_pyomo

NUMBERS = st.sampled_from([-7.25, -1.0, 0.5, 1.0, 2.0, 3.125])
ENDS = st.sampled_from([None, -3.0, 0.0, 2.0])


@st.composite
def bodies(draw: st.DrawFn, m: Any, depth: int = 2) -> Any:
    """A linear expression, written in one of many ways."""
    kind = draw(st.sampled_from(["term", "sum", "product", "quotient", "shared", "square"]))
    if depth == 0 or kind == "term":
        return draw(NUMBERS) * draw(st.sampled_from([m.a, m.b, m.c])) + m.p
    inner = draw(bodies(m, depth - 1))
    if kind == "shared":
        m.shared.add(len(m.shared), inner)
        return 2 * m.shared[len(m.shared) - 1]
    return {
        "sum": lambda: inner - draw(bodies(m, depth - 1)),
        "product": lambda: inner * m.p * draw(NUMBERS),
        "quotient": lambda: inner / m.p,
        "square": lambda: inner + m.f**2 * m.a,  # f is fixed
    }[kind]()


@st.composite
def models(draw: st.DrawFn) -> Any:
    m = pyo.ConcreteModel()
    kinds = st.sampled_from([pyo.Reals, pyo.Integers])
    for name in "abc":
        bounds = (draw(ENDS), draw(st.sampled_from([None, 2.0, 9.5])))
        m.add_component(name, pyo.Var(bounds=bounds, domain=draw(kinds)))
    m.f, m.p = pyo.Var(initialize=3), pyo.Param(initialize=0.5, mutable=True)
    m.f.fix()
    m.shared = pyo.Expression(pyo.Any)
    everything = m.a + m.b + m.c  # so that each is in the file
    for at in range(draw(st.integers(1, 3))):
        body, side = draw(bodies(m)), draw(NUMBERS)
        sides = draw(st.sampled_from([(side, side), (side, None), (None, side)]))
        m.add_component(f"row{at}", pyo.Constraint(expr=(sides[0], body + everything, sides[1])))
    sense = draw(st.sampled_from([pyo.minimize, pyo.maximize]))
    m.goal = pyo.Objective(expr=draw(bodies(m)) + everything, sense=sense)
    return m


@settings(
    max_examples=25, deadline=None, derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)  # fmt: skip
@given(model=models())
def test_pyomos_own_writer_says_the_same(model: Any, tmp_path: Path) -> None:
    ours = convert_pyomo("pyomo", model, None)
    assert isinstance(ours, ExactLinear)
    assert find_difference(ours.to_linear(), rebuild_pyomo(model)) is None
    model.write(str(tmp_path / "model.lp"), io_options={"symbolic_solver_labels": True})
    highs = highspy.Highs()
    highs.silent()
    highs.readModel(str(tmp_path / "model.lp"))
    theirs = convert_highs("highs", highs)
    assert (ours.sense, measures(ours)) == (theirs.sense, measures(theirs))


def measures(model: ExactLinear) -> Any:
    """All numbers of a model by names, rounded; a constant column that Pyomo writes is a number."""
    names = model.names
    offset = model.offset + sum(
        value / model.goal.scale
        for at, value in zip(model.goal.columns, model.goal.coefficients, strict=True)
        if names[at] == "ONE_VAR_CONSTANT"
    )
    goal = {
        names[at]: round(value / model.goal.scale, 9)
        for at, value in zip(model.goal.columns, model.goal.coefficients, strict=True)
        if names[at] in "abc"
    }
    rows = []
    for row in model.rows:
        terms = zip(row.columns, row.coefficients, strict=True)
        by_name = {names[at]: round(value / row.scale, 9) for at, value in terms}
        sides = (None if s is None else round(s / row.scale, 9) for s in (row.lower, row.upper))
        if set(by_name) <= set("abc"):
            rows.append((sorted(by_name.items()), *sides))
    bounds = sorted(
        (v.name, v.lower, v.upper, v.integer) for v in model.variables if v.name in "abc"
    )
    return round(float(offset), 9), goal, rows, bounds
