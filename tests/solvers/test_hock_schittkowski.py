"""Problems of Hock and Schittkowski's collection, with its optima, by the runner.

W. Hock and K. Schittkowski, Test Examples for Nonlinear Programming Codes, 1981. Constraints are
stated as in the book: a constant less what may not exceed it is not negative.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import pi, sqrt
from pathlib import Path

import pytest

from argmin.api.answer import Outcome, Reason
from tests.solvers.runs import run_text
from tests.solvers.verify.sources import write_nl


@dataclass(frozen=True)
class Problem:
    """x1, x2 and so on: where to start, within which bounds, what to minimise, subject to what."""

    start: list[float]
    goal: str
    rows: tuple[str, ...]
    best: float
    low: float | list[float] | None = None
    high: float | list[float] | None = None

    def source(self) -> str:
        names = [f"x{at}" for at in range(1, len(self.start) + 1)]
        return "\n".join(
            (
                "import pyomo.environ as pyo",
                "from pyomo.environ import exp, log, sin, sqrt",
                "def build():",
                "    m = pyo.ConcreteModel()",
                f"    n, start, low, high = {len(names)}, {self.start}, {self.low}, {self.high}",
                "    end = lambda ends, i: ends[i - 1] if isinstance(ends, list) else ends",
                "    m.x = pyo.Var(range(1, n + 1), initialize=lambda m, i: start[i - 1],",
                "        bounds=lambda m, i: (end(low, i), end(high, i)))",
                f"    {', '.join(names)}, = m.x.values()",
                f"    m.goal = pyo.Objective(expr={self.goal})",
                "    m.rows = pyo.ConstraintList()",
                *(f"    m.rows.add({row})" for row in self.rows),
                "    return m",
            )
        )


BOOK = {
    5: Problem([0, 0], "sin(x1 + x2) + (x1 - x2)**2 - 1.5*x1 + 2.5*x2 + 1", (),
               -sqrt(3) / 2 - pi / 3, low=[-1.5, -3], high=[4, 3]),
    7: Problem([2, 2], "log(1 + x1**2) - x2", ("(1 + x1**2)**2 + x2**2 - 4 == 0",), -sqrt(3)),
    10: Problem([-10, 10], "x1 - x2", ("-3*x1**2 + 2*x1*x2 - x2**2 + 1 >= 0",), -1),
    11: Problem([4.9, 0.1], "(x1 - 5)**2 + x2**2 - 25", ("-x1**2 + x2 >= 0",), -8.498464223),
    12: Problem([0, 0], "0.5*x1**2 + x2**2 - x1*x2 - 7*x1 - 7*x2",
                ("25 - 4*x1**2 - x2**2 >= 0",), -30),
    14: Problem([2, 2], "(x1 - 2)**2 + (x2 - 1)**2",
                ("-0.25*x1**2 - x2**2 + 1 >= 0", "x1 - 2*x2 + 1 == 0"), 9 - 2.875 * sqrt(7)),
    22: Problem([2, 2], "(x1 - 2)**2 + (x2 - 1)**2", ("-x1 - x2 + 2 >= 0", "-x1**2 + x2 >= 0"), 1),
    24: Problem([1, 0.5], "((x1 - 3)**2 - 9)*x2**3/(27*sqrt(3))",
                ("x1/sqrt(3) - x2 >= 0", "x1 + sqrt(3)*x2 >= 0", "6 - x1 - sqrt(3)*x2 >= 0"),
                -1, low=0),
    29: Problem([1, 1, 1], "-x1*x2*x3", ("48 - x1**2 - 2*x2**2 - 4*x3**2 >= 0",), -16 * sqrt(2)),
    35: Problem([0.5, 0.5, 0.5], "9 - 8*x1 - 6*x2 - 4*x3 + 2*x1**2 + 2*x2**2 + x3**2 + 2*x1*x2"
                " + 2*x1*x3", ("3 - x1 - x2 - 2*x3 >= 0",), 1 / 9, low=0),
    37: Problem([10, 10, 10], "-x1*x2*x3",
                ("72 - x1 - 2*x2 - 2*x3 >= 0", "x1 + 2*x2 + 2*x3 >= 0"), -3456, low=0, high=42),
    40: Problem([0.8] * 4, "-x1*x2*x3*x4",
                ("x1**3 + x2**2 - 1 == 0", "x1**2*x4 - x3 == 0", "x4**2 - x2 == 0"), -0.25),
    43: Problem([0] * 4, "x1**2 + x2**2 + 2*x3**2 + x4**2 - 5*x1 - 5*x2 - 21*x3 + 7*x4",
                ("8 - x1**2 - x2**2 - x3**2 - x4**2 - x1 + x2 - x3 + x4 >= 0",
                 "10 - x1**2 - 2*x2**2 - x3**2 - 2*x4**2 + x1 + x4 >= 0",
                 "5 - 2*x1**2 - x2**2 - x3**2 - 2*x1 + x2 + x4 >= 0"), -44),
    65: Problem([-5, 5, 0], "(x1 - x2)**2 + (x1 + x2 - 10)**2/9 + (x3 - 5)**2",
                ("48 - x1**2 - x2**2 - x3**2 >= 0",), 0.9535288567,
                low=[-4.5, -4.5, -5], high=[4.5, 4.5, 5]),
    66: Problem([0, 1.05, 2.9], "0.2*x3 - 0.8*x1", ("x2 - exp(x1) >= 0", "x3 - exp(x2) >= 0"),
                0.5181632741, low=0, high=[100, 100, 10]),
    71: Problem([1, 5, 5, 1], "x1*x4*(x1 + x2 + x3) + x3",
                ("x1*x2*x3*x4 - 25 >= 0", "x1**2 + x2**2 + x3**2 + x4**2 - 40 == 0"),
                17.0140173, low=1, high=5),
    76: Problem([0.5] * 4, "x1**2 + 0.5*x2**2 + x3**2 + 0.5*x4**2 - x1*x3 + x3*x4 - x1 - 3*x2 + x3"
                " - x4", ("5 - x1 - 2*x2 - x3 - x4 >= 0", "4 - 3*x1 - x2 - 2*x3 + x4 >= 0",
                          "x2 + 4*x3 - 1.5 >= 0"), -4.681818181, low=0),
    78: Problem([-2, 1.5, 2, -1, -1], "x1*x2*x3*x4*x5",
                ("x1**2 + x2**2 + x3**2 + x4**2 + x5**2 - 10 == 0", "x2*x3 - 5*x4*x5 == 0",
                 "x1**3 + x2**3 + 1 == 0"), -2.91970041),
    100: Problem([1, 2, 0, 4, 0, 1, 1], "(x1 - 10)**2 + 5*(x2 - 12)**2 + x3**4 + 3*(x4 - 11)**2"
                 " + 10*x5**6 + 7*x6**2 + x7**4 - 4*x6*x7 - 10*x6 - 8*x7",
                 ("127 - 2*x1**2 - 3*x2**4 - x3 - 4*x4**2 - 5*x5 >= 0",
                  "282 - 7*x1 - 3*x2 - 10*x3**2 - x4 + x5 >= 0",
                  "196 - 23*x1 - x2**2 - 6*x6**2 + 8*x7 >= 0",
                  "-4*x1**2 - x2**2 + 3*x1*x2 - 2*x3**2 - 5*x6 + 11*x7 >= 0"), 680.6300573744),
    110: Problem([9] * 10, "sum(log(x - 2)**2 + log(10 - x)**2 for x in m.x.values())"
                 " - pyo.prod(m.x.values())**0.2", (), -45.77846971, low=2.001, high=9.999),
    113: Problem([2, 3, 5, 5, 1, 2, 7, 3, 6, 10], "x1**2 + x2**2 + x1*x2 - 14*x1 - 16*x2"
                 " + (x3 - 10)**2 + 4*(x4 - 5)**2 + (x5 - 3)**2 + 2*(x6 - 1)**2 + 5*x7**2"
                 " + 7*(x8 - 11)**2 + 2*(x9 - 10)**2 + (x10 - 7)**2 + 45",
                 ("105 - 4*x1 - 5*x2 + 3*x7 - 9*x8 >= 0", "-10*x1 + 8*x2 + 17*x7 - 2*x8 >= 0",
                  "8*x1 - 2*x2 - 5*x9 + 2*x10 + 12 >= 0",
                  "-3*(x1 - 2)**2 - 4*(x2 - 3)**2 - 2*x3**2 + 7*x4 + 120 >= 0",
                  "-5*x1**2 - 8*x2 - (x3 - 6)**2 + 2*x4 + 40 >= 0",
                  "-0.5*(x1 - 8)**2 - 2*(x2 - 4)**2 - 3*x5**2 + x6 + 30 >= 0",
                  "-x1**2 - 2*(x2 - 2)**2 + 2*x1*x2 - 14*x5 + 6*x6 >= 0",
                  "3*x1 - 6*x2 - 12*(x9 - 8)**2 + 7*x10 >= 0"), 24.306209068),
}  # fmt: skip


CONVEX_QUADRATIC = (35, 76)
"""Over linear constraints: the optimum is certified."""


@pytest.mark.parametrize("format_", ["python", "nl"])
@pytest.mark.parametrize("number", BOOK)
def test_the_optimum_of_the_book_is_found(number: int, format_: str, tmp_path: Path) -> None:
    problem = BOOK[number]
    text = problem.source()
    if format_ == "nl":
        text = write_nl(text, tmp_path)
    answer = run_text(text, format_, tmp_path, proof=None).answer
    is_proven = number in CONVEX_QUADRATIC
    assert answer.solve.outcome is (Outcome.OPTIMAL if is_proven else Outcome.FEASIBLE)
    assert answer.reason is (Reason.OPTIMAL if is_proven else Reason.LOCALLY_OPTIMAL)
    assert float(answer.solve.objective or "nan") == pytest.approx(problem.best, rel=1e-6, abs=1e-6)
    assert answer.solve.verification is not None
    assert answer.solve.verification.verified, answer.solve.verification.message
