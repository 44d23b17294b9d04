"""What a job costs: from `kubectl apply` to the answer in the status, beside a plain Job."""

from __future__ import annotations

import time
from collections.abc import Sequence
from itertools import pairwise

from argmin.optimization.build_run import OPTIMIZATION_JOBS
from argmin.plan import JOBS, PODS, Manifest, Resource
from tests.bench.figures import Figure, Section, Table, Unit, at_most, format_number
from tests.bench.manifests import build_bare_solve, build_model_map, build_solve
from tests.bench.models import SMALL, build_knapsack
from tests.bench.samples import Samples
from tests.bench.sightings import (
    COMPLETE,
    CREATED,
    ENDED,
    SCHEDULED,
    Sightings,
)
from tests.bench.stage import Stage, clear, own_namespace
from tests.cluster.progress import say
from tests.kubectl import Kubectl

TARGET_SECONDS = 1.0
JOB_TIMEOUT = 180.0

_METHOD = """\
The same model (a seeded knapsack of {items} binary variables, which HiGHS solves in about a tenth
of a second) from the same ConfigMap, in the same image, with the same resources and the same
security settings; in turns, one job at a time, after one pair that does not count. *argmin* is an
OptimizationJob; *plain Job* is a `batch/v1` Job whose container runs `python -c` with the highspy
library: read, solve, print. The time runs from the start of `kubectl apply` until a watch shows
the condition `Complete`, which on an OptimizationJob comes together with the answer."""

STEPS = (
    "kubectl apply → the object is stored",
    "→ the Job is there",
    "→ the pod is there",
    "→ the pod has a node",
    "→ the container has ended",
    "→ the object says so",
)
SIGHTINGS = ((JOBS, CREATED), (PODS, CREATED), (PODS, SCHEDULED), (PODS, ENDED))
"""What ends the steps between the first and the last, which end with the object itself."""

Passage = tuple[float, ...]
"""Seconds of each step, in the order of `STEPS`."""


def measure_overhead(stage: Stage, pairs: int) -> Section:
    """Solve the model by argmin and by a plain Job, in turns.

    Raises:
        BenchError: a job failed or did not end in time.
    """
    argmin: list[Passage] = []
    plain: list[Passage] = []
    with own_namespace(stage) as kubectl:
        kubectl.apply(build_model_map(build_knapsack(SMALL)))
        with Sightings(kubectl.kubeconfig, kubectl.namespace) as sightings:
            for pair in range(pairs + 1):
                solve = build_solve(f"pair-{pair}-argmin")
                argmin.append(_time_job(kubectl, sightings, OPTIMIZATION_JOBS, solve))
                bare = build_bare_solve(f"pair-{pair}-plain", stage.images.solvers)
                plain.append(_time_job(kubectl, sightings, JOBS, bare))
                say(f"pair {pair}: argmin {sum(argmin[-1]):.2f} s, plain {sum(plain[-1]):.2f} s")
    return _conclude(argmin[1:], plain[1:], stage.kubernetes)


def _time_job(
    kubectl: Kubectl, sightings: Sightings, resource: Resource, manifest: Manifest
) -> Passage:
    name = manifest["metadata"]["name"]
    began = time.monotonic()
    kubectl.apply(manifest)
    sightings.wait_until_complete(resource, [name], JOB_TIMEOUT)
    way = ((resource, CREATED), *SIGHTINGS, (resource, COMPLETE))
    moments = [began, *(sightings.first(kind, name, milestone) for kind, milestone in way)]
    clear(kubectl, resource)
    return tuple(later - earlier for earlier, later in pairwise(moments))


def _conclude(argmin: Sequence[Passage], plain: Sequence[Passage], kubernetes: str) -> Section:
    ours, bare = (Samples.of(map(sum, passages)) for passages in (argmin, plain))
    return Section(
        "Overhead of a job",
        _METHOD.format(items=SMALL.items),
        (
            Figure("argmin: apply to answer", ours, Unit.SECONDS),
            Figure("plain Job: apply to end", bare, Unit.SECONDS),
            Figure("added by argmin", ours.minus(bare), Unit.SECONDS, at_most(TARGET_SECONDS)),
            Figure("argmin / plain Job", ours.over(bare), Unit.TIMES),
        ),
        (_tabulate_steps(argmin, plain),),
        kubernetes,
    )


def _tabulate_steps(argmin: Sequence[Passage], plain: Sequence[Passage]) -> Table:
    rows = [
        (name, *(_median_of_step(passages, at) for passages in (argmin, plain)))
        for at, name in enumerate(STEPS)
    ]
    return Table(
        "Where the time goes, as the watch saw it (medians in seconds; a step below zero was seen"
        " before the one above it):",
        ("Step", "argmin", "plain Job"),
        rows,
    )


def _median_of_step(passages: Sequence[Passage], at: int) -> str:
    return format_number(Samples.of(passage[at] for passage in passages).median)
