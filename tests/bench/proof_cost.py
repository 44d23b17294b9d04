"""What it costs to prove an answer, beside the solve that found it, and what comes of it."""

from __future__ import annotations

import itertools
import statistics
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from argmin.api.solve.proof import ProofLevel
from argmin.api.solve.solvers import SolverName
from tests.bench.errors import BenchError
from tests.bench.figures import Figure, Section, Table, Unit, at_least, format_number
from tests.bench.models import Size, build_knapsack, build_lots, build_production, build_transport
from tests.bench.programs import run_program
from tests.bench.samples import Samples
from tests.cluster.progress import say
from tests.installation import ROOT

PROGRAM = Path(__file__).with_name("proved_solve.py")
INSTANCES = ("afiro", "egout", "lseu", "rgn", "p0548", "gesa2", "dcmulti")
TRANSPORTS = ((5, 20), (10, 100), (20, 200), (40, 300), (60, 400), (80, 500))
PRODUCTIONS = ((5, 20), (10, 60), (10, 200), (20, 120), (20, 240), (20, 476))
"""Products and periods of linear programs with some 120 to 10,000 rows."""
ITEMS, CAPACITIES = (15, 25, 35, 45, 55, 65), (2, 4)
LOTS = ((2, 6), (2, 10), (3, 8), (3, 12), (4, 10), (4, 14), (5, 12), (5, 16), (6, 12), (6, 16))
"""Products and periods of lot-sizing models: set-ups are binary."""

_METHOD = """\
{count} models, solved by HiGHS as the runner calls it, each answer then checked and proven with
what `spec.proof` is by default. Added time is that of the proof. Linear programs are certified:
the second table sets the time of certificates beside that of the solve."""


@dataclass(frozen=True)
class Proved:
    """What one process measured, in seconds."""

    name: str
    rows: int
    columns: int
    integers: int
    solve: float
    proof: float
    level: str


def measure_proof_cost(times: int) -> Section:
    """Solve and prove every model, each `times` times; the medians count.

    Raises:
        BenchError: a process failed, or an answer is not optimal.
    """
    with tempfile.TemporaryDirectory(prefix="argmin-bench-") as folder:
        found = [_prove(name, path, times) for name, path in _list_models(Path(folder))]
    integer = [one for one in found if one.integers]
    linear = [one for one in found if not one.integers]
    added = sorted(one.proof for one in found)
    certified = sum(one.level == ProofLevel.CERTIFIED for one in linear) / len(linear)
    better = sum(one.level != ProofLevel.CLAIMED for one in integer) / len(integer)
    figures = (
        Figure("added time, median", Samples.of([statistics.median(added)]), Unit.SECONDS),
        Figure("added time, 90th percentile", Samples.of([_percentile(added)]), Unit.SECONDS),
        _share("linear programs that are Certified", certified, 1.0),
        _share("models with integers beyond Claimed", better, 0.9),
    )
    tables = (_count_levels(integer, linear), _list_certificates(linear))
    return Section("Cost of proving an answer", _METHOD.format(count=len(found)), figures, tables)


def _share(name: str, share: float, least: float) -> Figure:
    return Figure(name, Samples.of([share]), Unit.TIMES, at_least(least))


def _percentile(values: Sequence[float]) -> float:
    return statistics.quantiles(values, n=10, method="inclusive")[-1]


def _list_models(folder: Path) -> Iterator[tuple[str, Path]]:
    for name in INSTANCES:
        yield name, ROOT / "tests" / "data" / "mps" / f"{name}.mps"
    for name, text in _build_models():
        path = folder / f"{name}.mps"
        path.write_text(text)
        yield name, path


def _build_models() -> Iterator[tuple[str, str]]:
    for plants, markets in TRANSPORTS:
        yield f"transport-{plants}-{markets}", build_transport(plants, markets)
    for products, periods in PRODUCTIONS:
        yield f"production-{products}-{periods}", build_production(products, periods)
    for items, capacities in itertools.product(ITEMS, CAPACITIES):
        yield f"knapsack-{items}-{capacities}", build_knapsack(Size(items, capacities))
    for products, periods in LOTS:
        yield f"lots-{products}-{periods}", build_lots(products, periods)


def _prove(name: str, model: Path, times: int) -> Proved:
    said = [run_program(PROGRAM, str(SolverName.HIGHS), str(model)) for _ in range(times)]
    last = said[-1]
    if last["outcome"] != "Optimal":
        raise BenchError(f"the answer of {name} is not optimal: {last}")
    solve, proof = (statistics.median(one[part] for one in said) for part in ("solve", "proof"))
    say(f"{name}: solved in {solve:.2f} s, {last['level']} in {proof:.2f} s")
    counts = (last["rows"], last["columns"], last["integers"])
    return Proved(name, *counts, solve, proof, last["level"])


def _count_levels(integer: Sequence[Proved], linear: Sequence[Proved]) -> Table:
    rows = []
    for what, found in (("linear programs", linear), ("models with integers", integer)):
        levels = Counter(one.level for one in found)
        shares = (f"{levels[level]}" for level in ProofLevel)
        rows.append((what, str(len(found)), *shares))
    return Table("How many reached which level:", ("Models", "Number", *ProofLevel), rows)


def _list_certificates(linear: Sequence[Proved]) -> Table:
    rows = [
        (
            one.name,
            f"{one.rows} rows, {one.columns} columns",
            f"{format_number(one.solve)} s",
            f"{format_number(one.proof)} s",
            format_number(one.proof / one.solve),
        )
        for one in linear
    ]
    head = ("Model", "Size", "Solve", "Certificate", "Certificate / solve")
    return Table("Certificates of linear programs:", head, rows)
