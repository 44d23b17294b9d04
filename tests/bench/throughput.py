"""How many jobs a cluster gets done with argmin, beside plain Jobs."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from argmin.optimization.build_run import OPTIMIZATION_JOBS
from argmin.plan import JOBS, Manifest, Resource
from tests.bench.figures import Figure, Section, Unit, at_least
from tests.bench.manifests import (
    build_bare_runners,
    build_bare_true,
    build_quick,
    join_manifests,
)
from tests.bench.samples import Samples
from tests.bench.sightings import Sightings
from tests.bench.stage import Stage, clear, own_namespace
from tests.cluster.progress import say
from tests.kubectl import Kubectl

TARGET_RATIO = 0.8
APPLY_TIMEOUT = 300.0
SECONDS_A_JOB = 6.0
"""Longest that a round may take for each of its jobs; a pod takes one or two on a busy core."""
SLACK_SECONDS = 120.0

_METHOD = """\
{count} jobs in one `kubectl apply`, whose pods have nothing to solve and ask for next to nothing,
so that neither solver nor scheduler is the limit; in turns. *argmin* is {count} OptimizationJobs
with a script that ends at once. *plain Jobs, same pods* are `batch/v1` Jobs with the very pod
template that argmin makes of them, runner and all, only without the token and the delivery of a
result: what differs is the operator. *plain Jobs, `true`* start the same image and end: what the
cluster itself can do, without a runner. The rate is {count} divided by the time from the start of
`kubectl apply` until a watch has shown the last job complete."""


@dataclass(frozen=True)
class Contender:
    """A way to run a number of jobs."""

    name: str
    resource: Resource
    build: Callable[[Sequence[str]], list[Manifest]]


def measure_throughput(stage: Stage, jobs: int, rounds: int) -> Section:
    """Run the jobs of each contender, in turns.

    Raises:
        BenchError: a job failed or not all ended in time.
    """
    contenders = _list_contenders(stage.images.solvers)
    rates: dict[str, list[float]] = {contender.name: [] for contender in contenders}
    with own_namespace(stage) as kubectl:
        _race(kubectl, contenders[-1], 1)  # the first pod of a node starts more slowly
        for _ in range(rounds):
            for contender in contenders:
                rate = _race(kubectl, contender, jobs)
                say(f"{contender.name}: {rate:.2f} jobs a second")
                rates[contender.name].append(rate)
    ours, same_pods, plain = (Samples.of(rates[each.name]) for each in contenders)
    return Section(
        "Throughput",
        _METHOD.format(count=jobs),
        (
            Figure("argmin", ours, Unit.PER_SECOND),
            Figure("plain Jobs, same pods", same_pods, Unit.PER_SECOND),
            Figure("plain Jobs, `true`", plain, Unit.PER_SECOND),
            Figure(
                "argmin / plain Jobs, same pods",
                ours.over(same_pods),
                Unit.TIMES,
                at_least(TARGET_RATIO),
            ),
            Figure("argmin / plain Jobs, `true`", ours.over(plain), Unit.TIMES),
        ),
        kubernetes=stage.kubernetes,
    )


def _list_contenders(image: str) -> tuple[Contender, ...]:
    def build_argmin(names: Sequence[str]) -> list[Manifest]:
        return [build_quick(name) for name in names]

    def build_same_pods(names: Sequence[str]) -> list[Manifest]:
        shared, jobs = build_bare_runners(names, image)
        return [shared, *jobs]

    def build_true(names: Sequence[str]) -> list[Manifest]:
        return [build_bare_true(name, image) for name in names]

    return (
        Contender("argmin", OPTIMIZATION_JOBS, build_argmin),
        Contender("plain Jobs, same pods", JOBS, build_same_pods),
        Contender("plain Jobs, `true`", JOBS, build_true),
    )


def _race(kubectl: Kubectl, contender: Contender, count: int) -> float:
    """Jobs a second."""
    names = [f"job-{number:03}" for number in range(count)]
    manifests = join_manifests(contender.build(names))
    with Sightings(kubectl.kubeconfig, kubectl.namespace) as sightings:
        began = time.monotonic()
        kubectl.run("apply", "--filename=-", stdin=manifests, timeout=APPLY_TIMEOUT)
        moments = sightings.wait_until_complete(
            contender.resource, names, SLACK_SECONDS + SECONDS_A_JOB * count
        )
    clear(kubectl, contender.resource)
    return count / (max(moments) - began)
