"""Each call of AWS's API needs the permissions that AWS documents, with their condition keys."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from tests.aws.iam import (
    Call,
    Permissions,
    PolicyKind,
    Request,
    Target,
    UnknownCallError,
    authorize,
    build_requests,
)
from tests.unit.aws_iam.policies import (
    ACCOUNT,
    ALICE,
    JOB,
    OTHER_ACCOUNT,
    allowing,
    policy,
    statement,
)

KEY = f"arn:aws:kms:eu-central-1:{ACCOUNT}:key/1234"
JOB_ROLE = f"arn:aws:iam::{ACCOUNT}:role/argmin-job-red"
PLAIN_JOB: dict[str, Any] = {
    "ProcessingJobName": "steel",
    "RoleArn": JOB_ROLE,
    "ProcessingResources": {"ClusterConfig": {"InstanceType": "ml.m5.large", "InstanceCount": 1}},
}
OBJECT = {"Bucket": "results", "Key": "argmin/red/answer.json"}
OBJECT_ARN = "arn:aws:s3:::results/argmin/red/answer.json"
QUEUE = {"QueueUrl": f"https://sqs.eu-central-1.amazonaws.com/{OTHER_ACCOUNT}/argmin"}
QUEUE_ARN = f"arn:aws:sqs:eu-central-1:{OTHER_ACCOUNT}:argmin"
GROUP = {"logGroupName": "/aws/sagemaker/ProcessingJobs"}
GROUP_ARN = (
    f"arn:aws:logs:eu-central-1:{ACCOUNT}:log-group:/aws/sagemaker/ProcessingJobs:log-stream:"
)


def needs(
    service: str, operation: str, parameters: dict[str, Any], **more: Any
) -> tuple[Request, ...]:
    return build_requests(Call(service, operation, parameters, ALICE, **more))


def summary(requests: tuple[Request, ...]) -> list[tuple[str, ...]]:
    return [(request.action, *request.resources) for request in requests]


@pytest.mark.parametrize(
    ("service", "operation", "parameters", "expected"),
    [
        (
            "sagemaker",
            "CreateProcessingJob",
            PLAIN_JOB,
            [("sagemaker:CreateProcessingJob", JOB), ("iam:PassRole", JOB_ROLE)],
        ),
        (
            "sagemaker",
            "DescribeProcessingJob",
            {"ProcessingJobName": "steel"},
            [("sagemaker:DescribeProcessingJob", JOB)],
        ),
        (
            "sagemaker",
            "StopProcessingJob",
            {"ProcessingJobName": "steel"},
            [("sagemaker:StopProcessingJob", JOB)],
        ),
        ("sagemaker", "ListTags", {"ResourceArn": JOB}, [("sagemaker:ListTags", JOB)]),
        ("s3", "GetObject", OBJECT, [("s3:GetObject", OBJECT_ARN)]),
        ("s3", "HeadObject", OBJECT, [("s3:GetObject", OBJECT_ARN)]),
        ("s3", "PutObject", OBJECT, [("s3:PutObject", OBJECT_ARN)]),
        ("s3", "DeleteObject", OBJECT, [("s3:DeleteObject", OBJECT_ARN)]),
        (
            "s3",
            "DeleteObjects",
            {"Bucket": "results", "Delete": {"Objects": [{"Key": "a"}, {"Key": "b"}]}},
            [("s3:DeleteObject", "arn:aws:s3:::results/a", "arn:aws:s3:::results/b")],
        ),
        ("s3", "CreateMultipartUpload", OBJECT, [("s3:PutObject", OBJECT_ARN)]),
        ("s3", "UploadPart", OBJECT, [("s3:PutObject", OBJECT_ARN)]),
        ("s3", "CompleteMultipartUpload", OBJECT, [("s3:PutObject", OBJECT_ARN)]),
        ("s3", "AbortMultipartUpload", OBJECT, [("s3:AbortMultipartUpload", OBJECT_ARN)]),
        ("s3", "ListParts", OBJECT, [("s3:ListMultipartUploadParts", OBJECT_ARN)]),
        (
            "s3",
            "ListMultipartUploads",
            {"Bucket": "results"},
            [("s3:ListBucketMultipartUploads", "arn:aws:s3:::results")],
        ),
        ("s3", "HeadBucket", {"Bucket": "results"}, [("s3:ListBucket", "arn:aws:s3:::results")]),
        (
            "s3",
            "GetBucketLocation",
            {"Bucket": "results"},
            [("s3:GetBucketLocation", "arn:aws:s3:::results")],
        ),
        ("s3", "ListObjects", {"Bucket": "results"}, [("s3:ListBucket", "arn:aws:s3:::results")]),
        ("sqs", "ReceiveMessage", QUEUE, [("sqs:ReceiveMessage", QUEUE_ARN)]),
        ("sqs", "DeleteMessage", QUEUE, [("sqs:DeleteMessage", QUEUE_ARN)]),
        ("sqs", "DeleteMessageBatch", QUEUE, [("sqs:DeleteMessage", QUEUE_ARN)]),
        ("sqs", "ChangeMessageVisibility", QUEUE, [("sqs:ChangeMessageVisibility", QUEUE_ARN)]),
        (
            "sqs",
            "GetQueueUrl",
            {"QueueName": "argmin"},
            [("sqs:GetQueueUrl", QUEUE_ARN.replace(OTHER_ACCOUNT, ACCOUNT))],
        ),
        (
            "logs",
            "GetLogEvents",
            {**GROUP, "logStreamName": "steel/1"},
            [("logs:GetLogEvents", f"{GROUP_ARN}steel/1")],
        ),
        ("logs", "FilterLogEvents", GROUP, [("logs:FilterLogEvents", GROUP_ARN)]),
        ("logs", "DescribeLogStreams", GROUP, [("logs:DescribeLogStreams", GROUP_ARN)]),
        (
            "logs",
            "DescribeLogStreams",
            {"logGroupIdentifier": GROUP_ARN.removesuffix(":log-stream:")},
            [("logs:DescribeLogStreams", GROUP_ARN)],
        ),
        ("sts", "GetCallerIdentity", {}, []),
        (
            "sts",
            "AssumeRole",
            {"RoleArn": JOB_ROLE, "RoleSessionName": "argmin"},
            [("sts:AssumeRole", JOB_ROLE)],
        ),
        (
            "sts",
            "AssumeRole",
            {
                "RoleArn": JOB_ROLE,
                "RoleSessionName": "argmin",
                "Tags": [{"Key": "Team", "Value": "red"}],
            },
            [("sts:AssumeRole", JOB_ROLE), ("sts:TagSession", JOB_ROLE)],
        ),
        ("kms", "Decrypt", {"KeyId": "1234"}, [("kms:Decrypt", KEY)]),
        ("kms", "GenerateDataKey", {"KeyId": KEY}, [("kms:GenerateDataKey", KEY)]),
        ("ecr", "GetAuthorizationToken", {}, [("ecr:GetAuthorizationToken", "*")]),
    ],
)
def test_a_call_needs_these_actions_on_these_resources(
    service: str, operation: str, parameters: dict[str, Any], expected: list[tuple[str, ...]]
) -> None:
    assert summary(needs(service, operation, parameters)) == expected


def test_creating_a_job_tells_everything_that_a_policy_may_bind() -> None:
    parameters = {
        **PLAIN_JOB,
        "Tags": [{"Key": "Team", "Value": "red"}, {"Key": "argmin.dev/uid", "Value": "1"}],
        "ProcessingResources": {
            "ClusterConfig": {"InstanceType": "ml.m5.large", "VolumeKmsKeyId": "1234"}
        },
        "ProcessingOutputConfig": {"KmsKeyId": "alias/results", "Outputs": []},
        "StoppingCondition": {"MaxRuntimeInSeconds": 600},
        "NetworkConfig": {
            "EnableNetworkIsolation": True,
            "EnableInterContainerTrafficEncryption": False,
            "VpcConfig": {"Subnets": ["subnet-1", "subnet-2"], "SecurityGroupIds": ["sg-1"]},
        },
    }
    create, tag, hand_over = needs("sagemaker", "CreateProcessingJob", parameters)
    expected = {
        "aws:RequestTag/Team": "red",
        "aws:RequestTag/argmin.dev/uid": "1",
        "aws:TagKeys": ("Team", "argmin.dev/uid"),
        "sagemaker:InstanceTypes": ("ml.m5.large",),
        "sagemaker:VolumeKmsKey": KEY,
        "sagemaker:OutputKmsKey": f"arn:aws:kms:eu-central-1:{ACCOUNT}:alias/results",
        "sagemaker:MaxRuntimeInSeconds": "600",
        "sagemaker:NetworkIsolation": "true",
        "sagemaker:InterContainerTrafficEncryption": "false",
        "sagemaker:VpcSubnets": ("subnet-1", "subnet-2"),
        "sagemaker:VpcSecurityGroupIds": ("sg-1",),
    }
    assert {key: create.context.get(key) for key in expected} == expected
    assert (tag.action, tag.resources) == ("sagemaker:AddTags", (JOB,))
    assert tag.context["sagemaker:TaggingAction"] == "CreateProcessingJob"
    assert tag.context["aws:RequestTag/Team"] == "red"
    assert hand_over.context["iam:PassedToService"] == "sagemaker.amazonaws.com"


def test_what_a_job_does_not_say_is_no_condition_key() -> None:
    create, _ = needs("sagemaker", "CreateProcessingJob", PLAIN_JOB)
    assert not [key for key in create.context if "kms" in key or "vpc" in key or "tag" in key]
    assert "sagemaker:NetworkIsolation" not in create.context


@pytest.mark.parametrize("operation", ["DescribeProcessingJob", "StopProcessingJob", "ListTags"])
def test_a_job_that_is_there_is_known_by_its_tags(operation: str) -> None:
    parameters = {"ProcessingJobName": "steel", "ResourceArn": JOB}
    (request,) = needs("sagemaker", operation, parameters, target=Target(tags={"Team": "red"}))
    assert request.context["aws:ResourceTag/Team"] == "red"
    assert request.context["sagemaker:ResourceTag/Team"] == "red"


def test_a_listing_is_bound_by_its_prefix() -> None:
    parameters = {"Bucket": "results", "Prefix": "argmin/red/", "MaxKeys": 10}
    (request,) = needs("s3", "ListObjectsV2", parameters)
    assert (request.context["s3:prefix"], request.context["s3:max-keys"]) == ("argmin/red/", "10")
    assert "s3:delimiter" not in request.context


def test_asking_for_an_object_that_is_not_there_needs_the_right_to_list() -> None:
    requests = needs("s3", "GetObject", OBJECT, target=Target(exists=False))
    assert summary(requests)[1:] == [("s3:ListBucket", "arn:aws:s3:::results")]


@pytest.mark.parametrize(
    ("operation", "parameters", "target", "action"),
    [
        ("GetObject", {}, Target(kms_key_arn=KEY), "kms:Decrypt"),
        ("PutObject", {}, Target(kms_key_arn=KEY), "kms:GenerateDataKey"),
        ("PutObject", {"SSEKMSKeyId": "1234"}, Target(), "kms:GenerateDataKey"),
        ("CreateMultipartUpload", {"SSEKMSKeyId": KEY}, Target(), "kms:GenerateDataKey"),
        ("UploadPart", {}, Target(kms_key_arn=KEY), "kms:Decrypt"),
    ],
)
def test_an_encrypted_object_needs_its_key(
    operation: str, parameters: dict[str, Any], target: Target, action: str
) -> None:
    _, use = needs("s3", operation, {**OBJECT, **parameters}, target=target)
    assert (use.action, use.resources) == (action, (KEY,))
    assert use.context["kms:ViaService"] == "s3.eu-central-1.amazonaws.com"
    assert use.context["kms:EncryptionContext:aws:s3:arn"] == OBJECT_ARN


def test_adding_tags_tells_the_old_and_the_new_ones() -> None:
    parameters = {"ResourceArn": JOB, "Tags": [{"Key": "Team", "Value": "blue"}]}
    (request,) = needs("sagemaker", "AddTags", parameters, target=Target(tags={"Team": "red"}))
    assert request.context["aws:ResourceTag/Team"] == "red"
    assert request.context["aws:RequestTag/Team"] == "blue"
    assert "sagemaker:TaggingAction" not in request.context


def test_how_an_object_is_encrypted_is_a_condition_key() -> None:
    encryption = {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": KEY}
    put, _ = needs("s3", "PutObject", {**OBJECT, **encryption})
    assert put.context["s3:x-amz-server-side-encryption"] == "aws:kms"
    assert put.context["s3:x-amz-server-side-encryption-aws-kms-key-id"] == KEY


def test_a_network_interface_is_about_its_subnet_and_its_groups() -> None:
    (request,) = needs(
        "ec2", "CreateNetworkInterface", {"SubnetId": "subnet-1", "Groups": ["sg-1"]}
    )
    names = [resource.rpartition(":")[2] for resource in request.resources]
    assert names == ["network-interface/*", "subnet/subnet-1", "security-group/sg-1"]


def test_every_request_tells_where_when_and_how_it_is_made() -> None:
    (request,) = needs(
        "s3",
        "GetObject",
        OBJECT,
        region="us-east-1",
        moment=datetime(2026, 11, 22, tzinfo=UTC),
        source_ip="10.0.0.7",
        is_encrypted=False,
        target=Target(account=OTHER_ACCOUNT),
    )
    assert request.context == {
        "aws:requestedregion": "us-east-1",
        "aws:currenttime": "2026-11-22T00:00:00+00:00",
        "aws:epochtime": "1795305600",
        "aws:sourceip": "10.0.0.7",
        "aws:securetransport": "false",
        "aws:resourceaccount": OTHER_ACCOUNT,
    }


@pytest.mark.parametrize(
    ("service", "operation"),
    [("sagemaker", "CreateTrainingJob"), ("dynamodb", "GetItem"), ("s3", "createBucket")],
)
def test_an_unknown_call_names_the_file_to_add_it_to(service: str, operation: str) -> None:
    with pytest.raises(UnknownCallError) as error:
        needs(service, operation, {})
    assert str(error.value) == (
        f"argmin makes no call {service}:{operation}; if it does now, add what the call needs to"
        f" OPERATIONS in tests/aws/iam/services/{service}.py"
    )


def test_a_call_is_allowed_if_each_of_its_requests_is() -> None:
    call = Call("sagemaker", "CreateProcessingJob", PLAIN_JOB, ALICE)
    both = Permissions([allowing("sagemaker:*"), allowing("iam:PassRole", JOB_ROLE)])
    decision = authorize(call, both)
    assert decision is not None
    assert decision.allowed
    half = authorize(call, Permissions([allowing("sagemaker:*")]))
    assert half is not None
    assert half.message == (
        f"User: {ALICE.arn} is not authorized to perform: iam:PassRole on resource: {JOB_ROLE}"
        " because no identity-based policy allows the iam:PassRole action"
    )


def test_who_somebody_is_needs_no_permission() -> None:
    call = Call("sts", "GetCallerIdentity", {}, ALICE)
    assert authorize(call, Permissions([])) is None


def test_each_object_is_asked_for_under_its_own_policy() -> None:
    keys = [{"Key": "a"}, {"Key": "b"}]
    call = Call("s3", "DeleteObjects", {"Bucket": "results", "Delete": {"Objects": keys}}, ALICE)
    own = policy(statement("Deny", "s3:*", Principal="*"), kind=PolicyKind.RESOURCE)
    find = {"arn:aws:s3:::results/b": own}.get
    decision = authorize(call, Permissions([allowing("s3:*")], find_resource_policy=find))
    assert decision is not None
    assert decision.resource == "arn:aws:s3:::results/b"


def test_a_call_about_no_resource_asks_no_resource() -> None:
    asked: list[str] = []
    permissions = Permissions([allowing("ecr:*")], find_resource_policy=asked.append)
    decision = authorize(Call("ecr", "GetAuthorizationToken", {}, ALICE), permissions)
    assert decision is not None
    assert decision.allowed
    assert asked == []


def test_the_policy_of_a_bucket_is_asked_too() -> None:
    own = policy(statement("Deny", "s3:*", Principal="*"), kind=PolicyKind.RESOURCE)
    permissions = Permissions([allowing("s3:*")], find_resource_policy={OBJECT_ARN: own}.get)
    decision = authorize(Call("s3", "GetObject", OBJECT, ALICE), permissions)
    assert decision is not None
    assert decision.message.endswith("with an explicit deny in a resource-based policy")
