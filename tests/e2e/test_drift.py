"""Somebody deletes or edits what argmin has made: it is put right."""

from __future__ import annotations

import json

from tests.e2e.jobs import (
    JOBS,
    await_job,
    await_pod_that_says,
    children_in,
    open_gate,
    script_job,
    status_of,
)
from tests.e2e.programs import GATED, INCUMBENT
from tests.kubectl import Kubectl, Object, holds

OPTIMAL = {"outcome": "Optimal", "objective": "5.0"}


def patch(kubectl: Kubectl, kind: str, name: str, spec: Object) -> None:
    body = json.dumps({"spec": spec})
    kubectl.run("patch", kind, name, "--type=merge", f"--patch={body}")


def test_a_deleted_child_job_is_made_anew_and_the_solve_done_again(kubectl: Kubectl) -> None:
    kubectl.apply(script_job("robbed", GATED, backoffLimit=0))
    first = await_pod_that_says(kubectl, "robbed", INCUMBENT)
    (child,) = children_in(kubectl)["Job"]
    kubectl.delete("job", child)

    second = await_pod_that_says(kubectl, "robbed", INCUMBENT)
    assert second != first
    assert children_in(kubectl)["Job"] == [child]
    open_gate(kubectl, second)
    job = await_job(kubectl, "robbed")
    assert holds(job, "Complete")
    assert status_of(job, *OPTIMAL) == OPTIMAL


def test_an_edited_child_job_is_restored(kubectl: Kubectl) -> None:
    kubectl.apply(script_job("edited", GATED))
    pod = await_pod_that_says(kubectl, "edited", INCUMBENT)
    (child,) = children_in(kubectl)["Job"]
    patch(kubectl, "job", child, {"backoffLimit": 77, "activeDeadlineSeconds": 5000})

    def is_restored(found: Object) -> bool:
        spec = found["spec"]
        return spec["backoffLimit"] == 3 and "activeDeadlineSeconds" not in spec

    kubectl.wait_for("job", child, is_restored, "to be as argmin made it")
    open_gate(kubectl, pod)
    job = await_job(kubectl, "edited")
    assert [run["name"] for run in job["status"]["attempts"]] == [pod]
    assert status_of(job, *OPTIMAL) == OPTIMAL


def test_a_child_job_that_somebody_suspends_is_resumed(kubectl: Kubectl) -> None:
    kubectl.apply(script_job("held", GATED, backoffLimit=0))
    first = await_pod_that_says(kubectl, "held", INCUMBENT)
    (child,) = children_in(kubectl)["Job"]
    patch(kubectl, "job", child, {"suspend": True})
    kubectl.run("wait", "--for=delete", f"pod/{first}", "--timeout=90s")

    second = await_pod_that_says(kubectl, "held", INCUMBENT)
    open_gate(kubectl, second)
    job = await_job(kubectl, "held")
    assert holds(job, "Complete")
    assert status_of(job, *OPTIMAL) == OPTIMAL


def test_a_changed_spec_replaces_the_solve_that_is_under_way(kubectl: Kubectl) -> None:
    kubectl.apply(script_job("changed", GATED))
    await_pod_that_says(kubectl, "changed", INCUMBENT)
    (child,) = children_in(kubectl)["Job"]

    final = "from argmin_solvers.script.report import report; report(objective=9)"
    patch(kubectl, JOBS, "changed", {"script": {"source": {"inline": final}}})
    job = await_job(kubectl, "changed")
    assert holds(job, "Complete")
    assert status_of(job, "outcome", "objective") == {"outcome": "Feasible", "objective": "9.0"}
    assert job["status"]["observedGeneration"] == job["metadata"]["generation"] == 2
    kubectl.run("wait", "--for=delete", f"job/{child}", "--timeout=90s")
