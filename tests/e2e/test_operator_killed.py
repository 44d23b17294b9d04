"""The operator dies at the worst moments, and nothing is lost, done twice or left behind."""

from __future__ import annotations

import pytest

from tests.e2e.jobs import (
    JOBS,
    await_emptiness,
    await_job,
    await_jobs,
    await_pod_that_says,
    children_in,
    open_gate,
    script_job,
    status_of,
)
from tests.e2e.operator_process import await_operator, kill_operator, renew_operator
from tests.e2e.programs import GATED, INCUMBENT
from tests.kubectl import Kubectl, holds

SIGKILLED = 128 + 9

pytestmark = pytest.mark.alone


@pytest.fixture(autouse=True)
def renewed(operator: Kubectl) -> None:
    renew_operator(operator)


def test_a_job_completes_once_though_the_operator_is_killed_in_the_middle_of_its_solve(
    kubectl: Kubectl,
) -> None:
    kubectl.apply(script_job("survivor", GATED, backoffLimit=0))
    pod = await_pod_that_says(kubectl, "survivor", INCUMBENT)
    (child,) = children_in(kubectl)["Job"]

    restarts = kill_operator(kubectl)
    open_gate(kubectl, pod)
    assert await_operator(kubectl, restarts)["exitCode"] == SIGKILLED

    job = await_job(kubectl, "survivor")
    assert holds(job, "Complete")
    assert status_of(job, "outcome", "objective") == {"outcome": "Optimal", "objective": "5.0"}
    assert [run["name"] for run in job["status"]["attempts"]] == [pod]
    result = job["status"]["solutionRef"]["configMap"]
    assert children_in(kubectl) == {"Job": [child], "Pod": [pod], "ConfigMap": [child, result]}

    kubectl.delete(JOBS, "survivor")
    await_emptiness(kubectl)


def test_jobs_applied_in_the_moment_the_operator_is_killed_run_once_each(kubectl: Kubectl) -> None:
    names = [f"burst-{number}" for number in range(4)]
    program = "from argmin_solvers.script.report import report; report(objective=1)"
    kubectl.apply(*(script_job(name, program) for name in names))
    restarts = kill_operator(kubectl)
    await_operator(kubectl, restarts)

    jobs = await_jobs(kubectl, names)
    assert all(holds(job, "Complete") for job in jobs.values())
    children = children_in(kubectl)
    assert sorted(children["Job"]) == sorted(job["status"]["runName"] for job in jobs.values())
    assert len(children["Pod"]) == len(names)
    kubectl.run("delete", JOBS, "--all")
    await_emptiness(kubectl)
