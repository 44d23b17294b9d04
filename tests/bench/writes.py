"""What the operator writes to the API server for one job, counted by the API server itself."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from argmin.optimization.build_run import OPTIMIZATION_JOBS
from tests.bench.audit import QUIET_SECONDS, AuditLog, count_by_request
from tests.bench.figures import Figure, Judged, Section, Table, Unit, at_most, format_number
from tests.bench.manifests import build_silent
from tests.bench.samples import Samples
from tests.bench.sightings import Sightings
from tests.bench.stage import OPERATOR_USER, Stage, clear, own_namespace
from tests.kubectl import Kubectl

TARGET_WRITES = 8
JOB_TIMEOUT = 180.0

_METHOD = """\
Jobs whose program works for four seconds, one at a time, so that every change of their pods is
seen; it tells no progress, which would add a write whenever there is news, a second apart at least.
Counted are the requests of the operator's service account in the API server's audit log, from
before `kubectl apply` until {quiet:.0f} s have passed after the answer without another: verbs
create, update, patch and delete, refused ones too, renewals of the lease apart. TokenReviews
change nothing but are counted: each asks the API server whose token a result came with."""


def measure_writes(stage: Stage, jobs: int) -> Section:
    """Run jobs one by one and count.

    Raises:
        BenchError: the cluster shows no audit log, or a job failed.
    """
    log = stage.audit_log
    with (
        own_namespace(stage) as kubectl,
        Sightings(kubectl.kubeconfig, kubectl.namespace) as sightings,
    ):
        counts = [_count(kubectl, sightings, log, f"job-{n}") for n in range(jobs)]
    return _conclude(counts, stage.kubernetes)


def _count(kubectl: Kubectl, sightings: Sightings, log: AuditLog, name: str) -> Counter[str]:
    position = log.position()
    kubectl.apply(build_silent(name))
    sightings.wait_until_complete(OPTIMIZATION_JOBS, [name], JOB_TIMEOUT)
    written = log.wait_for_quiet(position, OPERATOR_USER)
    # Reviews of tokens belong to no namespace; all else is counted only where the job is.
    counted = count_by_request(w for w in written if w.namespace in ("", kubectl.namespace))
    clear(kubectl, OPTIMIZATION_JOBS)
    return counted


def _conclude(counts: Sequence[Counter[str]], kubernetes: str) -> Section:
    totals = Samples.of(counted.total() for counted in counts)
    requests = sorted({request for counted in counts for request in counted})
    rows = [
        (request, format_number(samples.median), f"{samples.lowest:.0f} … {samples.highest:.0f}")
        for request in requests
        for samples in [Samples.of(counted[request] for counted in counts)]
    ]
    return Section(
        "Writes for one job",
        _METHOD.format(quiet=QUIET_SECONDS),
        (
            Figure(
                "writes of the operator", totals, Unit.COUNT, at_most(TARGET_WRITES, Judged.EVERY)
            ),
        ),
        (Table("By request:", ("Request", "Median", "Min … max"), rows),),
        kubernetes,
    )
