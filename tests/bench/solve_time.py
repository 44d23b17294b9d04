"""What the runner costs while it solves, beside a direct call of the solver's library."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from argmin.api.answer import Outcome, RunReport
from argmin.api.run import RunDocument
from argmin.api.solve.solvers import ModelFormat, SolverName
from argmin.api.task import SolveTask
from argmin_solvers.runner import TERMINATION_LOG
from tests.bench.errors import BenchError
from tests.bench.figures import Figure, Section, Unit, at_most
from tests.bench.manifests import SOLVER_OPTIONS
from tests.bench.models import LONG, build_knapsack
from tests.bench.samples import Samples
from tests.cluster.progress import say

TARGET_RATIO = 1.05
SOLVE_TIMEOUT = 300.0
DIRECT_PROGRAM = Path(__file__).with_name("direct_solve.py")

_METHOD = """\
A seeded knapsack of {items} binary variables and {capacities} capacities, solved to optimality by
HiGHS with one thread, a fixed seed and the same options; in turns, as processes of this machine,
after one pair that does not count. *Runner* is `solveSeconds` of its answer, which counts passing
the model to the solver, the search, and the check of what came back; *direct call* is the time
around `Highs.run()` in a program that does nothing else. Both searched {nodes} nodes."""


@dataclass(frozen=True)
class Solved:
    """What one process found."""

    seconds: float
    objective: float
    nodes: int


def measure_solve_time(pairs: int) -> Section:
    """Solve the same model by the runner and by the library alone, in turns.

    Raises:
        BenchError: a process failed, or the two found different optima.
    """
    ours: list[Solved] = []
    direct: list[Solved] = []
    with tempfile.TemporaryDirectory(prefix="argmin-bench-") as folder:
        model = Path(folder) / "model.mps"
        model.write_text(build_knapsack(LONG))
        for pair in range(pairs + 1):
            ours.append(solve_by_runner(model, Path(folder) / f"run-{pair}"))
            direct.append(solve_directly(model))
            _compare(ours[-1], direct[-1])
            say(f"pair {pair}: runner {ours[-1].seconds:.2f} s, direct {direct[-1].seconds:.2f} s")
    return _conclude(ours[1:], direct[1:])


def solve_by_runner(model: Path, root: Path) -> Solved:
    """One run of the runner on a job document, as a pod would run it.

    Raises:
        BenchError: it found no proven optimum.
    """
    document = RunDocument(
        name="knapsack",
        task=SolveTask(format=ModelFormat.MPS, path=str(model), solver=SolverName.HIGHS),
        threads=SOLVER_OPTIONS["threads"],
        seed=SOLVER_OPTIONS["random_seed"],
        root=str(root),
    )
    root.mkdir()
    path, termination = root / "job.json", root / "termination.json"
    path.write_text(document.model_dump_json(by_alias=True, exclude_none=True))
    command = [sys.executable, "-m", "argmin_solvers", "--document", str(path)]
    _run(command, {TERMINATION_LOG: str(termination)})
    answer = RunReport.model_validate_json(termination.read_bytes())
    if answer.solve.outcome is not Outcome.OPTIMAL:
        raise BenchError(f"the runner found {answer.solve.outcome}: {answer.message}")
    return Solved(
        float(answer.solve.solve_seconds or 0),
        float(answer.solve.objective or 0),
        answer.solve.nodes or 0,
    )


def solve_directly(model: Path) -> Solved:
    """One run of the bare program.

    Raises:
        BenchError: it found no proven optimum.
    """
    output = _run([sys.executable, str(DIRECT_PROGRAM), str(model), json.dumps(SOLVER_OPTIONS)])
    said = json.loads(output.splitlines()[-1])
    if said["status"] != "Optimal":
        raise BenchError(f"the bare program ended with {said['status']}")
    return Solved(said["seconds"], said["objective"], said["nodes"])


def _run(command: Sequence[str], environment: dict[str, str] | None = None) -> str:
    done = subprocess.run(
        command,
        capture_output=True,
        text=True,
        timeout=SOLVE_TIMEOUT,
        env={**os.environ, **(environment or {})},
        check=False,
    )
    if done.returncode != 0:
        raise BenchError(f"{' '.join(command[:3])} ended with {done.returncode}:\n{done.stderr}")
    return done.stdout


def _compare(ours: Solved, direct: Solved) -> None:
    if abs(ours.objective - direct.objective) > 1e-6 * abs(direct.objective):
        raise BenchError(f"the runner found {ours.objective}, the library {direct.objective}")


def _conclude(ours: Sequence[Solved], direct: Sequence[Solved]) -> Section:
    nodes = sorted({solved.nodes for solved in (*ours, *direct)})
    runner = Samples.of(solved.seconds for solved in ours)
    library = Samples.of(solved.seconds for solved in direct)
    return Section(
        "Solve time in the runner",
        _METHOD.format(
            items=LONG.items, capacities=LONG.capacities, nodes=" or ".join(map(str, nodes))
        ),
        (
            Figure("runner", runner, Unit.SECONDS),
            Figure("direct call", library, Unit.SECONDS),
            Figure("runner / direct call", runner.over(library), Unit.TIMES, at_most(TARGET_RATIO)),
        ),
    )
