"""What it costs a solve to tell its progress, beside the same solve that tells nothing."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from argmin.api.answer import Outcome
from argmin.api.solve.solvers import SolverName
from tests.bench.errors import BenchError
from tests.bench.figures import Figure, Section, Table, Unit, at_most, format_number
from tests.bench.models import LONG, build_knapsack
from tests.bench.programs import run_side_by_side
from tests.bench.samples import Samples
from tests.cluster.progress import say

TARGET_RATIO = 1.02
PROGRAM = Path(__file__).with_name("told_solve.py")
SOLVERS = (SolverName.HIGHS, SolverName.SCIP, SolverName.CBC, SolverName.GLPK)

_METHOD = """\
The seeded knapsack of {items} binary variables and {capacities} capacities, solved to optimality
with one thread and a fixed seed, by each solver's adapter as the runner calls it; side by side, as
two processes at the same time, so that what else the machine does meets both, and after one pair
that does not count. *Told*: the solver tells incumbents, bounds and nodes by callbacks or in its
log, and a reporter writes them to a file once a second; *untold*: the same adapter with all of this
taken out, but for the callbacks by which HiGHS is stopped. Both searched the same nodes. Time is
that of processors; wall-clock times stand beside it."""


@dataclass(frozen=True)
class Told:
    """What one process found, and how long it took in seconds."""

    objective: float
    nodes: int | None
    seconds: float
    processor: float


def measure_progress_cost(pairs: int) -> Section:
    """Solve the same model told and untold, side by side, by each solver.

    Raises:
        BenchError: a process failed, or the two did not find the same.
    """
    figures: list[Figure] = []
    rows: list[tuple[str, ...]] = []
    with tempfile.TemporaryDirectory(prefix="argmin-bench-") as folder:
        model = Path(folder) / "model.mps"
        model.write_text(build_knapsack(LONG))
        for solver in SOLVERS:
            told, untold = _solve_side_by_side(solver, model, pairs)
            ratio = _ratio(told, untold, "processor")
            target = at_most(TARGET_RATIO)
            figures.append(Figure(f"{solver}: told / untold", ratio, Unit.TIMES, target))
            rows.append(_describe(solver, told, untold))
    head = ("Solver", "Nodes", "Told", "Untold", "Told / untold, wall clock")
    return Section(
        "Cost of telling progress",
        _METHOD.format(items=LONG.items, capacities=LONG.capacities),
        tuple(figures),
        (Table("Medians of the wall clock:", head, rows),),
    )


def _solve_side_by_side(
    solver: SolverName, model: Path, pairs: int
) -> tuple[list[Told], list[Told]]:
    told: list[Told] = []
    untold: list[Told] = []
    for pair in range(pairs + 1):
        # Which is started first changes, so that neither gains by it.
        forms = ("told", "untold")[:: 1 if pair % 2 else -1]
        said = run_side_by_side(PROGRAM, *((str(solver), str(model), form) for form in forms))
        found = {form: _read(solver, one) for form, one in zip(forms, said, strict=True)}
        told.append(found["told"])
        untold.append(found["untold"])
        if (told[-1].objective, told[-1].nodes) != (untold[-1].objective, untold[-1].nodes):
            raise BenchError(f"{solver} found {told[-1]} told, and {untold[-1]} untold")
        times = f"told {told[-1].processor:.2f} s, untold {untold[-1].processor:.2f} s"
        say(f"{solver}, pair {pair}: {times}")
    return told[1:], untold[1:]


def _read(solver: SolverName, said: dict[str, Any]) -> Told:
    if said["outcome"] != Outcome.OPTIMAL:
        raise BenchError(f"{solver} found {said['outcome']}")
    return Told(said["objective"], said["nodes"], said["seconds"], said["processor"])


def _ratio(told: list[Told], untold: list[Told], field: str) -> Samples:
    ours, plain = (Samples.of(getattr(one, field) for one in side) for side in (told, untold))
    return ours.over(plain)


def _describe(solver: SolverName, told: list[Told], untold: list[Told]) -> tuple[str, ...]:
    medians = (Samples.of(one.seconds for one in side).median for side in (told, untold))
    times = tuple(f"{format_number(median)} s" for median in medians)
    nodes = told[0].nodes
    ratio = format_number(_ratio(told, untold, "seconds").median)
    return (str(solver), "" if nodes is None else str(nodes), *times, ratio)
