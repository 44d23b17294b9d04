"""SageMaker: processing jobs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from tests.aws.iam.call import Call, with_prefix
from tests.aws.iam.request import ContextValue, Request
from tests.aws.iam.services.kms import name_key

PRINCIPAL = "sagemaker.amazonaws.com"


def create_processing_job(call: Call) -> tuple[Request, ...]:
    """The job itself, the tags it is born with, and the role that is passed to it."""
    parameters = call.parameters
    arn = call.name_resource("sagemaker", f"processing-job/{parameters['ProcessingJobName']}")
    tags = {tag["Key"]: tag["Value"] for tag in parameters.get("Tags", ())}
    keys = {**_name_tags(tags), **_name_hardware(call), **_name_network(parameters)}
    requests = [call.request("sagemaker:CreateProcessingJob", arn, context=keys)]
    if tags:
        tagging = {**_name_tags(tags), "sagemaker:TaggingAction": "CreateProcessingJob"}
        requests.append(call.request("sagemaker:AddTags", arn, context=tagging))
    passing: dict[str, ContextValue] = {
        "iam:PassedToService": PRINCIPAL,
        "iam:AssociatedResourceArn": arn,
    }
    return (*requests, call.request("iam:PassRole", parameters["RoleArn"], context=passing))


def describe_processing_job(call: Call) -> tuple[Request, ...]:
    """One request, bound by the tags of the job."""
    return (_ask_about_job(call, "sagemaker:DescribeProcessingJob"),)


def stop_processing_job(call: Call) -> tuple[Request, ...]:
    """One request, bound by the tags of the job."""
    return (_ask_about_job(call, "sagemaker:StopProcessingJob"),)


def list_tags(call: Call) -> tuple[Request, ...]:
    """One request, bound by the tags that would be listed."""
    arn = call.parameters["ResourceArn"]
    return (call.request("sagemaker:ListTags", arn, context=_name_target(call)),)


def add_tags(call: Call) -> tuple[Request, ...]:
    """One request, bound by the tags that are there and by those that are added."""
    tags = {tag["Key"]: tag["Value"] for tag in call.parameters["Tags"]}
    context = {**_name_target(call), **_name_tags(tags)}
    return (call.request("sagemaker:AddTags", call.parameters["ResourceArn"], context=context),)


def _ask_about_job(call: Call, action: str) -> Request:
    name = f"processing-job/{call.parameters['ProcessingJobName']}"
    arn = call.name_resource("sagemaker", name)
    return call.request(action, arn, context=_name_target(call))


def _name_target(call: Call) -> dict[str, ContextValue]:
    tags = call.target.tags
    return {**with_prefix("aws:ResourceTag", tags), **with_prefix("sagemaker:ResourceTag", tags)}


def _name_tags(tags: Mapping[str, str]) -> dict[str, ContextValue]:
    return {**with_prefix("aws:RequestTag", tags), "aws:TagKeys": tuple(tags)} if tags else {}


def _name_hardware(call: Call) -> dict[str, ContextValue]:
    parameters = call.parameters
    cluster = parameters["ProcessingResources"]["ClusterConfig"]
    keys: dict[str, ContextValue] = {"sagemaker:InstanceTypes": (cluster["InstanceType"],)}
    if "VolumeKmsKeyId" in cluster:
        keys["sagemaker:VolumeKmsKey"] = name_key(call, cluster["VolumeKmsKeyId"])
    output = parameters.get("ProcessingOutputConfig", {})
    if "KmsKeyId" in output:
        keys["sagemaker:OutputKmsKey"] = name_key(call, output["KmsKeyId"])
    stopping = parameters.get("StoppingCondition", {})
    if "MaxRuntimeInSeconds" in stopping:
        keys["sagemaker:MaxRuntimeInSeconds"] = str(stopping["MaxRuntimeInSeconds"])
    return keys


def _name_network(parameters: Mapping[str, Any]) -> dict[str, ContextValue]:
    network = parameters.get("NetworkConfig", {})
    switches = {
        "sagemaker:NetworkIsolation": network.get("EnableNetworkIsolation"),
        "sagemaker:InterContainerTrafficEncryption": network.get(
            "EnableInterContainerTrafficEncryption"
        ),
    }
    keys: dict[str, ContextValue] = {
        key: str(value).lower() for key, value in switches.items() if value is not None
    }
    vpc: Mapping[str, Iterable[str]] = network.get("VpcConfig", {})
    if vpc:
        keys["sagemaker:VpcSubnets"] = tuple(vpc["Subnets"])
        keys["sagemaker:VpcSecurityGroupIds"] = tuple(vpc["SecurityGroupIds"])
    return keys


OPERATIONS = {
    "AddTags": add_tags,
    "CreateProcessingJob": create_processing_job,
    "DescribeProcessingJob": describe_processing_job,
    "StopProcessingJob": stop_processing_job,
    "ListTags": list_tags,
}
