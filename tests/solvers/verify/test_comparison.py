"""The model that a solver was given is the one that the source holds, number by number."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from threading import Event
from typing import Any

import numpy as np
import pytest

from argmin.api.answer import Outcome, Reason
from argmin.api.solve.solvers import ModelFormat
from argmin.api.task import SolveTask
from argmin_solvers.models import load_model
from argmin_solvers.models.linear import LinearModel
from argmin_solvers.verify.base import CheckReason
from argmin_solvers.verify.check import check_solve
from argmin_solvers.verify.comparison import find_difference
from argmin_solvers.verify.reload import rebuild
from tests.solvers.problems import run_python_model
from tests.solvers.verify.test_check import RIGHT

LP = "max\n obj: 3 x + 2 y\nst\n c1: 2 x + 2 y <= 9\n c2: x - y >= -4\nbounds\n x <= 3\nend\n"


def declare(folder: Path, name: str, text: str) -> SolveTask:
    path = folder / name
    path.write_text(text)
    formats = {".lp": ModelFormat.LP, ".py": ModelFormat.PYTHON, ".pbtxt": ModelFormat.CP_SAT}
    return SolveTask(format=formats[path.suffix], path=str(path))


PULP_BOUND = """\
import itertools, pulp
numbers = NUMBERS
def build():
    p = pulp.LpProblem("p", pulp.LpMaximize)
    x = pulp.LpVariable("x", 0, 100)
    p += 3 * x
    p += x <= numbers(), "limit"
    return p
"""
HIGHS_COST = """\
import highspy
numbers = NUMBERS
def build():
    h = highspy.Highs()
    h.silent()
    x = h.addVariable(lb=0, ub=100, name="x")
    h.addConstr(x <= 50, name="limit")
    h.maximize(numbers() * x)
    return h
"""
PYOMO_COEFFICIENT = """\
import pyomo.environ as pyo
numbers = NUMBERS
def build():
    m = pyo.ConcreteModel()
    m.x = pyo.Var(bounds=(0, 100))
    m.goal = pyo.Objective(expr=m.x, sense=pyo.maximize)
    m.limit = pyo.Constraint(expr=numbers() * m.x <= 50)
    return m
"""
PYOMO_NONLINEAR = """\
import pyomo.environ as pyo
numbers = NUMBERS
def build():
    m = pyo.ConcreteModel()
    m.x = pyo.Var(bounds=(1, 100), initialize=2)
    m.goal = pyo.Objective(expr=numbers() * m.x ** 2)
    return m
"""
CP_SAT_DOMAIN = """\
from ortools.sat.python import cp_model
numbers = NUMBERS
def build():
    m = cp_model.CpModel()
    x = m.new_int_var(0, numbers(), "x")
    m.maximize(x)
    return m
"""
CP_SAT_CONSTRAINT = """\
from ortools.sat.python import cp_model
numbers = NUMBERS
def build():
    m = cp_model.CpModel()
    x = m.new_int_var(0, 100, "x")
    m.add(x <= numbers())
    m.maximize(x)
    return m
"""
OTHER_EACH_TIME = (
    "__import__('sys').__dict__.setdefault('numbers', __import__('itertools').count(7)).__next__"
)
SAME_EACH_TIME = "lambda: 7"
SOURCES = [
    (PULP_BOUND, "the upper side of constraint 'limit' is 7.0, and not 8.0"),
    (HIGHS_COST, "the objective coefficient of 'x' is 7.0, and not 8.0"),
    (PYOMO_COEFFICIENT, "the coefficient of 'x' in constraint 'limit' is 7.0, and not 8.0"),
    (PYOMO_NONLINEAR, "its objective, or an expression that it shares, is another"),
    (CP_SAT_DOMAIN, "the domain of 'x' is [0, 7], and not [0, 8] of 'x'"),
    (CP_SAT_CONSTRAINT, "its constraint #0 is another"),
]


@pytest.fixture(autouse=True)
def _count_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    from itertools import count

    monkeypatch.setattr("sys.numbers", count(7), raising=False)


@pytest.mark.parametrize(("source", "difference"), SOURCES)
def test_a_function_with_other_numbers_at_each_call_is_told_so_with_the_first(
    source: str, difference: str, tmp_path: Path
) -> None:
    declared = declare(tmp_path, "model.py", source.replace("NUMBERS", OTHER_EACH_TIME))
    conclusion = check_solve(declared, load_model(declared), RIGHT, Event())
    assert conclusion.verification.reason == CheckReason.NOT_REPRODUCIBLE
    assert difference in str(conclusion.verification.message)
    assert (conclusion.solve.outcome, conclusion.solve.reason) == (
        Outcome.FEASIBLE,
        Reason.UNVERIFIED,
    )


@pytest.mark.parametrize("source", [source for source, _ in SOURCES])
def test_a_function_with_the_same_numbers_at_each_call_is_checked(
    source: str, tmp_path: Path
) -> None:
    ended = run_python_model(tmp_path, source.replace("NUMBERS", SAME_EACH_TIME))
    assert ended.solved["verification"]["reason"] == CheckReason.VERIFIED


def test_rows_and_variables_may_come_in_another_order_each_time(tmp_path: Path) -> None:
    source = PULP_BOUND.replace("NUMBERS", OTHER_EACH_TIME).replace(
        'p += x <= numbers(), "limit"',
        "for i in sorted(range(3), key=lambda i: i * (-1) ** numbers()):\n"
        '        p += x <= 5 + i, f"limit{i}"',
    )
    ended = run_python_model(tmp_path, source)
    assert ended.solved["verification"]["reason"] == CheckReason.VERIFIED


def spoil(model: LinearModel, part: str) -> LinearModel:
    vector = np.array(getattr(model, part))
    vector[0] = not vector[0] if vector.dtype == np.bool_ else vector[0] + 1
    changed: dict[str, Any] = {part: vector}
    return replace(model, **changed)


@pytest.mark.parametrize(
    ("part", "difference"),
    [
        ("cost", "the objective coefficient of 'x' is 4.0, and not 3.0"),
        ("lower", "the lower bound of 'x' is 1.0, and not 0.0"),
        ("upper", "the upper bound of 'x' is 4.0, and not 3.0"),
        ("integer", "whether only integers are allowed for 'x' is True, and not False"),
        ("row_upper", "the upper side of constraint 'c1' is 10.0, and not 9.0"),
        ("value", "the coefficient of 'x' in constraint 'c1' is 3.0, and not 2.0"),
    ],
)
def test_a_number_that_a_reader_gets_wrong_is_found(
    part: str, difference: str, tmp_path: Path
) -> None:
    declared = declare(tmp_path, "model.lp", LP)
    model = load_model(declared)
    assert find_difference(model, rebuild(declared).original) is None
    assert find_difference(spoil(model, part), rebuild(declared).original) == difference


def test_an_answer_to_another_model_is_wrong_and_says_in_what(tmp_path: Path) -> None:
    declared = declare(tmp_path, "model.lp", LP)
    right = replace(RIGHT, objective=12.0, best_bound=12.0, values={"x": 3.0, "y": 1.5})
    conclusion = check_solve(declared, spoil(load_model(declared), "lower"), right, Event())
    assert conclusion.verification.reason == CheckReason.MODELS_DIFFER
    assert conclusion.verification.message == (
        "the solver was given another model than the source holds:"
        " the lower bound of 'x' is 1.0, and not 0.0"
    )


def test_an_entry_in_the_wrong_row_is_found(tmp_path: Path) -> None:
    declared = declare(tmp_path, "model.lp", LP.replace("x - y", "y + 0 x - 5 x"))
    model = load_model(declared)
    swapped = replace(model, value=model.value[[1, 0, 2, 3]])
    assert find_difference(model, rebuild(declared).original) is None
    assert find_difference(swapped, rebuild(declared).original) == (
        "the coefficient of 'x' in constraint 'c1' is -5.0, and not 2.0"
    )
