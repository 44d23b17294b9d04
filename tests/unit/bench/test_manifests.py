from __future__ import annotations

from argmin.api.optimization.spec import OptimizationJob
from argmin.api.run import RunDocument
from argmin.backends.defaults import Defaults
from argmin.backends.pods.job import build_job
from argmin.optimization.build_run import build_run
from tests.bench.manifests import (
    build_bare_runners,
    build_bare_solve,
    build_quick,
    build_solve,
)

IMAGE = "argmin/solvers:test"


def test_the_plain_jobs_run_the_very_command_of_argmins_pods() -> None:
    job = OptimizationJob.model_validate(build_quick("quick"))
    ours = build_job(build_run(job, Defaults(IMAGE, "http://intake")))["spec"]["template"]["spec"]
    _, (bare,) = build_bare_runners(["bare"], IMAGE)
    theirs = bare["spec"]["template"]["spec"]
    for field in ("image", "command", "env", "resources", "securityContext"):
        assert theirs["containers"][0][field] == ours["containers"][0][field]


def test_the_plain_jobs_deliver_nothing() -> None:
    shared, _ = build_bare_runners(["bare"], IMAGE)
    assert RunDocument.model_validate_json(shared["data"]["job.json"]).intake is None


def test_the_operator_does_not_know_the_plain_jobs() -> None:
    shared, jobs = build_bare_runners(["one", "two"], IMAGE)
    for manifest in (shared, *jobs):
        assert manifest["metadata"].keys() == {"name"}
    assert jobs[0]["spec"]["template"]["metadata"]["labels"] == {}


def test_both_sides_of_the_overhead_have_the_same_resources_and_confinement() -> None:
    job = OptimizationJob.model_validate(build_solve("ours"))
    ours = build_job(build_run(job, Defaults(IMAGE, "http://intake")))["spec"]["template"]["spec"]
    theirs = build_bare_solve("theirs", IMAGE)["spec"]["template"]["spec"]
    for field in ("image", "resources", "securityContext"):
        assert theirs["containers"][0][field] == ours["containers"][0][field]
    assert theirs["securityContext"].items() <= ours["securityContext"].items()
