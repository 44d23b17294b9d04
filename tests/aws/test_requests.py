"""Requests are checked as AWS checks them: against the service model, the role and the paths."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx
import pytest
from botocore.config import Config
from botocore.exceptions import ConnectionClosedError

from tests.aws.seed import BUCKET
from tests.aws.stage import Stage, refused, request, s3_input, s3_outputs

pytestmark = pytest.mark.aws

Change = Callable[[dict[str, Any]], object]


def _cluster(job: dict[str, Any]) -> dict[str, Any]:
    cluster: dict[str, Any] = job["ProcessingResources"]["ClusterConfig"]
    return cluster


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            lambda job: job.update(ProcessingJobName="-no-"),
            "Value '-no-' at 'processingJobName' failed to satisfy constraint: Member must satisfy"
            " regular expression pattern",
        ),
        (
            lambda job: job.update(ProcessingJobName="x" * 64),
            "at 'processingJobName' failed to satisfy constraint: Member must satisfy",
        ),
        (
            lambda job: _cluster(job).update(InstanceType="ml.huge"),
            "Value 'ml.huge' at 'processingResources.clusterConfig.instanceType' failed to satisfy"
            " constraint: Member must satisfy enum value set: [",
        ),
        (
            lambda job: _cluster(job).update(InstanceCount=101),
            "Value '101' at 'processingResources.clusterConfig.instanceCount' failed to satisfy"
            " constraint: Member must have value less than or equal to 100",
        ),
        (
            lambda job: job.update(RoleArn="arn:aws:iam::123456789012:user/somebody"),
            "at 'roleArn' failed to satisfy constraint",
        ),
        (
            lambda job: job.update(Tags=[{"Key": "a,b", "Value": "x"}]),
            "Value 'a,b' at 'tags.1.member.key' failed to satisfy constraint",
        ),
        (
            lambda job: job.update(Environment={"KEY": "x" * 257}),
            "Member must have length less than or equal to 256",
        ),
    ],
)
def test_a_value_that_the_model_does_not_allow_is_named(
    stage: Stage, change: Change, message: str
) -> None:
    job = request(stage.aws, "valid-name")
    change(job)
    with refused("ValidationException", message):
        stage.sagemaker.create_processing_job(**job)
    assert stage.aws.jobs() == []


def test_every_broken_constraint_is_told_at_once(stage: Stage) -> None:
    job = request(stage.aws, "a_b")
    _cluster(job)["VolumeSizeInGB"] = 0
    with refused("ValidationException", "2 validation errors detected: "):
        client = stage.aws.client("sagemaker", config=Config(parameter_validation=False))
        client.create_processing_job(**job)


def test_what_is_missing_is_named(stage: Stage) -> None:
    answer = _post(stage, "CreateProcessingJob", '{"ProcessingJobName": "x"}')
    assert answer["__type"] == "ValidationException"
    assert (
        "Value null at 'roleArn' failed to satisfy constraint: Member must not be null"
        in (answer["message"])
    )


@pytest.mark.parametrize("body", ["{", "[]", '{"ProcessingJobName": 7}'])
def test_a_body_of_another_shape_is_no_request(stage: Stage, body: str) -> None:
    assert _post(stage, "DescribeProcessingJob", body)["__type"] == "SerializationException"


def test_operations_that_are_motos_are_checked_too(stage: Stage) -> None:
    with refused("ValidationException", "'trainingJobName'"):
        stage.sagemaker.describe_training_job(TrainingJobName="not_a_name")


def test_an_operation_that_aws_has_not_is_refused(stage: Stage) -> None:
    answer = _post(stage, "CreateNonsense", "{}")
    assert answer["__type"] == "UnknownOperationException"


def test_a_role_that_is_not_there_cannot_be_assumed(stage: Stage) -> None:
    with refused("ValidationException", "Could not assume role"):
        stage.create("job", RoleArn="arn:aws:iam::123456789012:role/nobody")


def test_a_role_that_does_not_trust_sagemaker_cannot_be_assumed(stage: Stage) -> None:
    trust = (
        '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole",'
        ' "Principal": {"Service": "ec2.amazonaws.com"}}]}'
    )
    role = stage.aws.client("iam").create_role(RoleName="other", AssumeRolePolicyDocument=trust)
    with refused("ValidationException", "allows principal 'sagemaker.amazonaws.com'"):
        stage.create("job", RoleArn=role["Role"]["Arn"])


def test_paths_outside_of_the_processing_folder_are_refused(stage: Stage) -> None:
    source = s3_input("data", f"s3://{BUCKET}/data")
    source["S3Input"]["LocalPath"] = "/data"
    with refused("ValidationException", "LocalPath /data must be an absolute path below"):
        stage.create("job", ProcessingInputs=[source])


def test_two_outputs_cannot_share_a_folder(stage: Stage) -> None:
    outputs = s3_outputs({"one": "1", "two": "2"})
    outputs["Outputs"][1]["S3Output"]["LocalPath"] = outputs["Outputs"][0]["S3Output"]["LocalPath"]
    with refused("ValidationException", "LocalPath must be unique"):
        stage.create("job", ProcessingOutputConfig=outputs)


def _post(stage: Stage, operation: str, body: str) -> dict[str, Any]:
    """A request that no client of boto3's would send."""
    headers = {
        "X-Amz-Target": f"SageMaker.{operation}",
        "Content-Type": "application/x-amz-json-1.1",
        "Authorization": "AWS4-HMAC-SHA256 Credential=AKIAROOT123456789012/20261122/us-east-1/"
        "sagemaker/aws4_request, SignedHeaders=host, Signature=0",
    }
    answer = httpx.post(stage.aws.url, headers=headers, content=body, trust_env=False)
    assert answer.status_code == 400
    parsed: dict[str, Any] = answer.json()
    return parsed


def test_a_bucket_is_found_by_whatever_name_the_server_is_called(stage: Stage) -> None:
    def rename(request: Any, **_: object) -> None:
        request.headers["Host"] = "s3.storage:9000"

    stage.s3.meta.events.register("before-send.s3", rename)
    stage.upload("models/blend.lp", "text")
    assert stage.list_keys() == ["models/blend.lp"]


@pytest.mark.parametrize("service", ["sagemaker", "s3", "sqs"])
def test_a_region_that_aws_does_not_have_cannot_be_reached(stage: Stage, service: str) -> None:
    client = stage.aws.client(service, region="eu-west-9")
    asks = {
        "sagemaker": "list_processing_jobs",
        "s3": "list_buckets",
        "sqs": "list_queues",
    }
    with pytest.raises(ConnectionClosedError):
        getattr(client, asks[service])()
