"""The user guide's roles, enforced: a whole job works, and another namespace's is out of reach."""

from __future__ import annotations

import pytest

from tests.aws.delegation.manifests import BLEND, BLEND_VALUE, build_blend, build_job
from tests.aws.delegation.roles import INPUTS, name_arn
from tests.aws.delegation.scene import Scene
from tests.aws.iam.published import NAMESPACE_TAG

pytestmark = pytest.mark.aws


def test_a_whole_job_needs_no_more_than_the_guides_policies(guarded: Scene) -> None:
    store = guarded.aws.client("s3")
    store.put_object(Bucket=INPUTS, Key="models/blend.lp", Body=BLEND.encode())
    source = {"s3": {"bucket": INPUTS, "key": "models/blend.lp"}}
    job = build_job("blend", model={"format": "lp", "source": source})
    assert guarded.finish(guarded.submit(job))["objective"] == BLEND_VALUE
    guarded.check_attempts("blend", "Completed")
    guarded.check_nothing_left("blend")
    assert not [call for call in guarded.calls() if "Denied" in call.error]
    (assumed,) = guarded.calls("sts", "AssumeRole")
    assert "assumed-role/argmin-operator/" in assumed.principal


def test_a_job_is_stopped_by_them_too(guarded: Scene) -> None:
    guarded.start_endless()
    guarded.delete("endless")
    guarded.await_gone("endless")
    guarded.check_attempts("endless", "Stopped")


def test_the_job_role_of_another_namespace_cannot_be_passed(guarded: Scene) -> None:
    settings = {"sageMaker": {"roleArn": name_arn("argmin-job")}}
    guarded.submit(build_blend("blend", backend=settings))
    stalled = guarded.await_condition("blend", "Stalled", "AccessDenied")
    assert "iam:PassRole" in stalled["message"]
    guarded.check_attempts("blend")


def test_the_results_of_another_namespace_cannot_be_written(guarded: Scene) -> None:
    place = {"s3": {"bucket": "argmin", "prefix": "argmin/somebody-else"}}
    guarded.submit(build_blend("blend", artifacts=place))
    stalled = guarded.await_condition("blend", "Stalled", "AccessDenied")
    assert "s3:PutObject" in stalled["message"]
    guarded.check_attempts("blend")


def test_a_job_of_another_namespace_is_not_touched(guarded: Scene) -> None:
    tags = {NAMESPACE_TAG: "somebody-else"}
    name = guarded.submit_too_late(build_blend("blend"), tags)
    stalled = guarded.await_condition("blend", "Stalled", "NameTaken")
    assert name in stalled["message"]
    guarded.delete("blend")
    guarded.await_gone("blend")
    assert [(job.name, job.status) for job in guarded.aws.jobs()] == [(name, "InProgress")]
    assert not guarded.calls("sagemaker", "StopProcessingJob")
