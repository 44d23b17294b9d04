"""Models that a user's Python file builds."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from argmin.api.answer import ExitCode, Reason, Sense
from argmin.api.solve.solvers import SolverName
from argmin_solvers.adapters import choose_adapter
from argmin_solvers.adapters.base import Settings
from argmin_solvers.errors import RunError
from argmin_solvers.models.cpsat_model import CpSatModel
from argmin_solvers.models.linear import LinearModel
from argmin_solvers.models.nonlinear import NonlinearModel
from argmin_solvers.models.python_function import build_model
from tests.solvers.problems import run_python_model, solve

PULP = """
import pulp
def build():
    problem = pulp.LpProblem("p", pulp.LpMaximize)
    x = pulp.LpVariable("x", -2, 5, pulp.LpInteger)
    y = pulp.LpVariable("y", None, 8)
    problem += 3 * x + 2 * y + 100
    problem += x + y + 1 <= 10.5, "capacity"
    problem += x - y >= -1, "balance"
    return problem
"""
PYOMO = """
import pyomo.environ as pyo
def build():
    m = pyo.ConcreteModel()
    m.x = pyo.Var(bounds=(-2, 5), domain=pyo.Integers)
    m.y = pyo.Var(bounds=(None, 8))
    m.fixed = pyo.Var(initialize=1)
    m.fixed.fix()
    m.o = pyo.Objective(expr=3 * m.x + 2 * m.y + 100, sense=pyo.maximize)
    m.capacity = pyo.Constraint(expr=(-50, m.x + m.y + m.fixed, 10.5))
    m.balance = pyo.Constraint(expr=m.x - m.y >= -1)
    return m
"""
HIGHS = """
import highspy
def build():
    h = highspy.Highs()
    x = h.addIntegral(lb=-2, ub=5, name="x")
    y = h.addVariable(lb=-highspy.kHighsInf, ub=8, name="y")
    h.addConstr(x + y <= 9.5)
    h.addConstr(x - y >= -1)
    h.setObjective(3 * x + 2 * y + 100, sense=highspy.ObjSense.kMaximize)
    return h
"""
NONLINEAR = """
import pyomo.environ as pyo
def build():
    m = pyo.ConcreteModel()
    m.x = pyo.Var(bounds=(0, 9), initialize=1{domain})
    m.o = pyo.Objective(expr=(m.x - 2.5) ** 2)
    return m
"""
CP_SAT = """
from ortools.sat.python import cp_model
def build():
    model = cp_model.CpModel()
    model.maximize(model.new_int_var(0, 7, "x"))
    return model
"""


def build(source: str, folder: Path, solver: SolverName | None = None, name: str = "build") -> Any:
    path = folder / "model.py"
    path.write_text(source)
    return build_model(path, name, solver)


@pytest.mark.parametrize("source", [PULP, PYOMO, HIGHS], ids=["pulp", "pyomo", "highspy"])
def test_linear_models_are_the_same_from_every_library(source: str, tmp_path: Path) -> None:
    model = build(source, tmp_path)
    assert isinstance(model, LinearModel)
    assert model.sense is Sense.MAXIMIZE
    result = solve(SolverName.HIGHS, model, tmp_path)
    assert result.objective == 124.0
    assert result.values == {"x": 5.0, "y": 4.5}


def test_each_library_has_its_default_solver(tmp_path: Path) -> None:
    expected = {
        PULP: (LinearModel, SolverName.HIGHS),
        CP_SAT: (CpSatModel, SolverName.CP_SAT),
        NONLINEAR.format(domain=""): (NonlinearModel, SolverName.IPOPT),
    }
    for source, (kind, solver) in expected.items():
        model = build(source, tmp_path)
        assert isinstance(model, kind)
        assert choose_adapter(model, None, Settings(tmp_path)).name is solver


def test_a_linear_pyomo_model_goes_to_ipopt_where_that_is_asked(tmp_path: Path) -> None:
    source = PYOMO.replace(", domain=pyo.Integers", "")
    model = build(source, tmp_path, SolverName.IPOPT)
    result = solve(SolverName.IPOPT, model, tmp_path)
    assert result.values == pytest.approx({"x": 5.0, "y": 4.5}, rel=1e-5)


@pytest.mark.parametrize(
    ("source", "solver", "message"),
    [
        (
            CP_SAT,
            SolverName.CBC,
            "spec.solver.name: cbc cannot take a CP-SAT model; choose one of cp-sat",
        ),
        (
            PULP,
            SolverName.IPOPT,
            "spec.solver.name: ipopt cannot take a linear model;"
            " choose one of highs, cbc, glpk, scip, scipy",
        ),
        (
            NONLINEAR.format(domain=""),
            SolverName.GLPK,
            "spec.solver.name: glpk cannot take a nonlinear model; choose one of ipopt",
        ),
        (
            NONLINEAR.format(domain=", domain=pyo.Integers"),
            SolverName.IPOPT,
            "spec.solver.name: ipopt cannot take a nonlinear model with 1 integer variables;"
            " no solver of argmin can",
        ),
    ],
)
def test_a_solver_that_cannot_take_the_model_is_refused_with_those_that_can(
    source: str, solver: SolverName, message: str, tmp_path: Path
) -> None:
    model = build(source, tmp_path, solver)
    with pytest.raises(RunError) as caught:
        choose_adapter(model, solver, Settings(tmp_path))
    assert (caught.value.reason, caught.value.message) == (Reason.UNSUPPORTED, message)


WANTED = "return a PuLP LpProblem, a Pyomo ConcreteModel, an OR-Tools CpModel or a highspy Highs"


@pytest.mark.parametrize(
    ("source", "reason", "message"),
    [
        (
            "def build():\n    pass\n",
            Reason.INVALID_MODEL,
            f"model.py build() returns nothing: {WANTED}",
        ),
        (
            "def build():\n    return [1]\n",
            Reason.INVALID_MODEL,
            f"model.py build() returns 'builtins.list': {WANTED}",
        ),
        (
            "def make():\n    return 1\n",
            Reason.INVALID_MODEL,
            "model.py: there is no function build, only make;"
            " spec.model.function names the one that returns the model",
        ),
        (
            "def build(:\n",
            Reason.INVALID_MODEL,
            "model.py line 1: SyntaxError: invalid syntax",
        ),
        (
            "def build():\n    x = {}\n    return x['demand']\n",
            Reason.MODEL_FAILED,
            "model.py line 3: KeyError: 'demand'",
        ),
        (
            "import nothing_like_this\n",
            Reason.MODEL_FAILED,
            "model.py line 1: ModuleNotFoundError: No module named 'nothing_like_this'",
        ),
        (
            "import sys\ndef build():\n    sys.exit('no data')\n",
            Reason.MODEL_FAILED,
            "model.py line 3: SystemExit: no data",
        ),
        (
            PULP.replace("3 * x + 2 * y", "3 * x + float('nan') * y"),
            Reason.MODEL_FAILED,
            "model.py line 7: pulp.constants.PulpError: Cannot multiply variables with NaN/inf",
        ),
        (
            PYOMO.replace("3 * m.x", "float('nan') * m.x"),
            Reason.INVALID_MODEL,
            "model.py build(): the objective coefficient of x is nan",
        ),
        (
            PYOMO.replace("m.x + m.y + m.fixed", "m.x + float('inf') * m.y"),
            Reason.INVALID_MODEL,
            "model.py build(): the coefficient of y in capacity is inf",
        ),
        (
            PYOMO.replace("return m", "m.p = pyo.Objective(expr=m.x)\n    return m"),
            Reason.INVALID_MODEL,
            "model.py build(): 2 active objectives (o, p): deactivate all but one",
        ),
        (
            PYOMO.replace(
                "return m",
                "m.v = pyo.Var([1, 2])\n    m.s = pyo.SOSConstraint(var=m.v, sos=1)\n    return m",
            ),
            Reason.UNSUPPORTED,
            "model.py build(): variable v[1] of the ordered set s needs a lower bound: give it one,"
            " so that the set can be stated with binary variables",
        ),
    ],
)
def test_mistakes_are_told_at_the_users_line(
    source: str, reason: Reason, message: str, tmp_path: Path
) -> None:
    with pytest.raises(RunError) as caught:
        build(source, tmp_path)
    assert caught.value.reason is reason
    assert caught.value.message.startswith(message)


@pytest.mark.parametrize(
    ("statement", "again"),
    [
        ("{}['April']", False),
        ("import nothing_like_this", False),
        ("None + 1", False),
        ("import pulp; pulp.LpVariable('x') * float('nan')", False),
        (
            "import pyomo.environ as p; m = p.ConcreteModel(); m.x = p.Var();"
            " m.c = p.Constraint(expr=m.x < 1)",
            False,
        ),
        ("open('/nowhere')", True),
        ("raise SystemExit('the data is not there yet')", True),
        ("raise KeyboardInterrupt", True),
        ("class Odd(BaseException): pass\n    raise Odd", True),
        ("raise ValueError('half a file')", True),
    ],
)
def test_a_fault_of_the_model_is_not_tried_again(
    statement: str, again: bool, tmp_path: Path
) -> None:
    with pytest.raises(RunError) as caught:
        build(f"def build():\n    {statement}\n", tmp_path)
    assert caught.value.reason is Reason.MODEL_FAILED
    assert caught.value.exit_code == (ExitCode.PROGRAM_FAILED if again else ExitCode.INVALID_INPUT)


FIXED = [
    ("bounds=(0, 3)", "5", "is fixed at 5, above its upper bound 3: change one of them"),
    ("bounds=(0, None)", "-1", "is fixed at -1, below its lower bound 0: change one of them"),
    ("domain=pyo.Binary", "2", "is fixed at 2, above its upper bound 1: change one of them"),
    (
        "domain=pyo.Integers",
        "2.5",
        "is fixed at 2.5, which is not in its domain Integers: change one of them",
    ),
    (
        "domain=pyo.Set(initialize=[1, 5])",
        "3",
        "is fixed at 3, which is not in its domain {1, 5}: change one of them",
    ),
    ("bounds=(0, 3)", "None", "is fixed and has no value: give fix() one"),
    ("domain=pyo.Integers", "float('nan')", "is fixed at nan: fix it at a finite number"),
]


def fixed(declaration: str, value: str, power: int = 1) -> str:
    source = PYOMO.replace("initialize=1", declaration)
    source = source.replace("fixed.fix()", f"fixed.fix({value}, skip_validation=True)")
    return source.replace("m.y + m.fixed", f"m.y + m.fixed * m.x ** {power}")


@pytest.mark.parametrize("power", [1, 2], ids=["linear", "nonlinear"])
@pytest.mark.parametrize(("declaration", "value", "message"), FIXED)
def test_a_pyomo_variable_fixed_outside_its_domain_or_bounds_is_refused(
    declaration: str, value: str, message: str, power: int, tmp_path: Path
) -> None:
    with pytest.raises(RunError) as caught:
        build(fixed(declaration, value, power), tmp_path)
    assert caught.value.reason is Reason.INVALID_MODEL
    assert caught.value.message == f"model.py build(): variable fixed {message}"


@pytest.mark.parametrize(
    ("declaration", "value"),
    [
        ("bounds=(0, 3)", "3.0000001"),
        ("domain=pyo.Integers", "1.999999"),
        ("domain=pyo.Binary", "-1e-9"),
        ("domain=pyo.Set(initialize=[1, 5])", "5"),
    ],
)
def test_a_pyomo_variable_fixed_where_a_solver_left_it_is_no_mistake(
    declaration: str, value: str, tmp_path: Path
) -> None:
    assert build(fixed(declaration, value), tmp_path).columns == 2


def test_a_pyomo_variable_that_nothing_active_has_may_be_fixed_anywhere(tmp_path: Path) -> None:
    source = fixed("bounds=(0, 3)", "5").replace(" + m.fixed * m.x ** 1", "")
    assert build(source, tmp_path).columns == 2


def test_the_function_may_have_another_name(tmp_path: Path) -> None:
    assert build(PULP.replace("build", "steel"), tmp_path, name="steel").columns == 2


def test_modules_beside_the_model_can_be_imported(tmp_path: Path) -> None:
    (tmp_path / "tables_of_the_model.py").write_text(PULP)
    assert build("from tables_of_the_model import build\n", tmp_path).columns == 2


def test_a_model_that_raises_leaves_its_traceback_in_the_log_alone(tmp_path: Path) -> None:
    ended = run_python_model(tmp_path, "def build():\n    return {}['demand']\n")
    assert ended.exit_code == ExitCode.INVALID_INPUT
    assert ended.answer["message"] == "model.py line 2: KeyError: 'demand'"
    assert "Traceback" not in ended.answer["message"]
    assert "Traceback (most recent call last)" in ended.log


def test_a_model_that_prints_a_megabyte_is_solved_and_its_log_is_bounded(tmp_path: Path) -> None:
    chatter = 'def build():\n    for n in range(20_000):\n        print(n, "x" * 60)\n'
    ended = run_python_model(tmp_path, PULP.replace("def build():\n", chatter, 1))
    assert (ended.solved["outcome"], ended.solved["objective"]) == ("Optimal", "124.0")
    assert len(ended.output) > 1_000_000
    assert len(ended.log) < 300_000
    assert "bytes left out" in ended.log
    assert "0 xxx" in ended.log
    assert "outcome Optimal" in ended.log
