"""One small model in every format, and the runner's path from its source to the result.

maximise 3 x + 2 y + 5, x + y <= 4.5, x an integer in 0..3, y in 0..10: 17 at (3, 1.5). Where all
is integer, 2 x + 2 y <= 9: 16 at (3, 1). Where it is nonlinear, 17 - (x - 3)² - (y - 1.5)².
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from threading import Event
from typing import Any, ClassVar

import pytest

from argmin.api.run import RunDocument
from argmin.api.solve.solvers import ModelFormat, SolverName
from argmin_solvers.adapters import load_adapter
from argmin_solvers.adapters.base import Adapter, Settings, Solve
from argmin_solvers.process.interruption import Interruption
from argmin_solvers.result.run_result import RunResult
from argmin_solvers.runner import execute
from argmin_solvers.solve import run as solve_run

LP = """\
Maximize
 profit: 3 x + 2 y + 5
Subject To
 cap: x + y <= 4.5
Bounds
 x <= 3
 y <= 10
Generals
 x
End
"""
MPS = """\
NAME          SMALL
OBJSENSE
    MAX
ROWS
 N  profit
 L  cap
COLUMNS
    M1        'MARKER'                 'INTORG'
    x         profit             3.0   cap                1.0
    M2        'MARKER'                 'INTEND'
    y         profit             2.0   cap                1.0
RHS
    RHS       profit            -5.0   cap                4.5
BOUNDS
 UP BND       x                  3.0
 UP BND       y                 10.0
ENDATA
"""
PULP = """\
import pulp

def build():
    problem = pulp.LpProblem("small", pulp.LpMaximize)
    x = pulp.LpVariable("x", 0, 3, cat="Integer")
    y = pulp.LpVariable("y", 0, 10)
    problem += 3 * x + 2 * y + 5
    problem += x + y <= 4.5, "cap"
    return problem
"""
PYOMO = """\
import pyomo.environ as pyo

def build():
    m = pyo.ConcreteModel()
    m.x = pyo.Var(domain=pyo.{domain}, bounds=(0, 3))
    m.y = pyo.Var(bounds=(0, 10))
    m.cap = pyo.Constraint(expr=m.x + m.y <= 4.5)
    m.profit = pyo.Objective(expr=3 * m.x + 2 * m.y + 5, sense=pyo.maximize)
    return m
"""
HIGHSPY = """\
import highspy

def build():
    highs = highspy.Highs()
    highs.silent()
    x = highs.addIntegral(0, 3, 3, name="x")
    y = highs.addVariable(0, 10, 2, name="y")
    highs.addConstr(x + y <= 4.5, name="cap")
    highs.changeObjectiveOffset(5)
    highs.setMaximize()
    return highs
"""
CP_SAT = """\
variables { name: "x" domain: [0, 3] }
variables { name: "y" domain: [0, 10] }
constraints { name: "cap" linear { vars: [0, 1] coeffs: [2, 2] domain: [0, 9] } }
objective { vars: [0, 1] coeffs: [-3, -2] scaling_factor: -1 offset: -5 }
"""
ORTOOLS = """\
from ortools.sat.python import cp_model

def build():
    model = cp_model.CpModel()
    x, y = model.new_int_var(0, 3, "x"), model.new_int_var(0, 10, "y")
    model.add(2 * x + 2 * y <= 9).with_name("cap")
    model.maximize(3 * x + 2 * y + 5)
    return model
"""
NONLINEAR_PYOMO = """\
import pyomo.environ as pyo

def build():
    m = pyo.ConcreteModel()
    m.x = pyo.Var(bounds=(0, 3), initialize=2.5)
    m.y = pyo.Var(bounds=(0, 10), initialize=1.5)
    m.cap = pyo.Constraint(expr=m.x + m.y <= 4.5)
    m.profit = pyo.Objective(expr=17 - (m.x - 3) ** 2 - (m.y - 1.5) ** 2, sense=pyo.maximize)
    return m
"""


def write_nl(source: str, folder: Path) -> str:
    """The .nl text of a Pyomo model, with its names beside it."""
    from pyomo.repn.plugins.nl_writer import NLWriter

    module: dict[str, Any] = {}
    exec(source, module)
    path = folder / "written.nl"
    with path.open("w") as file:
        info = NLWriter().write(module["build"](), file, linear_presolve=False)
    (folder / "model.col").write_text("\n".join(v.name for v in info.variables) + "\n")
    (folder / "model.row").write_text("\n".join(c.name for c in info.constraints) + "\n")
    return path.read_text()


def _linear(x: float, y: float) -> float:
    return 3 * x + 2 * y + 5


def _curved(x: float, y: float) -> float:
    return 17 - (x - 3) ** 2 - (y - 1.5) ** 2


@dataclass(frozen=True)
class Source:
    """A model in a format; `library` where it is one of Python's."""

    format: ModelFormat
    text: Callable[[Path], str]
    library: str = ""
    objective: Callable[[float, float], float] = _linear
    best: float = 17.0
    integers: bool = True

    @property
    def is_linear(self) -> bool:
        """Whether it is checked exactly."""
        return self.objective is _linear

    def __str__(self) -> str:
        return "-".join(
            filter(None, (self.format, self.library, "" if self.is_linear else "nonlinear"))
        )


def _fixed(text: str) -> Callable[[Path], str]:
    return lambda _folder: text


RELAXED = PYOMO.format(domain="Reals")
LINEAR = (
    Source(ModelFormat.LP, _fixed(LP)),
    Source(ModelFormat.MPS, _fixed(MPS)),
    Source(ModelFormat.NL, lambda folder: write_nl(PYOMO.format(domain="Integers"), folder)),
    Source(ModelFormat.PYTHON, _fixed(PULP), "pulp"),
    Source(ModelFormat.PYTHON, _fixed(PYOMO.format(domain="Integers")), "pyomo"),
    Source(ModelFormat.PYTHON, _fixed(HIGHSPY), "highspy"),
)
CONSTRAINT = (
    Source(ModelFormat.CP_SAT, _fixed(CP_SAT), best=16.0),
    Source(ModelFormat.PYTHON, _fixed(ORTOOLS), "ortools", best=16.0),
)
CONTINUOUS = (
    Source(ModelFormat.NL, lambda folder: write_nl(RELAXED, folder), integers=False),
    Source(ModelFormat.PYTHON, _fixed(RELAXED), "pyomo", integers=False),
    Source(
        ModelFormat.NL,
        lambda folder: write_nl(NONLINEAR_PYOMO, folder),
        objective=_curved,
        integers=False,
    ),
    Source(ModelFormat.PYTHON, _fixed(NONLINEAR_PYOMO), "pyomo", objective=_curved, integers=False),
)
SOURCES: dict[SolverName, tuple[Source, ...]] = {
    SolverName.HIGHS: LINEAR,
    SolverName.CBC: LINEAR,
    SolverName.GLPK: LINEAR,
    SolverName.SCIP: LINEAR,
    SolverName.SCIPY: LINEAR,
    SolverName.CP_SAT: CONSTRAINT,
    SolverName.IPOPT: CONTINUOUS,
}
"""What each adapter is tested on: all that it takes."""

Corrupt = Callable[[Solve], Solve]


class CorruptAdapter:
    """A real adapter whose answer is spoilt on its way to the runner.

    What the real one found is kept, so that each solver runs once a source.
    """

    honest: ClassVar[dict[tuple[SolverName, Source], Solve]] = {}

    def __init__(self, real: Adapter, source: Source, corrupt: Corrupt) -> None:
        self._real = real
        self._key = (real.name, source)
        self._corrupt = corrupt

    def __getattr__(self, name: str) -> Any:
        return getattr(self._real, name)

    def solve(self, model: Any, settings: Settings, stop: Event) -> Solve:
        if self._key not in self.honest:
            self.honest[self._key] = self._real.solve(model, settings, stop)
        return self._corrupt(self.honest[self._key])


def run_corrupted(
    solver: SolverName,
    source: Source,
    corrupt: Corrupt,
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    *,
    proven: bool = False,
) -> RunResult:
    """Run the source through the runner, with the solver's answer spoilt.

    It is proven where that is asked, and for as long as it takes.
    """
    suffix = {ModelFormat.PYTHON: "py", ModelFormat.CP_SAT: "pbtxt"}.get(
        source.format, source.format
    )
    path = folder / f"model.{suffix}"
    path.write_text(source.text(folder))
    adapter = CorruptAdapter(load_adapter(solver), source, corrupt)
    monkeypatch.setattr(solve_run, "choose_adapter", lambda *_: adapter)
    document = {
        "name": "test",
        "root": str(folder),
        "task": {
            "kind": "solve",
            "format": source.format,
            "path": str(path),
            "solver": solver,
            "proof": {"time": "2m"} if proven else {"level": "Claimed"},
        },
    }
    return execute(RunDocument.model_validate(document), Interruption())
