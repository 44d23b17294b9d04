"""A job is held and let go on."""

from __future__ import annotations

import json
from decimal import Decimal

from tests.e2e.jobs import (
    JOBS,
    await_job,
    await_pod_that_says,
    model_job,
    open_gate,
    pods_of,
    script_job,
    status_of,
)
from tests.e2e.programs import GATED, INCUMBENT, MARKET_SPLIT
from tests.kubectl import Kubectl, Object, holds

DEADLINE = 600
FIRST_ROW_OF_HIGHS = " 0.00% "
"""Printed with the first solution, which the feasibility jump finds at once."""


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
    child = kubectl.get("job", job["status"]["runName"])
    assert child["spec"]["activeDeadlineSeconds"] == DEADLINE - used
    open_gate(kubectl, second)
    job = await_job(kubectl, "paused")
    assert holds(job, "Complete")
    assert not is_suspended(job)
    assert status_of(job, "outcome", "objective") == {"outcome": "Optimal", "objective": "5.0"}
    runs = [(run["name"], run["reason"]) for run in job["status"]["attempts"]]
    assert runs == [(first, "Interrupted"), (second, "ProgramFinished")]
    assert job["status"]["activeSeconds"] >= used


def test_a_solver_held_in_the_middle_hands_over_its_best_solution(kubectl: Kubectl) -> None:
    kubectl.apply(model_job("hard", "python", MARKET_SPLIT, "highs"))
    await_pod_that_says(kubectl, "hard", FIRST_ROW_OF_HIGHS)
    suspend(kubectl, "hard", True)
    job = await_job(kubectl, "hard", is_suspended)
    assert status_of(job, "outcome", "sense") == {"outcome": "Feasible", "sense": "Minimize"}
    assert Decimal(job["status"]["objective"]) > Decimal(job["status"]["bestBound"])
    assert kubectl.get("configmap", job["status"]["solutionRef"]["configMap"])


def test_a_job_applied_as_suspended_starts_only_when_it_is_resumed(kubectl: Kubectl) -> None:
    kubectl.apply(script_job("held", "print(1)", suspend=True))
    job = await_job(kubectl, "held", is_suspended)
    assert not kubectl.list("pods")
    assert "attempts" not in job["status"]

    suspend(kubectl, "held", False)
    job = await_job(kubectl, "held")
    assert holds(job, "Complete")
    assert len(job["status"]["attempts"]) == 1
