"""A namespace whose policy does not allow what a job asks for, until it changes."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from argmin.backends.defaults import Defaults
from argmin.backends.policy import Allowed, Policy
from argmin.optimization.build_run import OPTIMIZATION_JOBS
from argmin.optimization.kind import OptimizationJobKind
from argmin.runtime.kube.client import Cluster
from tests.kube.harness import eventually, is_idle, running
from tests.kubectl import Kubectl, holds
from tests.refusals import MODEL

pytestmark = pytest.mark.kube


class ChangingPolicies:
    """What a resource of the cluster might provide: policies that change while jobs wait."""

    def __init__(self) -> None:
        self.allowed = Allowed(images=("registry.example/*",))
        self.on_change: Callable[[str], None] = lambda _: None

    def policy_of(self, namespace: str) -> Policy:
        return Policy(Defaults(image="solvers:1", intake_url="http://intake"), self.allowed)

    def connect(self, on_change: Callable[[str], None]) -> None:
        self.on_change = on_change


async def test_a_job_starts_when_the_policy_of_its_namespace_comes_to_allow_it(
    user: Kubectl, cluster: Cluster
) -> None:
    policies = ChangingPolicies()
    kind = OptimizationJobKind(policies.policy_of)
    async with running(kind, cluster, user.namespace) as engine:
        policies.connect(engine.wake_namespace)
        user.apply(
            {
                "apiVersion": OPTIMIZATION_JOBS.api_version,
                "kind": OPTIMIZATION_JOBS.kind,
                "metadata": {"name": "steel"},
                "spec": {"model": MODEL, "image": "docker.io/somebody/solver"},
            }
        )
        await eventually(lambda: holds(user.get("opt", "steel"), "Stalled"), "the refusal")
        await eventually(lambda: is_idle(engine), "rest")
        conditions = user.get("opt", "steel")["status"]["conditions"]
        (stalled,) = (c for c in conditions if c["type"] == "Stalled")
        assert stalled["reason"] == "PolicyViolation"
        assert "spec.image: docker.io/somebody/solver" in stalled["message"]
        assert user.list("jobs") == []
        policies.allowed = Allowed(images=("docker.io/somebody/*",))
        policies.on_change(user.namespace)
        await eventually(lambda: bool(user.list("jobs")), "the Job")
        await eventually(lambda: not holds(user.get("opt", "steel"), "Stalled"), "no refusal")
