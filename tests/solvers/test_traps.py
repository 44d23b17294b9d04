"""Traps that solvers and the layers above them set, each with a test that would catch its return.

Every one was seen: the first lines of each class state the fact. Others of this folder look at
the same more closely: `test_stopping`, `test_linear_adapters`, `test_nonlinear`, `test_verdict`.
"""

from __future__ import annotations

import io
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import highspy
import pyomo.environ as pyo
import pytest
from pyomo.repn.plugins.nl_writer import NLWriter

import argmin_solvers
from argmin.api.answer import Outcome, Reason, Sense
from argmin.api.run import RunDocument
from argmin.api.solve.solvers import CAPABILITIES, SolverName
from argmin.api.task import ProgramTask
from argmin_solvers.adapters import load_adapter
from argmin_solvers.adapters.base import Settings
from argmin_solvers.models.linear import LinearModel
from argmin_solvers.models.readers import read_mps
from argmin_solvers.models.readers.nl import parse_nl
from argmin_solvers.process.interruption import Interruption
from argmin_solvers.result.run_result import RunResult
from argmin_solvers.runner import execute
from tests.solvers import test_runner
from tests.solvers.problems import solve
from tests.solvers.test_cpsat import golomb, solve_cpsat

LINEAR = [name for name in SolverName if LinearModel in load_adapter(name).takes]

MARKET_SHARE = """\
import random

LIBRARY

def build():
    chance = random.Random(5)
    weights = [[chance.randrange(100) for _ in range(40)] for _ in range(5)]
    return make(weights)
"""
OF_PULP = MARKET_SHARE.replace(
    "LIBRARY",
    """\
import pulp

def make(weights):
    problem = pulp.LpProblem("share", pulp.LpMinimize)
    x = [pulp.LpVariable(f"x{j}", cat="Binary") for j in range(40)]
    off = [(pulp.LpVariable(f"s{i}", 0), pulp.LpVariable(f"t{i}", 0)) for i in range(5)]
    problem += pulp.lpSum(s + t for s, t in off)
    for row, (s, t) in zip(weights, off):
        problem += pulp.lpDot(row, x) + s - t == sum(row) // 2
    return problem
""",
)
OF_PYOMO = MARKET_SHARE.replace(
    "LIBRARY",
    """\
import pyomo.environ as pyo

def make(weights):
    m = pyo.ConcreteModel()
    m.x = pyo.Var(range(40), domain=pyo.Binary)
    m.s, m.t = (pyo.Var(range(5), domain=pyo.NonNegativeReals) for _ in range(2))
    m.share = pyo.Constraint(range(5), rule=lambda m, i: (
        sum(weights[i][j] * m.x[j] for j in range(40)) + m.s[i] - m.t[i] == sum(weights[i]) // 2
    ))
    m.goal = pyo.Objective(expr=1000 - sum(m.s[i] + m.t[i] for i in range(5)), sense=pyo.maximize)
    return m
""",
)


def run_python(source: str, solver: SolverName, folder: Path, time: str) -> RunResult:
    path = folder / "model.py"
    path.write_text(source)
    document = {
        "name": "trap",
        "root": str(folder),
        "task": {
            "kind": "solve",
            "format": "python",
            "path": str(path),
            "solver": solver,
            "limits": {"time": time},
        },
    }
    return execute(RunDocument.model_validate(document), Interruption())


class TestTwoSolversInAProcess:
    """highspy 1.15 links a library that OR-Tools 9.15 brings too: they cannot share a process.

    The wheels of 1.16 for Linux have it inside. Elsewhere they may clash again: where a model loads
    OR-Tools, HiGHS searches in a process of its own (`test_apart`).
    """

    def test_both_solve_in_one_process(self) -> None:
        # The other order is that of this file's own imports.
        program = (
            "import ortools.sat.python.cp_model, highspy\n"
            "highs = highspy.Highs(); highs.silent(); x = highs.addVariable(0, 4, 1)\n"
            "highs.maximize(x); assert highs.getObjectiveValue() == 4\n"
            "model = ortools.sat.python.cp_model.CpModel(); y = model.new_int_var(0, 4, 'y')\n"
            "model.maximize(y); solver = ortools.sat.python.cp_model.CpSolver()\n"
            "solver.solve(model); assert solver.objective_value == 4\n"
        )
        subprocess.run([sys.executable, "-c", program], check=True, timeout=60)

    def test_the_release_that_cannot_is_not_installed(self) -> None:
        assert tuple(map(int, version("highspy").split(".")[:2])) >= (1, 16)


class TestStopping:
    """SIGTERM loses the incumbent in the command lines of cbc, glpsol and highs."""

    def test_every_linear_solver_that_can_be_stopped_is_sent_sigterm(self) -> None:
        test = test_runner.test_sigterm_ends_with_the_best_solution_found
        (mark,) = test.pytestmark  # type: ignore[attr-defined]
        assert set(mark.args[1]) == {name for name in LINEAR if CAPABILITIES[name].stoppable}


class TestTimeLimits:
    """PuLP says Optimal on a time limit; its GLPK overclaims even in `sol_status`."""

    @pytest.mark.parametrize("solver", [SolverName.CBC, SolverName.GLPK])
    def test_a_pulp_model_at_its_time_limit_is_feasible(
        self, solver: SolverName, tmp_path: Path
    ) -> None:
        answer = run_python(OF_PULP, solver, tmp_path, time="300ms").answer
        assert (answer.solve.outcome, answer.reason) == (Outcome.FEASIBLE, Reason.TIME_LIMIT)
        assert answer.solve.verification is not None
        assert answer.solve.verification.verified


class TestSense:
    """Readers ignore the `OBJSENSE MAX` that HiGHS writes: a maximisation was minimised."""

    @pytest.mark.parametrize("solver", LINEAR)
    def test_a_maximisation_that_highs_wrote_is_maximised(
        self, solver: SolverName, tmp_path: Path
    ) -> None:
        highs = highspy.Highs()
        highs.silent()
        x, y = highs.addVariable(0, 4, 3, name="x"), highs.addVariable(0, 3, 2, name="y")
        highs.addConstr(x + y <= 5, name="cap")
        highs.setMaximize()
        path = tmp_path / "written.mps"
        highs.writeModel(str(path))
        assert "MAX" in path.read_text()
        result = solve(solver, read_mps(path).to_linear(), tmp_path)
        assert (result.outcome, result.sense) == (Outcome.OPTIMAL, Sense.MAXIMIZE)
        assert result.objective == pytest.approx(14.0)


class TestBounds:
    """Pyomo at a limit: cbc flips the sign of a maximisation's bound, glpk's are infinite."""

    @pytest.mark.parametrize("solver", [SolverName.CBC, SolverName.GLPK])
    def test_the_bound_of_a_maximisation_keeps_its_sign(
        self, solver: SolverName, tmp_path: Path
    ) -> None:
        answer = run_python(OF_PYOMO, solver, tmp_path, time="300ms").answer
        assert (answer.solve.outcome, answer.solve.sense) == (Outcome.FEASIBLE, Sense.MAXIMIZE)
        assert answer.solve.objective is not None
        assert answer.solve.best_bound is not None
        assert float(answer.solve.objective) < float(answer.solve.best_bound) <= 1000.001


class TestNl:
    """casadi's reader of .nl files rejects comments and ignores integrality."""

    def read(self, domain: object) -> str:
        m = pyo.ConcreteModel()
        m.x = pyo.Var(domain=domain, bounds=(-2, 2))
        m.goal = pyo.Objective(expr=(m.x - 0.4) ** 2)
        text = io.StringIO()
        NLWriter().write(m, text, symbolic_solver_labels=True)
        assert "#" in text.getvalue()
        return text.getvalue()

    def test_comments_are_read(self, tmp_path: Path) -> None:
        model = parse_nl("model.nl", self.read(pyo.Reals).splitlines())
        result = solve(SolverName.IPOPT, model, tmp_path)
        assert result.objective == pytest.approx(0.0, abs=1e-9)

    def test_integrality_is_not_ignored(self, tmp_path: Path) -> None:
        model = parse_nl("model.nl", self.read(pyo.Integers).splitlines())
        assert load_adapter(SolverName.IPOPT).refusal(model) == (
            "cannot take a nonlinear model with 1 integer variables"
        )


class TestInfeasibility:
    """`getIis` of HiGHS once gave an empty set, marked valid, for an infeasible MIP."""

    def test_no_answer_rests_on_it(self) -> None:
        package = Path(argmin_solvers.__file__).parent
        assert [path.name for path in package.rglob("*.py") if "getIis" in path.read_text()] == []


class TestVersions:
    """OR-Tools' HiGHS, asked through pywraplp, gives the version of PDLP."""

    @pytest.mark.parametrize(
        ("solver", "distribution"),
        [
            (SolverName.HIGHS, "highspy"),
            (SolverName.SCIPY, "scipy"),
            (SolverName.CP_SAT, "ortools"),
        ],
    )
    def test_a_version_is_that_of_the_library_that_solves(
        self, solver: SolverName, distribution: str
    ) -> None:
        assert load_adapter(solver).version() == version(distribution)


class TestReproducibility:
    """CP-SAT with several workers and a wall clock finds another answer each time."""

    def test_one_worker_and_a_deterministic_limit_find_the_same_again(self, tmp_path: Path) -> None:
        options = {"max_deterministic_time": "0.05"}
        first, second = (
            solve_cpsat(golomb(10), tmp_path, threads=1, options=options) for _ in range(2)
        )
        assert first.outcome is Outcome.FEASIBLE
        assert (first.values, first.best_bound, first.nodes) == (
            second.values,
            second.best_bound,
            second.nodes,
        )

    def test_one_worker_is_what_a_job_has_unless_it_says_more(self) -> None:
        document = RunDocument(name="job", task=ProgramTask(path=""))
        assert document.threads == Settings(Path()).threads == 1


FALSE_OPTIMUM = """\
min
 obj: 4 x0 + 3435.1 x1 + 0.00705 x2 - 9 x3 + 0.00358 x4 + 0.00368 x5 + 3.7
st
 r0: -0.00306 x2 + 0.00563 x5 <= 7.33
 r1: 5222.3 x0 + 9 x4 + 0.00801 x2 >= 6
 r2: 8874.8 x2 + 7.12 x1 - 0.5 x4 - 3.95 x3 + 2.13 x5 + 0.00177 x0 <= -6
 r3: x4 <= 8750.1
 r4: 5688.2 x4 - 0.00983 x1 - 4 x5 + 0.00256 x3 + 3 x2 <= -0.00515
 r5: -0.00651 x1 - 7 x2 - 0.00527 x0 <= 0.00198
 r6: -5.29 x3 + 8343.0 x2 + x5 - 0.85 x4 - 1.5 x0 <= 2.75
bounds
 -0.5 <= x0 <= 1000
 -3 <= x1 <= 10
 -0.5 <= x2 <= 4.5
 x3 free
 -3 <= x5 <= 1
generals
 x0 x1 x2 x3 x4
end
"""
FALSE_SOLUTION = """\
min
 obj: -9 x0 + 9 x1 + 7 x2 + 5188.2 x3 - 4 x4 - 8.26 x5
st
 r0: -5 x1 + 0.00411 x0 - 2 x5 + 0.00037 x3 - 7123.4 x2 = 8.26
bounds
 x0 <= 1000
 x3 free
 -3 <= x4 <= 1
 -0.5 <= x5 <= 10
generals
 x0 x1 x2 x3 x4 x5
end
"""
FALSE_INFEASIBILITY = """\
min
 obj: 0.00626 x0 - 1.27 x1 + 8 x2 - 4625.1 x3 + 8.76 x4 + 6.64 x5 + 6.84 x6 - 5860.4 x7
st
 r0: 3.7 x7 - 5098.3 x2 - 0.0057 x5 <= 8.31
bounds
 x0 free
 -0.5 <= x1 <= 4.5
 -3 <= x2 <= 4.5
 x4 <= 10
 x5 free
 x6 free
generals
 x0 x1 x2 x3 x5 x6
end
"""


class TestWrongCertificates:
    """Solvers prove what is not so: seen of the releases that argmin brings, all by the check.

    HiGHS 1.14 called -22897.6 the optimum of the first, where -24217.6 is one variable away. GLPK's
    optimum of the second breaks its row, until its integers are whole. CBC 2.10 calls the third
    infeasible: it is unbounded. Other solvers are right, and have to be believed.
    """

    def run(self, text: str, solver: SolverName, folder: Path) -> RunResult:
        path = folder / "model.lp"
        path.write_text(text)
        task = {"kind": "solve", "format": "lp", "path": str(path), "solver": solver}
        document = {"name": "trap", "root": str(folder), "task": task}
        return execute(RunDocument.model_validate(document), Interruption())

    @pytest.mark.parametrize(
        ("text", "best", "solver"),
        [
            (FALSE_OPTIMUM, -24217.5963222816, SolverName.HIGHS),
            (FALSE_OPTIMUM, -24217.5963222816, SolverName.GLPK),
            (FALSE_OPTIMUM, -24217.5963222816, SolverName.SCIP),
            (FALSE_SOLUTION, 60200372.0, SolverName.GLPK),
            (FALSE_SOLUTION, 60200372.0, SolverName.HIGHS),
            (FALSE_SOLUTION, 60200372.0, SolverName.SCIP),
        ],
    )
    def test_a_solver_that_is_right_is_believed(
        self, text: str, best: float, solver: SolverName, tmp_path: Path
    ) -> None:
        answer = self.run(text, solver, tmp_path).answer
        assert answer.solve.outcome is Outcome.OPTIMAL
        assert float(answer.solve.objective or "nan") == pytest.approx(best)

    @pytest.mark.parametrize("solver", [SolverName.HIGHS, SolverName.CBC])
    def test_what_is_unbounded_is_told_to_be(self, solver: SolverName, tmp_path: Path) -> None:
        answer = self.run(FALSE_INFEASIBILITY, solver, tmp_path).answer
        assert answer.solve.outcome is Outcome.UNBOUNDED
