"""What stands in the way of a job becomes a condition that says what to do, and heals."""

from __future__ import annotations

import json

import pytest

from tests.aws.control import ACCOUNT, FaultKind
from tests.aws.delegation.conftest import OpenScene
from tests.aws.delegation.identity import OPERATOR
from tests.aws.delegation.manifests import BLEND_VALUE, build_blend, build_job
from tests.aws.delegation.scene import KIND, Scene
from tests.aws.seed import BUCKET, TRUST

pytestmark = pytest.mark.aws

QUOTA = "ml.m5.large for processing job usage"


def test_a_job_role_that_is_not_there_is_named_and_taken_when_it_is(scene: Scene) -> None:
    role = f"arn:aws:iam::{ACCOUNT}:role/late"
    scene.submit(build_blend("blend", backend={"sageMaker": {"roleArn": role}}))
    stalled = scene.await_condition("blend", "Stalled", "RoleNotUsable")
    assert role in stalled["message"]
    scene.aws.client("iam").create_role(RoleName="late", AssumeRolePolicyDocument=json.dumps(TRUST))
    assert scene.finish("blend")["objective"] == BLEND_VALUE
    scene.check_attempts("blend", "Completed")
    scene.check_nothing_left("blend")


def test_a_quota_is_waited_for_by_its_name(scene: Scene) -> None:
    scene.aws.configure(quotas={QUOTA: 0})
    scene.submit(build_blend("blend"))
    waiting = scene.await_condition("blend", "Reconciling", "QuotaExceeded")
    assert QUOTA in waiting["message"]
    assert scene.user.get(KIND, "blend")["status"]["state"] == "Pending"
    scene.aws.configure(quotas={})
    assert scene.finish("blend")["objective"] == BLEND_VALUE
    scene.check_attempts("blend", "Completed")
    scene.check_nothing_left("blend")


def test_a_strangers_job_of_the_same_name_is_left_alone(scene: Scene) -> None:
    name = scene.submit_too_late(build_blend("blend"))
    stalled = scene.await_condition("blend", "Stalled", "NameTaken")
    assert name in stalled["message"]
    scene.delete("blend")
    scene.await_gone("blend")
    assert [(job.name, job.status) for job in scene.aws.jobs()] == [(name, "InProgress")]


def test_a_job_whose_status_was_lost_finds_its_attempt_again(scene: Scene) -> None:
    running = scene.start_endless()
    scene.user.run(
        "patch", KIND, "endless", "--subresource=status", "--type=json",
        '--patch=[{"op": "remove", "path": "/status"}]',
    )  # fmt: skip
    status = scene.await_status(
        "endless",
        lambda obj: obj.get("status", {}).get("state") == "Running",
        "runs as before",
    )
    assert status["sageMaker"]["jobName"] == running.name
    scene.check_attempts("endless", "InProgress")


def test_a_permission_that_is_missing_is_named(scene: Scene) -> None:
    with scene.aws.faults.during(
        FaultKind.ACCESS_DENIED, "sagemaker", "CreateProcessingJob", principal=OPERATOR
    ):
        scene.submit(build_blend("blend"))
        stalled = scene.await_condition("blend", "Stalled", "AccessDenied")
        assert "sagemaker:CreateProcessingJob" in stalled["message"]
    assert scene.finish("blend")["objective"] == BLEND_VALUE
    scene.check_attempts("blend", "Completed")


def test_without_a_store_the_job_says_where_to_name_one(open_scene: OpenScene) -> None:
    scene = open_scene(ARGMIN_DEFAULT_STORE="")
    scene.submit(build_blend("blend"))
    stalled = scene.await_condition("blend", "Stalled", "StoreMissing")
    assert "spec.artifacts.s3" in stalled["message"]
    scene.edit("blend", f'{{"spec": {{"artifacts": {{"s3": {{"bucket": "{BUCKET}"}}}}}}}}')
    assert scene.finish("blend")["objective"] == BLEND_VALUE


def test_what_sagemaker_cannot_do_is_said_with_what_to_write_instead(
    open_scene: OpenScene,
) -> None:
    scene = open_scene(ARGMIN_DEFAULT_BACKEND="sageMaker")
    claim = {"persistentVolumeClaim": {"claimName": "models", "path": "blend.lp"}}
    job = build_job("blend", model={"format": "lp", "source": claim})
    del job["spec"]["backend"]  # then the API server cannot tell
    scene.submit(job)
    stalled = scene.await_condition("blend", "Stalled", "UnsuitedToBackend")
    assert "spec.model.source.persistentVolumeClaim" in stalled["message"]
    scene.check_attempts("blend")
    scene.check_nothing_left("blend")
