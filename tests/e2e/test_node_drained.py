"""A node is drained under a solve: nobody's fault, so it counts against nobody."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.e2e.jobs import (
    await_job,
    await_pod_that_says,
    open_gate,
    pods_of,
    script_job,
    status_of,
)
from tests.e2e.programs import GATED, INCUMBENT
from tests.kubectl import Kubectl, Object, condition_of, holds

pytestmark = pytest.mark.alone


@pytest.fixture
def uncordoned(kubectl: Kubectl) -> Iterator[None]:
    """Whatever happens, the nodes take pods again afterwards."""
    yield
    kubectl.run("uncordon", *(node["metadata"]["name"] for node in kubectl.list("nodes")))


def has_no_place(job: Object) -> bool:
    return condition_of(job, "Reconciling").get("reason") == "Unschedulable"


@pytest.mark.usefixtures("uncordoned")
def test_a_solve_on_a_drained_node_is_done_again_elsewhere_without_counting_as_a_failure(
    kubectl: Kubectl,
) -> None:
    kubectl.apply(script_job("moved", GATED, backoffLimit=0))
    first = await_pod_that_says(kubectl, "moved", INCUMBENT)
    node = kubectl.get("pod", first)["spec"]["nodeName"]

    drain = ("drain", node, "--pod-selector=argmin.dev/name=moved", "--timeout=90s")
    kubectl.run(*drain, "--ignore-daemonsets", "--delete-emptydir-data")
    job = await_job(kubectl, "moved", has_no_place)
    assert not holds(job, "Failed")
    assert [pod["metadata"]["name"] for pod in pods_of(kubectl, "moved")] != [first]

    kubectl.run("uncordon", node)
    second = await_pod_that_says(kubectl, "moved", INCUMBENT)
    open_gate(kubectl, second)
    job = await_job(kubectl, "moved")
    assert holds(job, "Complete")
    assert status_of(job, "outcome", "objective") == {"outcome": "Optimal", "objective": "5.0"}
    runs = [(run["name"], run["reason"]) for run in job["status"]["attempts"]]
    assert runs == [(first, "Evicted"), (second, "ProgramFinished")]
