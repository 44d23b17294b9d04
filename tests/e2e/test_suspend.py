"""A job is held and let go on."""

from __future__ import annotations

import json

from tests.e2e.jobs import (
    JOBS,
    await_job,
    await_pod_that_says,
    open_gate,
    pods_of,
    script_job,
    status_of,
)
from tests.e2e.programs import GATED, INCUMBENT
from tests.kubectl import Kubectl, Object, holds

DEADLINE = 600


def suspend(kubectl: Kubectl, name: str, held: bool) -> None:
    patch = json.dumps({"spec": {"suspend": held}})
    kubectl.run("patch", JOBS, name, "--type=merge", f"--patch={patch}")


def is_suspended(job: Object) -> bool:
    """Held, and no longer busy with stopping what ran."""
    return holds(job, "Suspended") and not holds(job, "Reconciling")


def test_a_job_suspended_in_the_middle_keeps_its_best_solution_and_completes_when_resumed(
    kubectl: Kubectl,
) -> None:
    kubectl.apply(script_job("paused", GATED, activeDeadlineSeconds=DEADLINE, backoffLimit=0))
    first = await_pod_that_says(kubectl, "paused", INCUMBENT)

    suspend(kubectl, "paused", True)
    job = await_job(kubectl, "paused", is_suspended)
    assert status_of(job, "state", "outcome", "objective") == {
        "state": "Suspended",
        "outcome": "Feasible",
        "objective": "7.0",
    }
    assert not pods_of(kubectl, "paused")
    used = job["status"]["activeSeconds"]

    suspend(kubectl, "paused", False)
    second = await_pod_that_says(kubectl, "paused", INCUMBENT)
    child = kubectl.get("job", job["status"]["job"])
    assert child["spec"]["activeDeadlineSeconds"] == DEADLINE - used
    open_gate(kubectl, second)
    job = await_job(kubectl, "paused")
    assert holds(job, "Complete")
    assert not is_suspended(job)
    assert status_of(job, "outcome", "objective") == {"outcome": "Optimal", "objective": "5.0"}
    runs = [(run["name"], run["reason"]) for run in job["status"]["runs"]]
    assert runs == [(first, "Interrupted"), (second, "ProgramFinished")]
    assert job["status"]["activeSeconds"] >= used


def test_a_job_applied_as_suspended_starts_only_when_it_is_resumed(kubectl: Kubectl) -> None:
    kubectl.apply(script_job("held", "print(1)", suspend=True))
    job = await_job(kubectl, "held", is_suspended)
    assert not kubectl.list("pods")
    assert "runs" not in job["status"]

    suspend(kubectl, "held", False)
    job = await_job(kubectl, "held")
    assert holds(job, "Complete")
    assert len(job["status"]["runs"]) == 1
