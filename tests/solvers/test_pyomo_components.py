"""Components of Pyomo: expanded where Pyomo can, refused by name where it cannot."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent, indent
from typing import Any

import pyomo.environ as pyo
import pytest
from pyomo.gdp import Disjunction

from argmin.api.answer import Outcome, Reason
from argmin_solvers.errors import RunError
from argmin_solvers.models.converters.pyomo import convert_pyomo
from argmin_solvers.models.exact import ExactLinear
from argmin_solvers.result.run_result import RunResult
from tests.solvers.runs import run_text

IMPORTS = """\
import pyomo.environ as pyo
from pyomo.contrib.piecewise import PiecewiseLinearFunction
from pyomo.dae import ContinuousSet, DerivativeVar, Integral
from pyomo.gdp import Disjunct, Disjunction
from pyomo.mpec import Complementarity, complements
from pyomo.network import Arc, Port

def build():
    m = pyo.ConcreteModel()
"""


def build(body: str) -> str:
    return IMPORTS + indent(dedent(body), "    ") + "    return m\n"


def run(body: str, folder: Path, **model: Any) -> RunResult:
    return run_text(build(body), "python", folder, **model)


NETWORK = """
m.a, m.b = pyo.Block(), pyo.Block()
m.a.x, m.b.x = pyo.Var(bounds=(4, 10)), pyo.Var(bounds=(0, 10))
m.a.port, m.b.port = Port(), Port()
m.a.port.add(m.a.x, "x")
m.b.port.add(m.b.x, "x")
m.join = Arc(source=m.a.port, destination=m.b.port)
m.cost = pyo.Objective(expr=3 * m.a.x - m.b.x)
"""
CHOICE = """
m.x, m.y = pyo.Var(bounds=(0, 9)), pyo.Var(bounds=(0, 9))
m.low, m.high = Disjunct(), Disjunct()
m.low.c = pyo.Constraint(expr=m.x <= 1)
m.high.c = pyo.Constraint(expr=m.x <= 4)
m.high.d = pyo.Constraint(expr=m.y >= 2)
m.either = Disjunction(expr=[m.low, m.high])
m.goal = pyo.Objective(expr=m.x - m.y, sense=pyo.maximize)
"""
UNITS = """
m.d = Disjunct([1, 2, 3])
m.x = pyo.Var([1, 2, 3], bounds=(0, 5))
for i in (1, 2, 3):
    m.d[i].on = pyo.Constraint(expr=m.x[i] >= i)
m.off = Disjunct([1, 2, 3])
for i in (1, 2, 3):
    m.off[i].c = pyo.Constraint(expr=m.x[i] == 0)
m.state = Disjunction([1, 2, 3], rule=lambda m, i: [m.d[i], m.off[i]])
m.cost = pyo.Objective(expr=sum(m.x[i] for i in (1, 2, 3)))
y = {i: m.d[i].indicator_var for i in (1, 2, 3)}
"""
PIECEWISE = """
m.x, m.y = pyo.Var(bounds=(0, 3)), pyo.Var()
points = {points}
m.p = pyo.Piecewise(m.y, m.x, pw_pts=points, f_rule={values}, pw_repn="{kind}", pw_constr_type="EQ")
m.cost = pyo.Objective(expr=m.y - 2.5 * m.x)
"""
SOLVED = {
    "an arc between two ports": (NETWORK, 8.0),
    "an arc that is deactivated": (NETWORK + "m.join.deactivate()\n", 2.0),
    "a disjunction": (CHOICE, 2.0),
    "a disjunction that is deactivated": (
        CHOICE + "m.either.deactivate()\nm.low.deactivate()\nm.high.deactivate()\n",
        9.0,
    ),
    "a disjunct that is fixed": (CHOICE + "m.low.indicator_var.fix(True)\n", 1.0),
    "an implication": (
        UNITS + "m.one = pyo.LogicalConstraint(expr=y[1])\n"
        "m.two = pyo.LogicalConstraint(expr=y[1].implies(y[2]))\n",
        3.0,
    ),
    "a count": (UNITS + "m.c = pyo.LogicalConstraint(expr=pyo.atleast(2, *y.values()))\n", 3.0),
    "a tautology": (
        UNITS + "m.c = pyo.LogicalConstraint(expr=y[1].implies(y[1]))\n"
        "m.e = pyo.LogicalConstraint(expr=y[3])\n",
        3.0,
    ),
    "members of which one is deactivated": (
        UNITS + "m.c = pyo.LogicalConstraint([1, 2], rule=lambda m, i: y[i + 1])\n"
        "m.c[2].deactivate()\n",
        2.0,
    ),
    "a Boolean variable that is fixed": (
        UNITS + "m.b = pyo.BooleanVar()\nm.b.fix(True)\n"
        "m.c = pyo.LogicalConstraint(expr=m.b.implies(y[3]))\n",
        3.0,
    ),
    "logic without disjunctions": (
        "m.b = pyo.BooleanVar([1, 2])\nm.z = pyo.Var([1, 2], domain=pyo.Binary)\n"
        "for i in (1, 2):\n    m.b[i].associate_binary_var(m.z[i])\n"
        "m.c = pyo.LogicalConstraint(expr=m.b[1].xor(m.b[2]))\n"
        "m.cost = pyo.Objective(expr=2 * m.z[1] + 3 * m.z[2])\n",
        2.0,
    ),
    "a set of the first kind": (
        "m.x = pyo.Var([1, 2, 3], bounds=(-1, 3))\nm.s = pyo.SOSConstraint(var=m.x, sos=1)\n"
        "m.goal = pyo.Objective(expr=m.x[1] + 2 * m.x[2] + m.x[3], sense=pyo.maximize)\n",
        6.0,
    ),
    "a set with a member that is fixed": (
        "m.x = pyo.Var([1, 2, 3], bounds=(-1, 3))\nm.s = pyo.SOSConstraint(var=m.x, sos=1)\n"
        "m.x[3].fix(2)\n"
        "m.goal = pyo.Objective(expr=m.x[1] + 2 * m.x[2] + m.x[3], sense=pyo.maximize)\n",
        2.0,
    ),
    "a function by pieces": (
        "m.x = pyo.Var(bounds=(0, 3))\n"
        "m.f = PiecewiseLinearFunction(points=[0, 1, 2, 3], function=lambda x: (x - 2) ** 2)\n"
        "m.cost = pyo.Objective(expr=m.f(m.x) + 2 * m.x)\n",
        3.0,
    ),
    "a discretised derivative": (
        "m.t = ContinuousSet(bounds=(0, 1))\nm.x, m.u = pyo.Var(m.t), pyo.Var(m.t, bounds=(0, 5))\n"
        "m.dx = DerivativeVar(m.x, wrt=m.t)\n"
        "m.ode = pyo.Constraint(m.t, rule=lambda m, t: m.dx[t] == m.u[t])\n"
        "m.x[0].fix(0)\nm.reach = pyo.Constraint(expr=m.x[1] >= 1)\n"
        "pyo.TransformationFactory('dae.finite_difference').apply_to(m, nfe=4)\n"
        "m.cost = pyo.Objective(expr=sum(m.u[t] for t in m.t))\n",
        4.0,
    ),
    **{
        f"piecewise by {kind}": (
            PIECEWISE.format(kind=kind, points=points, values=values),
            min(y - 2.5 * x for x, y in zip(points, values, strict=True)),
        )
        for kind in ("SOS2", "DCC", "CC", "MC", "INC", "DLOG", "LOG")
        for points, values in [([0, 0.5, 1, 2, 3], [0, 5, 4, 4, 9])]
    },
}


@pytest.mark.parametrize("name", SOLVED)
def test_components_are_solved_as_they_are_meant(name: str, tmp_path: Path) -> None:
    body, best = SOLVED[name]
    result = run(body, tmp_path)
    assert result.answer.solve.outcome is Outcome.OPTIMAL
    assert float(result.answer.solve.objective or "nan") == pytest.approx(best, abs=1e-6)
    assert result.answer.solve.verification is not None
    assert result.answer.solve.verification.verified, result.answer.solve.verification.message


REFUSED = {
    "DerivativeVar": (
        "m.t = ContinuousSet(bounds=(0, 1))\nm.x = pyo.Var(m.t)\nm.dx = DerivativeVar(m.x)\n",
        "dx is a DerivativeVar: discretise it before you return the model",
    ),
    "Integral": (
        "m.t = ContinuousSet(bounds=(0, 1))\nm.x = pyo.Var(m.t)\n"
        "m.i = Integral(m.t, rule=lambda m, t: m.x[t])\n",
        "i is an Integral: discretise it",
    ),
    "Complementarity": (
        "m.x = pyo.Var(bounds=(0, 1))\n"
        "m.c = Complementarity(expr=complements(m.x >= 0, m.x <= 1))\n",
        r"c is a Complementarity: state it as a disjunction .*'mpec.simple_disjunction'",
    ),
    "IntervalVar": (
        "from pyomo.contrib.cp import IntervalVar\nm.task = IntervalVar(start=(0, 4), length=3)\n",
        "task is an IntervalVar: argmin does not know what it states",
    ),
    "an unbounded disjunction": (
        CHOICE.replace("m.x, m.y = pyo.Var(bounds=(0, 9))", "m.x, m.y = pyo.Var()"),
        r"cannot turn the model into constraints: .*; give the variables of disjunctions bounds",
    ),
    "an unbounded set": (
        "m.x = pyo.Var([1, 2, 3])\nm.s = pyo.SOSConstraint(var=m.x, sos=2)\n"
        "m.cost = pyo.Objective(expr=m.x[1])\n",
        r"variable x\[1\] of the ordered set s needs a lower bound: give it one",
    ),
    "a set beside products": (
        "m.x = pyo.Var([1, 2], bounds=(0, 1))\nm.s = pyo.SOSConstraint(var=m.x, sos=1)\n"
        "m.cost = pyo.Objective(expr=m.x[1] * m.x[2])\n",
        "the model is nonlinear and has special ordered sets: no solver of argmin takes both",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_carried_over_is_refused_by_name(name: str, tmp_path: Path) -> None:
    body, message = REFUSED[name]
    with pytest.raises(RunError, match=message) as caught:
        run(body, tmp_path)
    assert caught.value.reason is Reason.UNSUPPORTED


def test_the_users_model_is_left_as_it_is() -> None:
    m = pyo.ConcreteModel()
    m.x = pyo.Var(bounds=(0, 9))
    m.either = Disjunction(expr=[m.x <= 1, m.x >= 3])
    m.cost = pyo.Objective(expr=m.x, sense=pyo.maximize)
    before = [component.name for component in m.component_objects()]
    converted = convert_pyomo("m", m, None)
    assert isinstance(converted, ExactLinear)
    assert converted.names[0] == "x"
    assert [component.name for component in m.component_objects()] == before
    assert m.either.active


@pytest.mark.parametrize("power", [1, 2], ids=["linear", "nonlinear"])
@pytest.mark.parametrize(
    "body",
    [
        "m.x = pyo.Var(bounds=(3, 2))\n",
        "m.x, m.z = pyo.Var(), pyo.Var()\nm.z.fix(1)\nm.c = pyo.Constraint(expr=m.z >= 2)\n",
    ],
    ids=["bounds that cross", "a constraint that is constant"],
)
def test_what_is_plainly_infeasible_is_infeasible(body: str, power: int, tmp_path: Path) -> None:
    answer = run(f"{body}m.cost = pyo.Objective(expr=m.x**{power})\n", tmp_path).answer
    assert answer.solve.outcome is Outcome.INFEASIBLE
    assert answer.solve.verification is not None
    assert answer.solve.verification.verified


def test_an_operation_that_no_solver_takes_is_told_without_a_line_of_another_file(
    tmp_path: Path,
) -> None:
    body = "m.x = pyo.Var()\nm.cost = pyo.Objective(expr=pyo.floor(m.x))\n"
    with pytest.raises(RunError, match=r"^model\.py build\(\): operation o13 \(floor\) is not one"):
        run(body, tmp_path)
