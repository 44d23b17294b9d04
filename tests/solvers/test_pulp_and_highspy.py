"""PuLP problems and highspy objects: what they hold is taken exactly, or refused by name."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import highspy
import pulp
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from argmin.api.answer import Outcome, Reason
from argmin_solvers.errors import RunError
from argmin_solvers.models.converters.highs import convert_highs
from argmin_solvers.models.converters.pulp import convert_pulp
from argmin_solvers.models.readers import read_mps
from argmin_solvers.verify.comparison import find_change
from tests.solvers.runs import run_text

SOLVED = {
    "decimals": (
        """
import pulp
from decimal import Decimal
def build():
    p = pulp.LpProblem("decimals", pulp.LpMaximize)
    x = pulp.LpVariable("x", 0, Decimal("1.5"))
    p += Decimal("2") * x
    p += x <= Decimal("1.25")
    return p
""",
        2.5,
    ),
    "fractions and numbers of numpy": (
        """
import numpy, pulp
from fractions import Fraction
def build():
    p = pulp.LpProblem("numbers", pulp.LpMaximize)
    x = pulp.LpVariable("x", numpy.int64(0), numpy.float32(8))
    y = pulp.LpVariable("y", 0, Fraction(5, 2))
    p += x * numpy.int32(2) + numpy.float64(0.5) * y + Fraction(1, 4)
    p += Fraction(1, 3) * x + numpy.int8(1) * y <= numpy.float32(3)
    return p
""",
        16.25 + 1 / 6,
    ),
    "an implicit integer": (
        """
import highspy
def build():
    h = highspy.Highs()
    h.setOptionValue("output_flag", False)
    h.addVariable(lb=0, ub=3.5, obj=-1.0, type=highspy.HighsVarType.kImplicitInteger)
    return h
""",
        -3.0,
    ),
    "a fixed value": (
        """
import pulp
def build():
    p = pulp.LpProblem("fixed", pulp.LpMaximize)
    x, y = pulp.LpVariable("x", 0, 4), pulp.LpVariable("y", 0, 4)
    p += x + 2 * y
    p += x + y <= 5
    x.setInitialValue(3)
    x.fixValue()
    return p
""",
        7.0,
    ),
    "a binary made later": (
        """
import pulp
def build():
    p = pulp.LpProblem("binary", pulp.LpMaximize)
    x = pulp.LpVariable("x", 0, 9)
    x.cat = "Binary"
    p += 3 * x
    return p
""",
        3.0,
    ),
    "an elastic constraint": (  # 10 - x costs 2 a unit beyond the 5 that are free
        """
import pulp
def build():
    p = pulp.LpProblem("elastic", pulp.LpMinimize)
    x = pulp.LpVariable("x", 0, 3)
    p += 0 * x
    wish = pulp.LpConstraint(x, pulp.LpConstraintEQ, "wish", 10)
    p.extend(wish.makeElasticSubProblem(penalty=2, proportionFreeBound=0.5))
    return p
""",
        4.0,
    ),
    "a set of the first kind": (
        """
import pulp
def build():
    p = pulp.LpProblem("sos", pulp.LpMaximize)
    x = [pulp.LpVariable(f"x{i}", -1, 4 - i) for i in range(3)]
    p += 2 * x[0] + 3 * x[1] + 4 * x[2]
    p.sos1["one"] = {x[0]: 1, x[1]: 2, x[2]: 3}
    return p
""",
        9.0,
    ),
    "a set of the second kind": (  # weights of side by side points: 5 at 1, 4 at 2, 9 at 3
        """
import pulp
def build():
    p = pulp.LpProblem("sos", pulp.LpMaximize)
    w = [pulp.LpVariable(f"w{i}", 0) for i in range(4)]
    p += 5 * w[1] + 4 * w[2] + 9 * w[3] - 100 * w[3]
    p += pulp.lpSum(w) == 1
    p += w[1] + 2 * w[2] + 3 * w[3] == 2.25
    p.sos2["points"] = {w[i]: i for i in range(4)}
    return p
""",
        4 * 0.75 - 91 * 0.25,
    ),
}


@pytest.mark.parametrize("name", SOLVED)
def test_what_a_library_holds_is_solved_as_it_means_it(name: str, tmp_path: Path) -> None:
    text, best = SOLVED[name]
    answer = run_text(text, "python", tmp_path).answer
    assert answer.solve.outcome is Outcome.OPTIMAL
    assert float(answer.solve.objective or "nan") == pytest.approx(best, abs=1e-6)
    assert answer.solve.verification is not None
    assert answer.solve.verification.verified


def test_bounds_that_cross_are_infeasible(tmp_path: Path) -> None:
    text = SOLVED["decimals"][0].replace('"x", 0', '"x", 2')
    assert run_text(text, "python", tmp_path).answer.solve.outcome is Outcome.INFEASIBLE


def problem(change: Any) -> pulp.LpProblem:
    made = pulp.LpProblem("p", pulp.LpMaximize)
    x, y = pulp.LpVariable("x", 0, 4), pulp.LpVariable("y", 0)
    made += x + y
    made += x + y <= 7, "cap"
    change(made, x, y)
    return made


def set_category(_problem: Any, x: Any, _y: Any) -> None:
    x.cat = "SemiContinuous"


def set_text(_problem: Any, x: Any, _y: Any) -> None:
    x.upBound = "many"


def add_open_set(made: Any, x: Any, y: Any) -> None:
    z = pulp.LpVariable("z")
    made.addVariables([z])
    made.sos1["s"] = {x: 1, y: 2, z: 3}


def add_list(made: Any, x: Any, y: Any) -> None:
    made.sos2["s"] = [x, y]


REFUSED = [
    (set_category, "variable x has the category 'SemiContinuous': use LpContinuous, LpInteger"),
    (set_text, "a bound of variable x: 'many' is not a number"),
    (add_open_set, "variable z of the ordered set sos1_s needs a lower bound: give it one"),
    (add_list, "the special ordered set s is no mapping of the problem's variables to weights"),
]


@pytest.mark.parametrize(("change", "message"), REFUSED)
def test_what_is_not_known_of_pulp_is_refused_by_name(change: Any, message: str) -> None:
    with pytest.raises(RunError) as caught:
        convert_pulp("model.py build()", problem(change))
    assert caught.value.message.startswith(f"model.py build(): {message}")
    assert caught.value.reason in (Reason.UNSUPPORTED, Reason.INVALID_MODEL)


def silent() -> highspy.Highs:
    highs = highspy.Highs()
    highs.silent()
    return highs


@pytest.mark.parametrize(
    ("kind", "message"),
    [
        (highspy.HighsVarType.kSemiContinuous, "variable x is semi-continuous: state it with"),
        (highspy.HighsVarType.kSemiInteger, "variable x is semi-integer: state it with"),
    ],
)
def test_kinds_of_variables_of_highs_are_refused_by_name(kind: Any, message: str) -> None:
    highs = silent()
    highs.addVariable(lb=1, ub=3, obj=1, type=kind, name="x")
    with pytest.raises(RunError, match=message):
        convert_highs("h", highs)


def test_several_objectives_of_highs_are_refused() -> None:
    highs = silent()
    highs.addVariable(lb=1, ub=3, obj=1, name="x")
    objective = highspy.HighsLinearObjective()
    objective.coefficients, objective.weight = [1.0], 1.0
    highs.addLinearObjective(objective)
    with pytest.raises(RunError, match="several objectives"):
        convert_highs("h", highs)


NUMBERS = st.sampled_from([-7.25, -1.0, 0.5, 1.0, 2.0, 3.125, 1e6])
ENDS = st.sampled_from([None, -3.0, 0.0, 2.0])


@st.composite
def problems(draw: st.DrawFn) -> pulp.LpProblem:
    made = pulp.LpProblem("random", draw(st.sampled_from([pulp.LpMinimize, pulp.LpMaximize])))
    kinds = st.sampled_from([pulp.LpContinuous, pulp.LpInteger])
    x = [
        pulp.LpVariable(f"x{at}", draw(ENDS), draw(st.sampled_from([None, 2.0, 9.5])), draw(kinds))
        for at in range(3)
    ]
    terms = st.lists(NUMBERS, min_size=3, max_size=3)
    made += pulp.lpDot(draw(terms), x)
    for at in range(draw(st.integers(1, 3))):
        body = pulp.lpDot(draw(terms), x) + draw(NUMBERS)
        sense = draw(st.sampled_from([-1, 0, 1]))
        made += pulp.LpConstraint(body, sense, f"row{at}", draw(NUMBERS))
    return made


@settings(
    max_examples=25, deadline=None, derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)  # fmt: skip
@given(made=problems())
def test_other_writers_and_readers_say_the_same(made: pulp.LpProblem, tmp_path: Path) -> None:
    ours = convert_pulp("pulp", made).to_linear()
    made.writeLP(str(tmp_path / "pulp.lp"))
    highs = silent()
    highs.readModel(str(tmp_path / "pulp.lp"))
    read = convert_highs("highs", highs).to_linear()
    assert find_change(ours, read) is None
    highs.writeModel(str(tmp_path / "highs.mps"))
    again = read_mps(tmp_path / "highs.mps").to_linear()
    assert find_change(read, getattr(again, "to_linear", lambda: again)()) is None
