"""What the three roles of the user guide have to be able to do, and what they must not.

Each entry is a sentence and the requests behind it, all of which have to be allowed for the
sentence to be true.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tests.aws.iam import Call, Context, Principal, Request, RoleAssumption, Target, build_requests
from tests.aws.iam.published import (
    EXAMPLE,
    JOB_ROLE_PREFIX,
    NAMESPACE_TAG,
    OPERATOR_ROLE,
    TEAM_ROLE,
)

Sentences = dict[str, tuple[Request, ...]]

ACCOUNT, REGION = EXAMPLE["ACCOUNT"], EXAMPLE["REGION"]
OURS, THEIRS = EXAMPLE["NAMESPACE"], "team-b"
KEY_ARN = f"arn:aws:kms:{REGION}:{ACCOUNT}:key/{EXAMPLE['KMS_KEY']}"
OTHER_KEY_ARN = f"arn:aws:kms:{REGION}:{ACCOUNT}:key/another"
JOB_ARN = f"arn:aws:sagemaker:{REGION}:{ACCOUNT}:processing-job/steel-1"


def role(name: str, account: str = ACCOUNT) -> str:
    return f"arn:aws:iam::{account}:role/{name}"


OPERATOR = Principal(
    f"arn:aws:sts::{ACCOUNT}:assumed-role/{OPERATOR_ROLE}/pod", role(OPERATOR_ROLE)
)
TEAM = RoleAssumption(
    OPERATOR, role(TEAM_ROLE), f"argmin-{OURS}", session_tags={NAMESPACE_TAG: OURS}
).session
JOB = RoleAssumption(
    Principal("sagemaker.amazonaws.com"),
    role(JOB_ROLE_PREFIX + OURS),
    "SageMaker",
    role_tags={NAMESPACE_TAG: OURS},
).session
OUR_TAGS, THEIR_TAGS = Target(tags={NAMESPACE_TAG: OURS}), Target(tags={NAMESPACE_TAG: THEIRS})
OUR_LOG = {"logGroupName": "/aws/sagemaker/ProcessingJobs", "logStreamName": "steel-1/algo-1"}
OTHER_LOG = {"logGroupName": "/aws/lambda/payroll", "logStreamName": "1"}


def calling(
    principal: Principal, service: str, operation: str, parameters: Mapping[str, Any], **more: Any
) -> tuple[Request, ...]:
    region = more.pop("region", REGION)
    return build_requests(Call(service, operation, parameters, principal, region, **more))


def creating(namespace: str | None, job_role: str, **more: Any) -> tuple[Request, ...]:
    tags = [{"Key": NAMESPACE_TAG, "Value": namespace}, {"Key": "cost", "Value": "7"}]
    hardware = {"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 30}
    parameters = {
        "ProcessingJobName": "steel-1",
        "RoleArn": role(job_role),
        "ProcessingResources": {"ClusterConfig": hardware},
        **({"Tags": tags} if namespace else {}),
    }
    return calling(TEAM, "sagemaker", "CreateProcessingJob", parameters, **more)


def asking_about_job(operation: str, target: Target, **more: Any) -> tuple[Request, ...]:
    parameters = {"ProcessingJobName": "steel-1", "ResourceArn": JOB_ARN}
    return calling(TEAM, "sagemaker", operation, parameters, target=target, **more)


def using(
    principal: Principal, operation: str, key: str, bucket: str = EXAMPLE["BUCKET"], **more: Any
) -> tuple[Request, ...]:
    return calling(principal, "s3", operation, {"Bucket": bucket, "Key": key}, **more)


def listing(prefix: str | None, bucket: str = EXAMPLE["BUCKET"]) -> tuple[Request, ...]:
    return calling(JOB, "s3", "ListObjectsV2", {"Bucket": bucket, "Prefix": prefix})


def pulling(operation: str, repository: str = EXAMPLE["REPOSITORY"]) -> tuple[Request, ...]:
    return calling(JOB, "ecr", operation, {"repositoryName": repository})


def joining(subnet: str, group: str, region: str = REGION) -> tuple[Request, ...]:
    parameters = {"SubnetId": subnet, "Groups": [group]}
    return calling(JOB, "ec2", "CreateNetworkInterface", parameters, region=region)


def receiving(operation: str, queue: str = EXAMPLE["QUEUE"]) -> tuple[Request, ...]:
    url = f"https://sqs.{REGION}.amazonaws.com/{ACCOUNT}/{queue}"
    return calling(OPERATOR, "sqs", operation, {"QueueUrl": url})


def assuming(name: str) -> tuple[Request, ...]:
    parameters = {
        "RoleArn": role(name),
        "RoleSessionName": f"argmin-{OURS}",
        "Tags": [{"Key": NAMESPACE_TAG, "Value": OURS}],
    }
    return calling(OPERATOR, "sts", "AssumeRole", parameters)


def acting(
    principal: Principal, action: str, resource: str, context: Mapping[str, str] | None = None
) -> tuple[Request, ...]:
    """An action that argmin never takes, so that no builder knows it."""
    return (Request(principal, action, (resource,), Context(context)),)


RETAGGED = {f"aws:RequestTag/{NAMESPACE_TAG}": OURS, f"aws:ResourceTag/{NAMESPACE_TAG}": THEIRS}
FOREIGN_BIRTH = {
    f"aws:RequestTag/{NAMESPACE_TAG}": THEIRS,
    "sagemaker:TaggingAction": "CreateProcessingJob",
}
OUR_JOB_ROLE, THEIR_JOB_ROLE = JOB_ROLE_PREFIX + OURS, JOB_ROLE_PREFIX + THEIRS
OUR_KEY, THEIR_KEY = f"argmin/{OURS}/steel/1/answer.json", f"argmin/{THEIRS}/steel/1/answer.json"
ENCRYPTED, OTHERWISE_ENCRYPTED = Target(kms_key_arn=KEY_ARN), Target(kms_key_arn=OTHER_KEY_ARN)
SUBNET, GROUP = EXAMPLE["SUBNET"], EXAMPLE["SECURITY_GROUP"]
INTERFACE = {"NetworkInterfaceId": "eni-1"}

NEEDED: dict[str, Sentences] = {
    "operator-role": {
        "it becomes the role of the team": assuming(TEAM_ROLE),
        "it receives events": receiving("ReceiveMessage"),
        "it deletes events": receiving("DeleteMessageBatch"),
    },
    "team-role": {
        "it creates a job": creating(OURS, OUR_JOB_ROLE),
        "it describes its job": asking_about_job("DescribeProcessingJob", OUR_TAGS),
        "it stops its job": asking_about_job("StopProcessingJob", OUR_TAGS),
        "it lists the tags of its job": asking_about_job("ListTags", OUR_TAGS),
        "it writes the job document": using(TEAM, "PutObject", OUR_KEY),
        "it reads the answer": using(TEAM, "GetObject", OUR_KEY),
        "it finds the log": calling(TEAM, "logs", "DescribeLogStreams", OUR_LOG),
        "it reads the log": calling(TEAM, "logs", "GetLogEvents", OUR_LOG),
        "it writes under a key": using(TEAM, "PutObject", OUR_KEY, target=ENCRYPTED),
        "it reads under a key": using(TEAM, "GetObject", OUR_KEY, target=ENCRYPTED),
    },
    "job-role": {
        "it lists its inputs": listing("models/", EXAMPLE["INPUTS"]),
        "it reads its inputs": using(JOB, "GetObject", "models/steel.lp", EXAMPLE["INPUTS"]),
        "it lists its job document": listing(f"argmin/{OURS}/steel/1/job.json"),
        "it reads its job document": using(JOB, "GetObject", f"argmin/{OURS}/steel/1/job.json"),
        "it writes its answer": using(JOB, "PutObject", OUR_KEY),
        "it uploads in parts": using(JOB, "CompleteMultipartUpload", OUR_KEY, target=ENCRYPTED),
        "it gives an upload up": using(JOB, "AbortMultipartUpload", OUR_KEY),
        "it makes the log group": calling(JOB, "logs", "CreateLogGroup", OUR_LOG),
        "it makes its log": calling(JOB, "logs", "CreateLogStream", OUR_LOG),
        "it looks for its log": calling(JOB, "logs", "DescribeLogStreams", OUR_LOG),
        "it writes its log": calling(JOB, "logs", "PutLogEvents", OUR_LOG),
        "it logs in to the registry": calling(JOB, "ecr", "GetAuthorizationToken", {}),
        "it looks for layers": pulling("BatchCheckLayerAvailability"),
        "it pulls the manifest": pulling("BatchGetImage"),
        "it pulls layers": pulling("GetDownloadUrlForLayer"),
        "it reads under a key": using(JOB, "GetObject", OUR_KEY, target=ENCRYPTED),
        "it writes under a key": using(JOB, "PutObject", OUR_KEY, target=ENCRYPTED),
        "it names a key for outputs": calling(JOB, "kms", "Encrypt", {"KeyId": KEY_ARN}),
        "it lets its volume be encrypted": calling(
            JOB, "kms", "CreateGrant", {"KeyId": KEY_ARN, "ForResource": True}
        ),
        "it joins its network": joining(SUBNET, GROUP),
        "it lends its interface": calling(
            JOB, "ec2", "CreateNetworkInterfacePermission", INTERFACE
        ),
        "it leaves its network": calling(JOB, "ec2", "DeleteNetworkInterface", INTERFACE),
        "it takes the loan back": calling(
            JOB, "ec2", "DeleteNetworkInterfacePermission", INTERFACE
        ),
        **{
            f"it looks at the network by {operation}": calling(JOB, "ec2", operation, {})
            for operation in (
                "DescribeDhcpOptions",
                "DescribeNetworkInterfaces",
                "DescribeSecurityGroups",
                "DescribeSubnets",
                "DescribeVpcs",
            )
        },
    },
}

FORBIDDEN: dict[str, Sentences] = {
    "operator-role": {
        "it becomes another role": assuming("admin"),
        "it becomes the role of a job": assuming(OUR_JOB_ROLE),
        "it receives from another queue": receiving("ReceiveMessage", "payroll"),
        "it sends events": acting(
            OPERATOR, "sqs:SendMessage", f"arn:aws:sqs:{REGION}:{ACCOUNT}:{EXAMPLE['QUEUE']}"
        ),
        "it creates jobs by itself": acting(OPERATOR, "sagemaker:CreateProcessingJob", JOB_ARN),
        "it reads results by itself": using(OPERATOR, "GetObject", OUR_KEY),
    },
    "team-role": {
        "it creates a job of another namespace": creating(THEIRS, OUR_JOB_ROLE),
        "it creates a job of no namespace": creating(None, OUR_JOB_ROLE),
        "it creates a job in another region": creating(OURS, OUR_JOB_ROLE, region="us-east-1"),
        "it creates an untold job in another region": acting(
            TEAM, "sagemaker:CreateProcessingJob", JOB_ARN.replace(REGION, "us-east-1"), RETAGGED
        ),
        "it passes another namespace's role": creating(OURS, THEIR_JOB_ROLE),
        "it passes an administrator's role": creating(OURS, "admin"),
        "it passes its role to a machine": acting(
            TEAM, "iam:PassRole", role(OUR_JOB_ROLE), {"iam:PassedToService": "ec2.amazonaws.com"}
        ),
        "it takes over a job by its tags": acting(TEAM, "sagemaker:AddTags", JOB_ARN, RETAGGED),
        "it tags a new job as another's": acting(TEAM, "sagemaker:AddTags", JOB_ARN, FOREIGN_BIRTH),
        "it tags a model as it is created": acting(
            TEAM,
            "sagemaker:AddTags",
            JOB_ARN.replace("processing-job", "model"),
            {**RETAGGED, "sagemaker:TaggingAction": "CreateProcessingJob"},
        ),
        "it deletes tags": acting(TEAM, "sagemaker:DeleteTags", JOB_ARN, RETAGGED),
        "it trains": acting(TEAM, "sagemaker:CreateTrainingJob", JOB_ARN, RETAGGED),
        **{
            f"it calls {operation} for a job of {whose}": asking_about_job(operation, target)
            for operation in ("DescribeProcessingJob", "StopProcessingJob", "ListTags")
            for whose, target in (("another namespace", THEIR_TAGS), ("nobody", Target()))
        },
        "it stops its job in another region": asking_about_job(
            "StopProcessingJob", OUR_TAGS, region="us-east-1"
        ),
        "it reads another's answer": using(TEAM, "GetObject", THEIR_KEY),
        "it writes another's answer": using(TEAM, "PutObject", THEIR_KEY),
        "it reads the inputs": using(TEAM, "GetObject", "models/steel.lp", EXAMPLE["INPUTS"]),
        "it deletes an answer": using(TEAM, "DeleteObject", OUR_KEY),
        "it leaves its prefix": using(TEAM, "PutObject", f"argmin/{OURS}"),
        "it reads another log": calling(TEAM, "logs", "GetLogEvents", OTHER_LOG),
        "it writes a log": calling(TEAM, "logs", "PutLogEvents", OUR_LOG),
        "it decrypts what is not in S3": calling(TEAM, "kms", "Decrypt", {"KeyId": KEY_ARN}),
        "it uses another key": using(TEAM, "GetObject", OUR_KEY, target=OTHERWISE_ENCRYPTED),
    },
    "job-role": {
        "it reads another's answer": using(JOB, "GetObject", THEIR_KEY),
        "it writes another's answer": using(JOB, "PutObject", THEIR_KEY),
        "it lists another's answers": listing(f"argmin/{THEIRS}/"),
        "it lists all answers": listing(None),
        "it lists all namespaces": listing("argmin/"),
        "it deletes its answer": using(JOB, "DeleteObject", OUR_KEY),
        "it changes its inputs": using(JOB, "PutObject", "models/steel.lp", EXAMPLE["INPUTS"]),
        "it reads another's inputs": using(JOB, "GetObject", "models/steel.lp", "team-b-data"),
        "it lists another's inputs": listing("models/", "team-b-data"),
        "it lists its prefix elsewhere": listing(f"argmin/{OURS}/", "another"),
        "it writes another log": calling(JOB, "logs", "PutLogEvents", OTHER_LOG),
        "it reads logs": calling(JOB, "logs", "GetLogEvents", OUR_LOG),
        "it pulls another image": pulling("BatchGetImage", "payroll"),
        "it decrypts what is not in S3": calling(JOB, "kms", "Decrypt", {"KeyId": KEY_ARN}),
        "it uses another key": using(JOB, "GetObject", OUR_KEY, target=OTHERWISE_ENCRYPTED),
        "it encrypts with another key": calling(JOB, "kms", "Encrypt", {"KeyId": OTHER_KEY_ARN}),
        "it lends the key to somebody": calling(JOB, "kms", "CreateGrant", {"KeyId": KEY_ARN}),
        "it lends another key": calling(
            JOB, "kms", "CreateGrant", {"KeyId": OTHER_KEY_ARN, "ForResource": True}
        ),
        "it joins another network": joining("subnet-other", GROUP),
        "it joins another group": joining(SUBNET, "sg-other"),
        "it joins a network elsewhere": joining(SUBNET, GROUP, "us-east-1"),
        "it removes an interface elsewhere": calling(
            JOB, "ec2", "DeleteNetworkInterface", INTERFACE, region="us-east-1"
        ),
        "it creates jobs": acting(JOB, "sagemaker:CreateProcessingJob", JOB_ARN),
        "it becomes the role of the team": acting(JOB, "sts:AssumeRole", role(TEAM_ROLE)),
    },
}
