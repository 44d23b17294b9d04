"""How fast jobs are handed to an AWS that takes few calls, and how many calls one job costs."""

from __future__ import annotations

import json
import os
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from argmin.optimization.manifests import OPTIMIZATION_JOBS
from tests.aws.control import Call
from tests.aws.delegation.identity import OPERATOR, Identity
from tests.aws.delegation.manifests import build_blend
from tests.aws.delegation.queue import make_queue
from tests.aws.emulator import Aws, emulator
from tests.aws.seed import BUCKET
from tests.bench.figures import Figure, Judged, Section, Table, Unit, at_most, format_number
from tests.bench.local_operator import run_operator
from tests.bench.manifests import join_manifests
from tests.bench.samples import Samples
from tests.bench.sightings import Sightings
from tests.bench.stage import read_version
from tests.cluster import api_server
from tests.cluster.progress import say, step
from tests.installation import grant_rights
from tests.kubectl import Kubectl

RATE = 2.0
"""Calls a second that AWS takes of each operation."""
BURST = 2
"""Calls that it takes at once, after a while without any."""
TARGET_CALLS = 6
TARGET_CALLS_A_MINUTE = 2
LONG_SECONDS = 180.0

NAMESPACE = "team"
APPLY_TIMEOUT = 300.0
SLACK_SECONDS = 300.0
SECONDS_A_JOB = 3.0

_ANSWER = {
    "outcome": "Optimal",
    "reason": "Optimal",
    "sense": "Maximize",
    "objective": "11.0",
    "bestBound": "11.0",
    "gap": "0",
    "solver": "highs",
    "delivered": True,
}

_METHOD = """\
The operator as a process of this machine, with its chart's rights on an API server, against the
AWS of the tests over HTTP. Jobs there run nothing: each is over after {seconds:.0f} s with an
answer, so that only the calls count. *Load*: {jobs} OptimizationJobs on SageMaker in one
`kubectl apply`, while AWS takes {rate:g} calls a second of each operation and refuses all others:
that alone makes {jobs} calls of CreateProcessingJob, and as many of PutObject, last {limit:.0f} s.
The time runs from the start of `kubectl apply` until AWS has taken the last CreateProcessingJob.
*Calls for a job* are all that AWS has recorded of the operator's, refused ones too, but for those
on the queue of events, which serve all jobs; without a throttle. Without events they are those of
jobs that run for {minutes:g} minutes: what they cost beyond {target} is divided by the minutes."""


@dataclass(frozen=True)
class Surroundings:
    """An API server that knows argmin, and an AWS."""

    kubectl: Kubectl
    rights: Path
    """A kubeconfig of the operator's service account."""
    aws: Aws
    folder: Path


@dataclass(frozen=True)
class Load:
    """What came of many jobs at once."""

    submitted_seconds: float
    complete_seconds: float
    duplicates: int
    failures: int
    calls: Counter[str]
    refused: int


def measure_delegation(jobs: int, counted_jobs: int, seconds: float) -> Section:
    """Delegate many jobs at once, then few, and count.

    Args:
        jobs: how many at once.
        counted_jobs: how many for the calls of a job.
        seconds: how long AWS takes for each of the many.

    Raises:
        BenchError: a job failed, or not all were over in time.
    """
    with _surroundings() as here:
        load = _run_load(here, jobs, seconds)
        with_events = _count_calls(here, counted_jobs, seconds, events=True)
        without = _count_calls(here, counted_jobs, LONG_SECONDS, events=False)
        kubernetes = read_version(here.kubectl)
    limit = (jobs - BURST) / RATE
    minutes = LONG_SECONDS / 60
    return Section(
        "Delegation to SageMaker",
        _METHOD.format(
            jobs=jobs,
            seconds=seconds,
            rate=RATE,
            limit=limit,
            minutes=minutes,
            target=TARGET_CALLS,
        ),
        (
            *_list_load_figures(load, jobs, limit),
            Figure(
                "calls for a job, with events",
                with_events,
                Unit.COUNT,
                at_most(TARGET_CALLS, Judged.EVERY),
            ),
            Figure("calls for a long job, without events", without, Unit.COUNT),
            Figure(
                "of these more than with events, a minute",
                Samples.of(max(0.0, n - TARGET_CALLS) / minutes for n in without.values),
                Unit.COUNT,
                at_most(TARGET_CALLS_A_MINUTE, Judged.EVERY),
            ),
        ),
        (_tabulate(load, jobs),),
        kubernetes,
    )


def _list_load_figures(load: Load, jobs: int, limit: float) -> tuple[Figure, ...]:
    none = at_most(0, Judged.EVERY)
    return (
        Figure(f"{jobs} jobs: all submitted", _one(load.submitted_seconds), Unit.SECONDS),
        Figure(
            "all submitted / the throttle's limit", _one(load.submitted_seconds / limit), Unit.TIMES
        ),
        Figure(f"{jobs} jobs: all complete", _one(load.complete_seconds), Unit.SECONDS),
        Figure("jobs that failed", _one(load.failures), Unit.COUNT, none),
        Figure("jobs that AWS ran twice", _one(load.duplicates), Unit.COUNT, none),
        Figure("calls that AWS refused, for each job", _one(load.refused / jobs), Unit.COUNT),
    )


@contextmanager
def _surroundings() -> Iterator[Surroundings]:
    with (
        tempfile.TemporaryDirectory(prefix="argmin-bench-") as text,
        api_server(f"bench-{os.getpid()}") as config,
        emulator() as aws,
    ):
        kubectl = Kubectl(config)
        rights = grant_rights(kubectl, Path(text))
        kubectl.run("create", "namespace", NAMESPACE)
        yield Surroundings(kubectl.within(NAMESPACE), rights, aws, Path(text))


@contextmanager
def _delegating(here: Surroundings, seconds: float, *, events: bool) -> Iterator[None]:
    """An operator, and an AWS as on its first day whose jobs take so long."""
    here.aws.reset()
    here.aws.configure(
        execution="simulated",
        concurrency=1000,
        simulation={
            "seconds": seconds,
            "exit_message": json.dumps(_ANSWER),
            "outputs": {"argmin/answer.json": json.dumps(_ANSWER)},
        },
    )
    variables = {
        "ARGMIN_DEFAULT_STORE": json.dumps({"bucket": BUCKET}),
        "ARGMIN_SAGEMAKER_DEFAULTS": json.dumps(
            {"instanceType": "ml.m5.large", "roleArn": here.aws.role_arn}
        ),
        **({"ARGMIN_EVENT_QUEUE_URL": make_queue(here.aws)} if events else {}),
        **Identity(here.aws, here.folder / "credentials").environment,
    }
    with run_operator(here.rights, here.folder, variables):
        yield
    here.kubectl.run("delete", "optimizationjobs.argmin.dev", "--all", "--wait=false")


def _run_load(here: Surroundings, jobs: int, seconds: float) -> Load:
    names = [f"job-{number:03}" for number in range(jobs)]
    limit = SLACK_SECONDS + SECONDS_A_JOB * jobs
    with step(f"delegating {jobs} jobs"), _delegating(here, seconds, events=True):
        here.aws.configure(rates={"*": RATE})
        began = _apply_and_wait(here, names, limit)
        ended = datetime.now(UTC)
        calls = _list_calls(here.aws)
        found = here.aws.jobs()
    created = [c for c in calls if c.operation == "CreateProcessingJob" and c.status == 200]
    load = Load(
        submitted_seconds=(max(c.time for c in created) - began).total_seconds(),
        complete_seconds=(ended - began).total_seconds(),
        duplicates=len(found) - jobs,
        failures=sum(job.status != "Completed" for job in found),
        calls=Counter(c.operation for c in calls),
        refused=sum(c.status >= 400 for c in calls),
    )
    say(f"submitted after {load.submitted_seconds:.1f} s")
    say(f"complete after {load.complete_seconds:.1f} s")
    return load


def _count_calls(here: Surroundings, jobs: int, seconds: float, *, events: bool) -> Samples:
    names = [f"{'heard' if events else 'asked'}-{number:03}" for number in range(jobs)]
    with step(f"counting the calls of {jobs} jobs"), _delegating(here, seconds, events=events):
        _apply_and_wait(here, names, SLACK_SECONDS + seconds)
        calls = _list_calls(here.aws)
    return Samples.of(sum(name in call.resource for call in calls) for name in names)


def _apply_and_wait(here: Surroundings, names: Sequence[str], limit: float) -> datetime:
    """Apply jobs, and wait until all are complete; when that began."""
    manifests = join_manifests([build_blend(name) for name in names])
    with Sightings(here.kubectl.kubeconfig, here.kubectl.namespace) as sightings:
        began = datetime.now(UTC)
        here.kubectl.run("apply", "--filename=-", stdin=manifests, timeout=APPLY_TIMEOUT)
        sightings.wait_until_complete(OPTIMIZATION_JOBS, names, limit)
    return began


def _list_calls(aws: Aws) -> list[Call]:
    """What the operator has asked for the sake of jobs."""
    return [call for call in aws.calls(principal=OPERATOR) if call.service != "sqs"]


def _one(value: float) -> Samples:
    return Samples.of([value])


def _tabulate(load: Load, jobs: int) -> Table:
    rows = [(name, format_number(n / jobs)) for name, n in sorted(load.calls.items())]
    return Table("Calls of the load, for each job:", ("Operation", "n"), rows)
