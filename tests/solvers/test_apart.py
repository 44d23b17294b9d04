"""Searches in processes of their own: the same answers, stopped and failing as they do here."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from pathlib import Path
from threading import Event
from typing import Any

import psutil
import pytest

from argmin.api.answer import Outcome, Reason
from argmin.api.solve.solvers import SolverName
from argmin_solvers.adapters import load_adapter
from argmin_solvers.adapters.base import Ending, Settings
from argmin_solvers.adapters.isolation.search import Apart, search_apart
from argmin_solvers.adapters.outcome import solve_linear
from argmin_solvers.errors import RunError
from argmin_solvers.models.linear import LinearModel
from argmin_solvers.models.readers import read_lp
from argmin_solvers.progress.sink import ProgressSink
from tests.solvers.problems import market_share, mps, run_python_model

each_linear_solver = pytest.mark.parametrize(
    "name",
    [SolverName.HIGHS, SolverName.SCIP, SolverName.CBC, SolverName.GLPK, SolverName.SCIPY],
)


class Calling(ProgressSink):
    """Calls a function at the first solution that is told."""

    def __init__(self, call: Callable[[], None]) -> None:
        super().__init__()
        self._call = call

    def tell(self, **numbers: Any) -> None:
        super().tell(**numbers)
        if numbers.get("objective") is not None:
            self._call()


def unending(folder: Path) -> LinearModel:
    return read_lp(market_share(folder)).to_linear()


@each_linear_solver
def test_a_search_apart_finds_what_it_finds_here(name: SolverName, tmp_path: Path) -> None:
    model, settings = mps("rgn"), Settings(tmp_path)
    apart = solve_linear(Apart(name), model, settings, Event())
    here = load_adapter(name).solve(model, settings, Event())
    assert (apart.outcome, apart.objective) == (here.outcome, here.objective)
    assert list(tmp_path.glob(f"{name}-*")) == []


def test_its_progress_and_its_log_are_passed_on(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    told: list[int] = []
    settings = Settings(tmp_path, progress=Calling(lambda: told.append(1)))
    finding = search_apart(SolverName.HIGHS, mps("lseu"), settings, Event())
    assert finding.ending is Ending.PROVEN
    assert told
    assert "HiGHS" in capfd.readouterr().out


def test_a_quiet_search_prints_nothing(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    search_apart(SolverName.SCIP, mps("afiro"), Settings(tmp_path), Event(), quiet=True)
    assert capfd.readouterr().out == ""


@pytest.mark.parametrize("name", [SolverName.HIGHS, SolverName.SCIP])
def test_a_search_that_is_stopped_brings_what_it_found(name: SolverName, tmp_path: Path) -> None:
    stop = Event()
    settings = Settings(tmp_path, progress=Calling(stop.set))
    solve = solve_linear(Apart(name), unending(tmp_path), settings, stop)
    assert (solve.outcome, solve.reason) == (Outcome.FEASIBLE, Reason.INTERRUPTED)


def test_a_solver_that_cannot_be_asked_is_ended(tmp_path: Path) -> None:
    stop = Event()
    stop.set()
    apart = Apart(SolverName.SCIPY, stoppable=False)
    assert apart.search(unending(tmp_path), Settings(tmp_path), stop).ending is Ending.INTERRUPTED


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (signal.SIGSEGV, "highs crashed: its process was ended by SIGSEGV"),
        (signal.SIGKILL, "ended by SIGKILL, perhaps for want of memory"),
    ],
)
def test_a_crash_is_told_and_takes_nobody_along(
    number: signal.Signals, words: str, tmp_path: Path
) -> None:
    def crash() -> None:
        for child in psutil.Process().children():
            os.kill(child.pid, number)

    settings = Settings(tmp_path, progress=Calling(crash))
    with pytest.raises(RunError, match=words) as caught:
        search_apart(SolverName.HIGHS, unending(tmp_path), settings, Event())
    assert caught.value.reason is Reason.SOLVER_FAILED


def test_what_the_adapter_refuses_is_refused_the_same(tmp_path: Path) -> None:
    settings = Settings(tmp_path, options={"presolv": "off"})
    with pytest.raises(RunError, match="did you mean presolve") as caught:
        search_apart(SolverName.HIGHS, mps("afiro"), settings, Event())
    assert caught.value.reason is Reason.UNKNOWN_OPTION


def test_a_model_that_loads_ortools_is_solved_by_highs(tmp_path: Path) -> None:
    source = """
import pyomo.environ as pyo
from ortools.sat.python import cp_model  # some of its helpers, say
import sys

def build():
    assert "highspy" not in sys.modules
    model = pyo.ConcreteModel()
    model.x = pyo.Var(domain=pyo.NonNegativeIntegers, bounds=(0, 4))
    model.o = pyo.Objective(expr=model.x, sense=pyo.maximize)
    return model
"""
    ended = run_python_model(tmp_path, source, function="build", solver="highs")
    assert (ended.exit_code, ended.solved["outcome"]) == (0, "Optimal")
    assert (ended.solved["objective"], ended.solved["solver"]) == ("4.0", "highs")
