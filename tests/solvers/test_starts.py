"""Where a nonlinear search begins: functions that have no value there, and scales of rows."""

from __future__ import annotations

from pathlib import Path

import pytest

from argmin.api.answer import ExitCode, Outcome, Reason
from argmin_solvers.errors import RunError
from argmin_solvers.result.run_result import RunResult
from tests.solvers.runs import run_text

HEAD = """\
import pyomo.environ as pyo
def build():
    m = pyo.ConcreteModel()
    m.x, m.y = pyo.Var({x}), pyo.Var({y})
"""


def run(goal: str, folder: Path, *rows: str, x: str = "", y: str = "initialize=1") -> RunResult:
    """Minimise a goal of m.x and m.y, neither of which has a start unless it is given one."""
    lines = [f"    m.row{at} = pyo.Constraint(expr={row})" for at, row in enumerate(rows)]
    text = "\n".join((HEAD.format(x=x, y=y), *lines, f"    m.goal = pyo.Objective(expr={goal})"))
    return run_text(text + "\n    return m\n", "python", folder)


REACHED = {
    "log": ("(pyo.log(m.x) - 1)**2", (), {}, 0.0),
    "log of a negative number": ("(pyo.log(m.x) - 1)**2", (), {"x": "initialize=-3"}, 0.0),
    "sqrt": ("m.x - pyo.sqrt(m.x)", (), {}, -0.25),
    "a slope of a root": ("m.x - m.x**0.5", (), {"x": "bounds=(-5, 9)"}, -0.25),
    "division": ("m.x + 4 / m.x", (), {"x": "bounds=(0, None)"}, 4.0),
    "division by a difference": ("1 / (m.x - m.y)**2 + (m.x - m.y)**2", (), {"y": ""}, 2.0),
    "a row": ("m.x", ("pyo.log(m.x - 2) >= 0",), {}, 3.0),
    "one in another": ("(pyo.log(pyo.log(m.x)) - 1)**2", (), {}, 0.0),
    "two at once": ("pyo.log(m.x)**2 + (pyo.acos(m.y) - 1)**2", (), {"y": "initialize=7"}, 0.0),
    "a denominator of two": ("m.x**2 + 1 / (m.x * m.y)**2 + m.y**2", (), {"y": ""}, 3.0),
}


@pytest.mark.parametrize("name", REACHED)
def test_a_start_without_a_value_is_left_for_one_that_has_it(name: str, tmp_path: Path) -> None:
    goal, rows, variables, best = REACHED[name]
    answer = run(goal, tmp_path, *rows, **variables).answer
    assert (answer.solve.outcome, answer.reason) == (Outcome.FEASIBLE, Reason.LOCALLY_OPTIMAL)
    assert float(answer.solve.objective or "nan") == pytest.approx(best, abs=1e-5)
    assert answer.solve.verification is not None
    assert answer.solve.verification.verified


TOLD = {
    "a fixed value": (
        "(pyo.log(m.x) - 1)**2 + m.y**2",
        {"x": "bounds=(-2, -1)"},
        r"log\(x\) at the start x = -1.0\d* has no value or no slope",
    ),
    "a constant sign": (
        "pyo.sqrt(-1 - m.x**2) + m.y**2",
        {},
        r"sqrt\(.*x.*\) at the start x = 0.0 has no value or no slope",
    ),
}


@pytest.mark.parametrize("name", TOLD)
def test_a_function_that_has_a_value_nowhere_is_told_with_the_point(
    name: str, tmp_path: Path
) -> None:
    goal, variables, message = TOLD[name]
    with pytest.raises(RunError, match=message) as caught:
        run(goal, tmp_path, **variables)
    assert caught.value.reason is Reason.INVALID_MODEL
    assert caught.value.exit_code == ExitCode.INVALID_INPUT  # not tried again


@pytest.mark.parametrize("shift", [0, 127, 1e4, -250])
def test_a_constant_in_a_row_does_not_change_its_scale(shift: float, tmp_path: Path) -> None:
    # x**2 + y**2 <= 1000 however it is written: Ipopt may go beyond it by a hundred millionth.
    row = f"{1000 + shift} - m.x**2 - m.y**2 >= {shift}"
    answer = run("-m.x - m.y", tmp_path, row).answer
    assert answer.reason is Reason.LOCALLY_OPTIMAL
    assert answer.solve.verification is not None
    assert answer.solve.verification.verified
    assert answer.solve.verification.largest_violation is not None
    assert float(answer.solve.verification.largest_violation) < 2e-8
