"""The case of OptimizationJob, in pods."""

from __future__ import annotations

from argmin.api.optimization.info import OPTIMIZATION_JOB
from argmin.kinds import KINDS
from tests.contract.case import Case
from tests.worlds.jobs import OPTIMAL, end_pods, run_pods

CASE = Case(
    name="optimization job",
    register=lambda _: KINDS[0],
    info=OPTIMIZATION_JOB,
    manifest={
        "metadata": {"name": "steel", "namespace": "team"},
        "spec": {"model": {"format": "mps", "source": {"inline": "NAME steel"}}},
    },
    invalid={"model": {"format": "mps"}},
    stages=(run_pods, lambda world: end_pods(world, OPTIMAL)),
)
