"""What it costs to check an answer, beside the solve that found it."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from argmin.api.solve.solvers import SolverName
from tests.bench.errors import BenchError
from tests.bench.figures import Figure, Section, Table, Unit, at_most, format_number
from tests.bench.models import LONG, build_knapsack, build_transport
from tests.bench.programs import run_program
from tests.bench.samples import Samples
from tests.cluster.progress import say
from tests.installation import ROOT

MOST_SHARE = 0.05
MOST_SECONDS = 1.0
PROGRAM = Path(__file__).with_name("checked_solve.py")
INSTANCES = ("p0548", "gesa2", "dcmulti")
TRANSPORT = (60, 400)
"""Plants and markets of the largest model."""

_METHOD = """\
Solved by an adapter as the runner calls it, and the answer then checked against the model, which is
read anew from its file and computed with exact numbers. A check may take {share:.0%} of the solve
or {seconds:g} s, whichever is more; the figure is what it took of that."""


@dataclass(frozen=True)
class Checked:
    """What one process measured, in seconds."""

    solve: float
    check: float
    size: str

    @property
    def part_of_limit(self) -> float:
        """The check, as a part of what it may take."""
        return self.check / max(MOST_SHARE * self.solve, MOST_SECONDS)


def measure_check_cost(times: int) -> Section:
    """Solve and check the larger instances.

    Raises:
        BenchError: a process failed, or an answer was not verified.
    """
    figures: list[Figure] = []
    rows: list[tuple[str, ...]] = []
    with tempfile.TemporaryDirectory(prefix="argmin-bench-") as folder:
        for name, model in _list_models(Path(folder)):
            found = [_check(name, model) for _ in range(times)]
            part = Samples.of(one.part_of_limit for one in found)
            figures.append(Figure(f"{name}: check / limit", part, Unit.TIMES, at_most(1.0)))
            rows.append(_describe(name, found))
    head = ("Model", "Size", "Solve", "Check", "Check / solve")
    return Section(
        "Cost of checking an answer",
        _METHOD.format(share=MOST_SHARE, seconds=MOST_SECONDS),
        tuple(figures),
        (Table("Medians:", head, rows),),
    )


def _list_models(folder: Path) -> Iterator[tuple[str, Path]]:
    for name in INSTANCES:
        yield name, ROOT / "tests" / "data" / "mps" / f"{name}.mps"
    made = {"knapsack": build_knapsack(LONG), "transport": build_transport(*TRANSPORT)}
    for name, text in made.items():
        path = folder / f"{name}.mps"
        path.write_text(text)
        yield name, path


def _check(name: str, model: Path) -> Checked:
    said = run_program(PROGRAM, str(SolverName.HIGHS), str(model))
    if said["verified"] is not True:
        raise BenchError(f"the answer of {name} was not verified: {said}")
    say(f"{name}: solved in {said['solve']:.2f} s, checked in {said['check']:.2f} s")
    size = f"{said['rows']} rows, {said['columns']} columns"
    return Checked(said["solve"], said["check"], size)


def _describe(name: str, found: list[Checked]) -> tuple[str, ...]:
    solve, check = (
        Samples.of(getattr(one, field) for one in found) for field in ("solve", "check")
    )
    seconds = (f"{format_number(samples.median)} s" for samples in (solve, check))
    return (name, found[0].size, *seconds, format_number(check.over(solve).median))
