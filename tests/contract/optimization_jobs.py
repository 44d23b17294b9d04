"""The case of OptimizationJob, in pods."""

from __future__ import annotations

from argmin.api.optimization.info import OPTIMIZATION_JOB
from argmin.backends.defaults import Defaults
from argmin.optimization.build_run import OPTIMIZATION_JOBS
from argmin.optimization.kind import OptimizationJobKind
from tests.contract.case import Case
from tests.worlds.jobs import OPTIMAL, end_pods, run_pods
from tests.worlds.world import World


def build(world: World) -> OptimizationJobKind:
    def choose_defaults(namespace: str) -> Defaults:
        images: dict[str, str] = world.outside.setdefault("images", {})
        return Defaults(image=images.get(namespace, "solvers:1"), intake_url="http://intake")

    return OptimizationJobKind(choose_defaults, lambda: world.now)


CASE = Case(
    name="optimization job",
    build=build,
    info=OPTIMIZATION_JOB,
    resource=OPTIMIZATION_JOBS,
    manifest={
        "metadata": {"name": "steel", "namespace": "team"},
        "spec": {"model": {"format": "mps", "source": {"inline": "NAME steel"}}},
    },
    invalid={"model": {"format": "mps"}},
    stages=(run_pods, lambda world: end_pods(world, OPTIMAL)),
)
