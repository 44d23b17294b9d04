"""What the operator's own process needs: time to start, memory, and requests while idle."""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.bench.audit import AuditLog, count_by_request
from tests.bench.figures import Figure, Judged, Section, Table, Unit, at_most
from tests.bench.finished_jobs import finish_jobs
from tests.bench.local_operator import run_operator
from tests.bench.samples import Samples
from tests.bench.stage import OPERATOR_USER, read_version
from tests.cluster import api_server, audit_log_path
from tests.cluster.progress import say, step
from tests.installation import grant_rights
from tests.kubectl import Kubectl

JOBS_NAMESPACE = "team"

_METHOD = """\
The operator as a process of this machine against an API server and nothing else, with the service
account and the roles of its chart. *Start to ready* runs from the start of the process until it
holds the lease and `/readyz` answers 200: imports, lease, a list of everything. The {jobs}
finished jobs are real ones: the operator made their Jobs and wrote their answers, while the
benchmark did through the API what kubelet and Job controller would have done. Memory is the
resident set of the one process, once it is ready and idle. The writes are those in the
API server's audit log, from the start of a process that finds {jobs} finished jobs until it has
idled for {idle:.0f} s; renewals of the lease apart."""


@dataclass(frozen=True)
class Surroundings:
    """An API server that knows argmin, for operators that come and go."""

    kubectl: Kubectl
    operator: Path
    """A kubeconfig of the operator's service account."""
    folder: Path
    log: AuditLog


@dataclass(frozen=True)
class Start:
    """One start of the operator."""

    seconds: float
    mebibytes: float


def measure_footprint(starts: int, jobs: int, idle_seconds: float) -> Section:
    """Start the operator again and again, with no jobs and with many finished ones.

    Raises:
        BenchError: the operator ended by itself.
    """
    with _surroundings() as here:
        empty = [_start(here) for _ in range(starts)]
        lived = _live_through(here, jobs)
        full = [_start(here) for _ in range(starts)]
        writes = _idle(here, idle_seconds)
        kubernetes = read_version(here.kubectl)
    return Section(
        "The operator's own process",
        _METHOD.format(jobs=f"{jobs:,}", idle=idle_seconds),
        (
            Figure("start to ready, no jobs", _seconds(empty), Unit.SECONDS),
            Figure(f"start to ready, {jobs:,} finished jobs", _seconds(full), Unit.SECONDS),
            Figure("memory, no jobs", _mebibytes(empty), Unit.MEBIBYTES),
            Figure(f"memory, {jobs:,} finished jobs", _mebibytes(full), Unit.MEBIBYTES),
            Figure(f"memory, after running {jobs:,} jobs", Samples.of([lived]), Unit.MEBIBYTES),
            Figure(
                f"writes while idle ({idle_seconds:.0f} s)",
                Samples.of([sum(writes.values())]),
                Unit.COUNT,
                at_most(0, Judged.EVERY),
            ),
        ),
        (_tabulate(writes),) if writes else (),
        kubernetes,
    )


@contextmanager
def _surroundings() -> Iterator[Surroundings]:
    name = f"bench-{os.getpid()}"
    with tempfile.TemporaryDirectory(prefix="argmin-bench-") as text, api_server(name) as config:
        folder = Path(text)
        kubectl = Kubectl(config)
        operator = grant_rights(kubectl, folder)
        yield Surroundings(kubectl, operator, folder, AuditLog(audit_log_path(name)))


def _start(here: Surroundings) -> Start:
    with run_operator(here.operator, here.folder) as operator:
        operator.wait_until_idle()
        start = Start(operator.seconds_to_ready, operator.resident_mebibytes)
    say(f"ready after {start.seconds:.2f} s, {start.mebibytes:.0f} MiB")
    return start


def _live_through(here: Surroundings, jobs: int) -> float:
    """Resident memory in MiB of an operator that has run all the jobs itself."""
    here.kubectl.run("create", "namespace", JOBS_NAMESPACE)
    with step(f"finishing {jobs:,} jobs"), run_operator(here.operator, here.folder) as operator:
        finish_jobs(here.kubectl.within(JOBS_NAMESPACE), jobs)
        operator.wait_until_idle()
        return operator.resident_mebibytes


def _idle(here: Surroundings, seconds: float) -> dict[str, int]:
    position = here.log.position()
    with step(f"idling for {seconds:.0f} s"), run_operator(here.operator, here.folder):
        time.sleep(seconds)
        return dict(count_by_request(here.log.writes_since(position, OPERATOR_USER)))


def _seconds(starts: list[Start]) -> Samples:
    return Samples.of(start.seconds for start in starts)


def _mebibytes(starts: list[Start]) -> Samples:
    return Samples.of(start.mebibytes for start in starts)


def _tabulate(writes: dict[str, int]) -> Table:
    rows = [(request, str(count)) for request, count in sorted(writes.items())]
    return Table("Writes while idle:", ("Request", "n"), rows)
