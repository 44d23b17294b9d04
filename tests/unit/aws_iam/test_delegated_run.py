"""A run as argmin really delegates it, held to the policies of the user guide."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from argmin.api.backend import SageMakerBackend, SageMakerNetwork
from argmin.api.files import Output
from argmin.api.sources import Source
from argmin.api.storage import S3Object, S3Store
from argmin.backends.run import RunInput
from argmin.backends.sagemaker.request import Submission, build_submission
from tests.aws.iam import Call, Policy, Principal, Request, Target, build_requests, evaluate
from tests.aws.iam.published import EXAMPLE, JOB_ROLE_PREFIX, read_published
from tests.unit.aws_iam.published_calls import (
    ACCOUNT,
    JOB,
    KEY_ARN,
    OURS,
    REGION,
    TEAM,
    THEIRS,
    role,
)
from tests.unit.backends.runs import OWNER, make_run

TEAM_POLICIES = [read_published("team-role"), read_published("team-role-kms")]
JOB_POLICIES = [read_published("job-role"), read_published("job-role-kms")]
MODEL = S3Object(bucket=EXAMPLE["INPUTS"], key="models/steel.lp")
HISTORY = S3Object(bucket=EXAMPLE["INPUTS"], prefix="history")


def delegate(namespace: str = OURS) -> Submission:
    """What argmin makes of a job that reads from S3, is encrypted and runs in a VPC."""
    run = replace(
        make_run(env=()),
        namespace=namespace,
        owner=replace(OWNER, namespace=namespace),
        inputs=(
            RunInput("source", Source(s3=MODEL), "steel.lp"),
            RunInput("history", Source(s3=HISTORY)),
        ),
    )
    outputs = (Output(name="plan", path="/opt/ml/processing/plan"),)
    settings = SageMakerBackend(
        instance_type="ml.m5.large",
        role_arn=role(JOB_ROLE_PREFIX + namespace),
        volume_kms_key_id=KEY_ARN,
        output_kms_key_id=KEY_ARN,
        network=SageMakerNetwork(
            subnets=(EXAMPLE["SUBNET"],), security_group_ids=(EXAMPLE["SECURITY_GROUP"],)
        ),
        tags={"cost-centre": "planning"},
    )
    document = run.document.model_copy(update={"namespace": namespace, "outputs": outputs})
    store = S3Store(bucket=EXAMPLE["BUCKET"], prefix="argmin", kms_key_id=KEY_ARN)
    return build_submission(replace(run, document=document), settings, store, attempt=1)


def refuse(principal: Principal, policies: list[Policy], *calls: Call) -> list[str]:
    """The sentences by which AWS would refuse calls."""
    requests: Iterator[Request] = (
        request for call in calls for request in build_requests(replace(call, principal=principal))
    )
    decisions = [evaluate(request, policies) for request in requests]
    return [decision.explanation for decision in decisions if not decision.allowed]


def in_s3(operation: str, bucket: str, key: str) -> Call:
    """A call about an object, or a listing by its key, under the key of the store."""
    name = "Prefix" if operation == "ListObjectsV2" else "Key"
    target = Target(kms_key_arn=KEY_ARN)
    return Call("s3", operation, {"Bucket": bucket, name: key}, JOB, REGION, target=target)


def divide(uri: str) -> tuple[str, str]:
    bucket, _, key = uri.removeprefix("s3://").partition("/")
    return bucket, key


def moves_of(submission: Submission) -> Iterator[Call]:
    """What SageMaker does in S3 for a job: it lists and reads inputs, and writes outputs."""
    for item in submission.request["ProcessingInputs"]:
        bucket, key = divide(item["S3Input"]["S3Uri"])
        yield in_s3("ListObjectsV2", bucket, key)
        yield in_s3("GetObject", bucket, f"{key}part-1" if key.endswith("/") else key)
    for item in submission.request["ProcessingOutputConfig"]["Outputs"]:
        bucket, folder = divide(item["S3Output"]["S3Uri"])
        yield in_s3("PutObject", bucket, f"{folder}/answer.json")
        yield in_s3("CompleteMultipartUpload", bucket, f"{folder}/answer.json")


def steps_of(submission: Submission) -> tuple[Call, Call, Call]:
    """What argmin does for a job: it stores the document, creates the job, reads the answer."""
    bucket, answer = (
        submission.result_store.bucket,
        submission.result_store.enter("answer.json").prefix,
    )
    encryption = {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": KEY_ARN}
    document = {"Bucket": bucket, "Key": submission.key, **encryption}
    return (
        Call("s3", "PutObject", document, TEAM, REGION),
        Call("sagemaker", "CreateProcessingJob", submission.request, TEAM, REGION),
        in_s3("GetObject", bucket, answer),
    )


def test_argmin_may_delegate_a_run_of_the_namespace() -> None:
    assert refuse(TEAM, TEAM_POLICIES, *steps_of(delegate())) == []


def test_the_job_may_read_its_inputs_and_write_its_outputs() -> None:
    moves = list(moves_of(delegate()))
    assert len(moves) == 3 * 2 + 2 * 2
    assert refuse(JOB, JOB_POLICIES, *moves) == []


@pytest.mark.parametrize("step", range(3))
def test_argmin_for_one_namespace_may_not_delegate_a_run_of_another(step: int) -> None:
    foreign = steps_of(delegate(THEIRS))[step]
    assert refuse(TEAM, TEAM_POLICIES, foreign)


def test_a_job_may_not_touch_the_files_of_another_namespace() -> None:
    foreign = [
        call
        for call in moves_of(delegate(THEIRS))
        if call.parameters["Bucket"] == EXAMPLE["BUCKET"]
    ]
    assert len(foreign) == 2 + 2 * 2
    assert all(refuse(JOB, JOB_POLICIES, call) for call in foreign)


def test_a_run_that_is_passed_the_role_of_another_namespace_is_refused() -> None:
    mixed = {**delegate().request, "RoleArn": role(JOB_ROLE_PREFIX + THEIRS)}
    refusals = refuse(
        TEAM, TEAM_POLICIES, Call("sagemaker", "CreateProcessingJob", mixed, TEAM, REGION)
    )
    assert len(refusals) == 1
    assert f"arn:aws:iam::{ACCOUNT}:role/{JOB_ROLE_PREFIX}{THEIRS}" in refusals[0]
