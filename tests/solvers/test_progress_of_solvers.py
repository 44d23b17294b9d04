"""What each solver tells while it searches: it leads to the answer and never contradicts it."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, replace
from pathlib import Path
from threading import Event
from typing import Any

import pytest
from ortools.sat.python import cp_model

from argmin.api.answer import Outcome, Sense
from argmin.api.solve.request import SolutionPool
from argmin.api.solve.solvers import SolverName
from argmin_solvers.adapters import ipopt, load_adapter
from argmin_solvers.adapters.base import Settings, Solve
from argmin_solvers.adapters.cbc_log import CbcLog
from argmin_solvers.adapters.glpk_log import GlpkLog
from argmin_solvers.models.cpsat_model import checked_cpsat
from argmin_solvers.models.linear import LinearModel
from argmin_solvers.models.readers.nl import read_nl
from argmin_solvers.progress.sink import ProgressSink
from tests.solvers.problems import linear, mps
from tests.solvers.test_nonlinear import sphere, write

CALLED = [SolverName.HIGHS, SolverName.SCIP]
"""They tell by callbacks."""
READ = [SolverName.CBC, SolverName.GLPK]
"""Theirs is read from their logs, which round."""


class Hearing(ProgressSink):
    """A sink that remembers all it was told."""

    def __init__(self, sense: Sense | None) -> None:
        super().__init__(sense)
        self.told: list[dict[str, Any]] = []

    def tell(self, **numbers: Any) -> None:
        self.told.append(numbers)
        super().tell(**numbers)

    def all(self, name: str) -> list[float]:
        """What was told under a name, without what stands for nothing."""
        values = [numbers.get(name) for numbers in self.told]
        return [value for value in values if value is not None and abs(value) < 1e20]


@dataclass(frozen=True)
class Heard:
    """A solve and what was told meanwhile."""

    solver: SolverName
    solve: Solve
    sink: Hearing


def hear(solver: SolverName, model: Any, folder: Path, **settings: Any) -> Heard:
    sink = Hearing(model.sense)
    chosen = Settings(folder, progress=sink, **settings)
    return Heard(solver, load_adapter(solver).solve(model, chosen, Event()), sink)


def negated(model: LinearModel) -> LinearModel:
    """The same model as a maximisation, with a constant."""
    return replace(model, sense=Sense.MAXIMIZE, cost=-model.cost, offset=1000.0)


@pytest.fixture(scope="module", params=[*CALLED, *READ])
def heard(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Heard:
    """What a solver tells of a small model with integers."""
    return hear(request.param, mps("lseu"), tmp_path_factory.mktemp("heard"))


@pytest.mark.parametrize("solver", [*CALLED, *READ])
def test_of_a_maximisation_too_incumbents_lead_to_the_answer(
    solver: SolverName, tmp_path: Path
) -> None:
    check_course(hear(solver, negated(mps("lseu")), tmp_path), answer=-120.0)


def test_incumbents_lead_to_the_answer_and_no_bound_contradicts_it(heard: Heard) -> None:
    check_course(heard, answer=1120.0)


def check_course(heard: Heard, answer: float) -> None:
    assert heard.solve.outcome is Outcome.OPTIMAL
    assert heard.solve.objective == pytest.approx(answer)
    maximizes = heard.solve.sense is Sense.MAXIMIZE
    better = max if maximizes else min
    assert better(heard.sink.all("objective")) == pytest.approx(answer, rel=1e-7)
    bounds = heard.sink.all("bound")
    assert bounds
    slack = 1e-6 * abs(answer)
    assert all(b >= answer - slack if maximizes else b <= answer + slack for b in bounds)
    last = heard.sink.history(heard.solve.objective, heard.solve.best_bound)[-1]
    assert (last.objective, last.best_bound) == (heard.solve.objective, heard.solve.best_bound)


def test_the_solutions_of_a_search_are_counted(heard: Heard) -> None:
    assert max(heard.sink.all("solutions")) == heard.solve.solutions


def test_the_guide_says_what_a_solver_tells(heard: Heard) -> None:
    guide = Path(__file__).parents[2] / "docs" / "user-guide" / "progress.md"
    row = re.search(rf"^\| {heard.solver} \| ([^|]+) \|", guide.read_text(), re.M | re.I)
    assert row is not None
    wire = heard.sink.progress().flatten().to_wire()
    words = {"objective": "objective", "bound": "bestBound", "nodes": "nodes"}
    words |= {"iterations": "iterations", "solutions": "solutions"}
    assert {word for word, field in words.items() if field in wire} == words.keys() & set(
        re.findall(r"\w+", row[1])
    )


@pytest.mark.parametrize("solver", [SolverName.CBC, SolverName.GLPK, SolverName.HIGHS])
def test_a_linear_program_tells_its_iterations_alone(solver: SolverName, tmp_path: Path) -> None:
    options: dict[str, str | int] = {"presolve": "off"} if solver is not SolverName.GLPK else {}
    heard = hear(solver, mps("afiro"), tmp_path, options=options)
    assert heard.solve.outcome is Outcome.OPTIMAL
    assert heard.sink.all("iterations")
    assert heard.sink.all("objective") == []


def test_the_second_search_of_an_unbounded_model_is_not_heard(tmp_path: Path) -> None:
    text = "Maximize\n x + y\nSubject To\n c: x - y <= 3\nGenerals\n x y\nEnd\n"
    heard = hear(SolverName.HIGHS, linear(text, tmp_path), tmp_path)
    assert heard.solve.outcome is Outcome.UNBOUNDED
    assert heard.sink.all("objective") == []


def cp_sat(maximizes: bool) -> cp_model.CpModel:
    model = cp_model.CpModel()
    items = [model.new_bool_var(f"x{i}") for i in range(40)]
    weights = [17 + 13 * i % 29 for i in range(40)]
    values = [weight + i % 7 for i, weight in enumerate(weights)]
    model.add(sum(w * x for w, x in zip(weights, items, strict=True)) <= 411)
    worth = sum(v * x for v, x in zip(values, items, strict=True)) + 5
    (model.maximize if maximizes else model.minimize)(worth if maximizes else -worth)
    return model


@pytest.mark.parametrize("maximizes", [False, True], ids=["min", "max"])
def test_cp_sat_tells_solutions_and_bounds_in_the_model_s_sense(
    maximizes: bool, tmp_path: Path
) -> None:
    heard = hear(SolverName.CP_SAT, checked_cpsat("model", cp_sat(maximizes)), tmp_path)
    answer = heard.solve.objective
    assert answer is not None
    assert (answer > 0) is maximizes
    assert heard.sink.all("objective")[-1] == answer
    assert all(b >= answer if maximizes else b <= answer for b in heard.sink.all("bound"))
    assert heard.sink.all("solutions")[-1] == heard.solve.solutions


def test_an_enumeration_tells_how_many_solutions_it_has(tmp_path: Path) -> None:
    model = cp_model.CpModel()
    places = [model.new_int_var(1, 4, f"place{i}") for i in range(4)]
    model.add_all_different(places)
    pool = SolutionPool(enumerate_all=True)
    heard = hear(SolverName.CP_SAT, checked_cpsat("model", model), tmp_path, pool=pool)
    assert heard.sink.all("solutions") == [float(n) for n in range(1, 25)]
    assert heard.sink.all("objective") == heard.sink.all("bound") == []


@pytest.mark.parametrize("sense", [1, -1], ids=["min", "max"])
def test_ipopt_tells_iterations_and_points_that_satisfy_the_constraints(
    sense: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ipopt, "_LOOK_SECONDS", 0.0)
    path = tmp_path / "model.nl"
    path.write_text(write(sphere(sense)))
    heard = hear(SolverName.IPOPT, read_nl(path), tmp_path)
    assert heard.sink.all("iterations")[-1] > 2
    objectives = heard.sink.all("objective")
    assert objectives[-1] == pytest.approx(8.0 * sense, abs=1e-5)
    assert heard.sink.progress().flatten().best_bound is None


def test_ipopt_calls_no_infeasible_point_an_incumbent(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ipopt, "_LOOK_SECONDS", 0.0)
    model = sphere()
    model.c.deactivate()
    model.d = type(model.c)(expr=model.x**2 + model.y**2 == 1)
    path = tmp_path / "model.nl"
    path.write_text(write(model))
    heard = hear(SolverName.IPOPT, read_nl(path), tmp_path)
    optimum = 8 + 10 - 2 * math.sqrt(10)
    assert heard.solve.objective == pytest.approx(optimum, abs=1e-4)
    assert min(heard.sink.all("objective")) == pytest.approx(optimum, abs=1e-4)


class TestLogs:
    """Lines as they are printed; the model is a maximisation, which the solvers see negated."""

    @pytest.fixture
    def sink(self) -> ProgressSink:
        return ProgressSink(Sense.MAXIMIZE)

    def test_cbc(self, sink: ProgressSink) -> None:
        log = CbcLog(negated(mps("lseu")), sink)
        log.look_at("Continuous objective value is -165.318 - 0.00 seconds")
        assert sink.progress().flatten().best_bound == "165.3185"
        log.look_at("Cbc0010I After 0 nodes, 1 on tree, 1e+50 best solution, best possible -159.9")
        assert sink.progress().flatten().objective is None
        log.look_at(
            "Cbc0012I Integer solution of -96 found by rounding after 31 iterations"
            " and 2 nodes (0.01 seconds)"
        )
        log.look_at(
            "Cbc0010I After 1000 nodes, 34 on tree, -120 best solution, best possible -134.5"
            " (0.53 seconds)"
        )
        told = sink.progress().flatten()
        assert (told.objective, told.best_bound, told.nodes) == (
            "120.0",
            "134.55",
            1000,
        )
        assert told.solutions == 1

    def test_glpk(self, sink: ProgressSink) -> None:
        log = GlpkLog(negated(mps("lseu")), sink)
        log.look_at("+  1680: mip =     not found yet >=              -inf        (1; 0)")
        assert (sink.progress().flatten().best_bound, sink.progress().flatten().iterations) == (
            None,
            1680,
        )
        log.look_at("+  2447: >>>>>  -9.600000000e+01 >=  -1.345000000e+02  40.1% (37; 0)")
        told = sink.progress().flatten()
        assert (told.objective, told.best_bound) == ("96.0", "134.50000005")
        log.look_at("+  2890: mip =  -1.200000000e+02 >=     tree is empty   0.0% (0; 183)")
        assert sink.progress().flatten().objective == "120.0"
        assert sink.progress().flatten().solutions == 1
