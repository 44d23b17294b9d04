"""How fast jobs are handed to an AWS that takes few calls, and how many calls one job costs."""

from __future__ import annotations

import json
import os
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from argmin.api.progress import PROGRESS_PREFIX
from argmin.optimization.build_run import OPTIMIZATION_JOBS
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

NAMESPACE = "team"
APPLY_TIMEOUT = 300.0
SLACK_SECONDS = 300.0
SECONDS_A_JOB = 3.0
EXIT_MESSAGE_LIMIT = 1024

PROGRESS_CALLS = ("DescribeLogStreams", "GetLogEvents")

_ANSWER: Mapping[str, object] = {
    "succeeded": True,
    "reason": "Optimal",
    "result": {
        "outcome": "Optimal",
        "sense": "Maximize",
        "objective": "11.0",
        "bestBound": "11.0",
        "gap": "0",
        "solver": "highs",
    },
    "delivered": True,
}

_LONGER = {**_ANSWER, "message": "m" * EXIT_MESSAGE_LIMIT}
"""An answer that an exit message cannot hold: it is read from the bucket."""

_METHOD = """\
The operator as a process of this machine, with its chart's rights on an API server, against the
AWS of the tests over HTTP. Jobs there run nothing: each is over after {seconds:.0f} s with an
answer, so that only the calls count. *Load*: {jobs} OptimizationJobs on SageMaker in one
`kubectl apply`, while AWS takes {rate:g} calls a second of each operation and refuses all others:
that alone makes {jobs} calls of CreateProcessingJob, and as many of PutObject, last {limit:.0f} s.
The time runs from the start of `kubectl apply` until AWS has taken the last CreateProcessingJob.
*Calls for a job* are all that AWS has recorded of the operator's, refused ones too, but for those
on the queue of events, which serve all jobs; without a throttle. A *short* job is one of
{seconds:.0f} s. A *whole* job takes {preparing:g} minutes to prepare and {running:g} to run, tells
its progress in its log every second, and has an answer too long for its exit message. Its calls are
of two kinds: those *of its life* (PutObject, CreateProcessingJob, DescribeProcessingJob, GetObject,
and whatever is not of the other kind), which the target is for, and those *for its progress*
(DescribeLogStreams, GetLogEvents), which come on top. Without events a job runs for {minutes:g}
minutes and has no log: all its calls count, those that look for the log too, and what they are
beyond {target} is divided by the minutes."""


@dataclass(frozen=True)
class Surroundings:
    """An API server that knows argmin, and an AWS."""

    kubectl: Kubectl
    rights: Path
    """A kubeconfig of the operator's service account."""
    aws: Aws
    folder: Path


@dataclass(frozen=True)
class Life:
    """What AWS does with each job."""

    seconds: float
    """How long its container runs."""
    preparing_seconds: float = 0.0
    """How long it takes until the container starts."""
    answer: Mapping[str, object] = field(default_factory=lambda: _ANSWER)
    log: str = ""
    """A line that it logs every second."""


@dataclass(frozen=True)
class Minutes:
    """How long jobs take whose calls are counted; few in a trial."""

    preparing: float = 4.0
    running: float = 6.0
    unheard: float = 3.0
    """How long one runs of which no event tells."""


@dataclass(frozen=True)
class Costs:
    """Calls for each of some jobs."""

    of_life: Samples
    for_progress: Samples
    total: Samples


@dataclass(frozen=True)
class Load:
    """What came of many jobs at once."""

    submitted_seconds: float
    complete_seconds: float
    duplicates: int
    failures: int
    calls: Counter[str]
    refused: int


def measure_delegation(jobs: int, counted_jobs: int, seconds: float, minutes: Minutes) -> Section:
    """Delegate many jobs at once, then few, and count.

    Args:
        jobs: how many at once.
        counted_jobs: how many for the calls of a job.
        seconds: how long AWS takes for each of the many.
        minutes: how long it takes for those whose calls are counted.

    Raises:
        BenchError: a job failed, or not all were over in time.
    """
    with _surroundings() as here:
        load = _run_load(here, jobs, seconds)
        short = _count_calls(here, "short", counted_jobs, Life(seconds))
        whole = _count_calls(here, "whole", counted_jobs, _live_whole(minutes))
        unheard = Life(minutes.unheard * 60)
        without = _count_calls(here, "unheard", counted_jobs, unheard, events=False)
        kubernetes = read_version(here.kubectl)
    limit = (jobs - BURST) / RATE
    return Section(
        "Delegation to SageMaker",
        _METHOD.format(
            jobs=jobs,
            seconds=seconds,
            rate=RATE,
            limit=limit,
            preparing=minutes.preparing,
            running=minutes.running,
            minutes=minutes.unheard,
            target=TARGET_CALLS,
        ),
        (
            *_list_load_figures(load, jobs, limit),
            *_list_cost_figures(short, whole, without, minutes.unheard),
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


def _list_cost_figures(
    short: Costs, whole: Costs, without: Costs, minutes: float
) -> tuple[Figure, ...]:
    few = at_most(TARGET_CALLS, Judged.EVERY)
    more = Samples.of(max(0.0, n - TARGET_CALLS) / minutes for n in without.total.values)
    return (
        Figure("calls for a short job, with events", short.total, Unit.COUNT, few),
        Figure("calls of the life of a whole job, with events", whole.of_life, Unit.COUNT, few),
        Figure("calls for its progress, on top", whole.for_progress, Unit.COUNT),
        Figure("calls for a job, without events", without.total, Unit.COUNT),
        Figure(
            f"of these beyond {TARGET_CALLS}, a minute",
            more,
            Unit.COUNT,
            at_most(TARGET_CALLS_A_MINUTE, Judged.EVERY),
        ),
    )


def _live_whole(minutes: Minutes) -> Life:
    progress = PROGRESS_PREFIX + json.dumps({"search": {"nodes": 0}}).replace("0", "{n}")
    return Life(minutes.running * 60, minutes.preparing * 60, _LONGER, progress)


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
def _delegating(here: Surroundings, life: Life, *, events: bool) -> Iterator[None]:
    """An operator, and an AWS as on its first day whose jobs live so."""
    answer = json.dumps(life.answer)
    here.aws.reset()
    here.aws.configure(
        execution="simulated",
        concurrency=1000,
        start_delay_seconds=life.preparing_seconds,
        simulation={
            "seconds": life.seconds,
            "exit_message": answer[:EXIT_MESSAGE_LIMIT],
            "outputs": {"argmin/answer.json": answer},
            "log": life.log,
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
    with step(f"delegating {jobs} jobs"), _delegating(here, Life(seconds), events=True):
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


def _count_calls(
    here: Surroundings, prefix: str, jobs: int, life: Life, *, events: bool = True
) -> Costs:
    names = [f"{prefix}-{number:03}" for number in range(jobs)]
    limit = SLACK_SECONDS + life.preparing_seconds + life.seconds
    with (
        step(f"counting the calls of {jobs} {prefix} jobs"),
        _delegating(here, life, events=events),
    ):
        _apply_and_wait(here, names, limit)
        calls = _list_calls(here.aws)
    found = [[call for call in calls if name in call.resource] for name in names]
    progress = [sum(call.operation in PROGRESS_CALLS for call in mine) for mine in found]
    return Costs(
        of_life=Samples.of(len(mine) - n for mine, n in zip(found, progress, strict=True)),
        for_progress=Samples.of(progress),
        total=Samples.of(map(len, found)),
    )


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
