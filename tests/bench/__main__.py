"""`python -m tests.bench`: measure, say what came out, and write docs/benchmarks.md."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from typing import Annotated

import typer
from kubernetes.client import ApiException

from tests.aws.environment import EmulatorError
from tests.bench.check_cost import measure_check_cost
from tests.bench.delegation import Minutes, measure_delegation
from tests.bench.errors import BenchError
from tests.bench.figures import Section, render_section
from tests.bench.footprint import measure_footprint
from tests.bench.machine import describe_machine
from tests.bench.overhead import measure_overhead
from tests.bench.page import replace_sections
from tests.bench.progress_cost import measure_progress_cost
from tests.bench.proof_cost import measure_proof_cost
from tests.bench.solve_time import measure_solve_time
from tests.bench.stage import Stage, prepare_stage
from tests.bench.throughput import measure_throughput
from tests.bench.transfers import measure_transfers
from tests.bench.writes import measure_writes
from tests.cluster.errors import ClusterError
from tests.cluster.progress import say, step
from tests.installation import ROOT, InstallationError
from tests.kubectl import KubectlError

PAGE = ROOT / "docs" / "benchmarks.md"

_FAILURES = (
    BenchError,
    ClusterError,
    EmulatorError,
    InstallationError,
    KubectlError,
    ApiException,
    subprocess.TimeoutExpired,
)

prepare_once = cache(prepare_stage)


@dataclass(frozen=True)
class Counts:
    """How often everything is measured."""

    overhead_pairs: int = 20
    solve_pairs: int = 15
    progress_pairs: int = 9
    checks: int = 3
    proofs: int = 3
    jobs: int = 200
    rounds: int = 1
    written_jobs: int = 10
    starts: int = 5
    finished_jobs: int = 1000
    idle_seconds: float = 60.0
    delegated_jobs: int = 200
    counted_jobs: int = 10
    delegated_seconds: float = 20.0
    counted_minutes: Minutes = field(default_factory=Minutes)
    transfer_pairs: int = 5
    transferred_mebibytes: int = 1024


QUICK = Counts(
    overhead_pairs=2,
    solve_pairs=2,
    progress_pairs=2,
    checks=1,
    proofs=1,
    jobs=2,
    rounds=1,
    written_jobs=2,
    starts=2,
    finished_jobs=20,
    idle_seconds=5.0,
    delegated_jobs=4,
    counted_jobs=2,
    delegated_seconds=2.0,
    counted_minutes=Minutes(preparing=0.5, running=3.0, unheard=1.0),
    transfer_pairs=1,
    transferred_mebibytes=64,
)


def list_measurements(
    stage: Callable[[], Stage], counts: Counts
) -> dict[str, Callable[[], Section]]:
    """What can be measured, in the order of the page; `stage` is asked only where it is needed."""
    return {
        "overhead": lambda: measure_overhead(stage(), counts.overhead_pairs),
        "solve-time": lambda: measure_solve_time(counts.solve_pairs),
        "progress": lambda: measure_progress_cost(counts.progress_pairs),
        "checks": lambda: measure_check_cost(counts.checks),
        "proofs": lambda: measure_proof_cost(counts.proofs),
        "throughput": lambda: measure_throughput(stage(), counts.jobs, counts.rounds),
        "writes": lambda: measure_writes(stage(), counts.written_jobs),
        "operator": lambda: measure_footprint(
            counts.starts, counts.finished_jobs, counts.idle_seconds
        ),
        "delegation": lambda: measure_delegation(
            counts.delegated_jobs,
            counts.counted_jobs,
            counts.delegated_seconds,
            counts.counted_minutes,
        ),
        "transfers": lambda: measure_transfers(counts.transfer_pairs, counts.transferred_mebibytes),
    }


def main(
    only: Annotated[
        list[str] | None,
        typer.Option(help="Measure this section alone; may be given more than once."),
    ] = None,
    cluster: Annotated[str, typer.Option(help="The cluster to use, brought up if need be.")] = (
        "argmin"
    ),
    quick: Annotated[
        bool, typer.Option("--quick", help="Try everything twice and print it; writes no page.")
    ] = False,
) -> None:
    """Measure argmin beside plain Kubernetes and plain solver libraries."""
    measurements = list_measurements(lambda: prepare_once(cluster), QUICK if quick else Counts())
    unknown = sorted(set(only or ()) - measurements.keys())
    if unknown:
        sys.exit(f"nothing is called {', '.join(unknown)}: use {', '.join(measurements)}")
    signal.signal(signal.SIGTERM, _end_in_order)
    wanted = [name for name in measurements if not only or name in only]
    sections = [_measure(name, measurements, write=not quick) for name in wanted]
    figures = [figure for section in sections for figure in section.figures if figure.target]
    say(f"{sum(figure.is_met for figure in figures)} of {len(figures)} targets are met")


def _end_in_order(*_: object) -> None:
    """Leave through every `finally`: no namespace and no process of ours is left behind."""
    sys.exit(128 + signal.SIGTERM)


def _measure(name: str, measurements: dict[str, Callable[[], Section]], write: bool) -> Section:
    try:
        with step(f"measuring {name}"):
            section = measurements[name]()
    except _FAILURES as error:
        sys.exit(f"{name} could not be measured: {error}")
    command = f"python -m tests.bench --only {name}"
    text = render_section(section, command, describe_machine(section.kubernetes))
    print(text)
    if write:
        before = PAGE.read_text() if PAGE.exists() else ""
        PAGE.write_text(replace_sections(before, {name: text}, list(measurements)))
        say(f"written to {PAGE.relative_to(ROOT)}")
    return section


if __name__ == "__main__":
    typer.run(main)
