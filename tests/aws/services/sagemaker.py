"""SageMaker: processing jobs that really run, and their tags. The rest is moto's, validated."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from tests.aws.iam import RoleAssumption, evaluate_assume_role
from tests.aws.processing.execution import SAGEMAKER
from tests.aws.processing.jobs import ProcessingJob
from tests.aws.processing.lifecycle import start_job, stop_job
from tests.aws.server.errors import AwsError
from tests.aws.server.identities import find_role
from tests.aws.server.registry import Context, Request, Response, Service

SERVICE = Service("sagemaker")

INPUT_ROOT = "/opt/ml/processing"
ALL_INSTANCES = "Number of instances across all processing jobs"


def _is_about_a_job(request: Request) -> bool:
    return ":processing-job/" in request["ResourceArn"]


@SERVICE.operation("CreateProcessingJob")
def create_processing_job(request: Request, context: Context) -> Response:
    """Create a job and start it."""
    name = request["ProcessingJobName"]
    arn = f"arn:aws:sagemaker:{context.region}:{context.account}:processing-job/{name}"
    _check_role(request["RoleArn"], arn)
    _check_paths(request)
    job = ProcessingJob(
        request=request,
        arn=arn,
        account=context.account,
        region=context.region,
        tags=_read_tags(request.get("Tags", ())),
    )
    with context.world.jobs.admission:
        if context.world.jobs.find(job.account, job.region, name):
            text = (
                "Job name must be unique within an AWS account and region, and a job with this"
                f" name already exists ({job.arn})"
            )
            raise AwsError("ResourceInUse", text)
        _check_quotas(job, context)
        context.world.jobs.add(job)
    start_job(job, context)
    return {"ProcessingJobArn": job.arn}


@SERVICE.operation("DescribeProcessingJob")
def describe_processing_job(request: Request, context: Context) -> Response:
    """What was asked for, and how far it is."""
    return _find(request["ProcessingJobName"], context).describe()


@SERVICE.operation("StopProcessingJob")
def stop_processing_job(request: Request, context: Context) -> Response:
    """Stop a job; one that is over cannot be stopped."""
    job = _find(request["ProcessingJobName"], context)
    if job.terminal:
        text = f"The request was rejected because the processing job is in status {job.status}."
        raise AwsError("ValidationException", text)
    if not job.stop.is_set():
        stop_job(job, context)
    return {}


@SERVICE.operation("ListProcessingJobs")
def list_processing_jobs(request: Request, context: Context) -> Response:
    """Jobs of the account and region, newest first unless asked otherwise."""
    jobs = [job for job in _jobs_here(context) if _is_wanted(job, request)]
    keys = {"Name": lambda job: job.name, "Status": lambda job: job.status}
    key = keys.get(request.get("SortBy", ""), lambda job: job.created)
    jobs.sort(key=key, reverse=request.get("SortOrder", "Descending") == "Descending")
    first = int(request.get("NextToken", "0"))
    last = first + int(request.get("MaxResults", 10))
    answer: dict[str, Any] = {
        "ProcessingJobSummaries": [job.summarize() for job in jobs[first:last]]
    }
    return answer | ({"NextToken": str(last)} if last < len(jobs) else {})


@SERVICE.operation("ListTags", when=_is_about_a_job)
def list_tags(request: Request, context: Context) -> Response:
    """The tags of a job."""
    tags = _find_by_arn(request["ResourceArn"], context).tags
    return {"Tags": [{"Key": key, "Value": value} for key, value in tags.items()]}


@SERVICE.operation("AddTags", when=_is_about_a_job)
def add_tags(request: Request, context: Context) -> Response:
    """Add tags to a job; a key that it has gets the new value."""
    job = _find_by_arn(request["ResourceArn"], context)
    job.tags.update(_read_tags(request["Tags"]))
    return list_tags(request, context)


@SERVICE.operation("DeleteTags", when=_is_about_a_job)
def delete_tags(request: Request, context: Context) -> Response:
    """Remove tags from a job."""
    job = _find_by_arn(request["ResourceArn"], context)
    for key in request["TagKeys"]:
        job.tags.pop(key, None)
    return {}


def _jobs_here(context: Context) -> list[ProcessingJob]:
    return [
        job
        for job in context.world.jobs.list()
        if (job.account, job.region) == (context.account, context.region)
    ]


def _is_wanted(job: ProcessingJob, request: Request) -> bool:
    return (
        request.get("NameContains", "").lower() in job.name.lower()
        and request.get("StatusEquals", job.status) == job.status
        and request.get("CreationTimeAfter", 0) <= job.created.timestamp()
        and job.created.timestamp() <= request.get("CreationTimeBefore", float("inf"))
    )


def _find(name: str, context: Context) -> ProcessingJob:
    job = context.world.jobs.find(context.account, context.region, name)
    if job is None:
        text = f"Could not find requested job with name: {name}"
        raise AwsError("ValidationException", text)
    return job


def _find_by_arn(arn: str, context: Context) -> ProcessingJob:
    job = next((job for job in _jobs_here(context) if job.arn == arn), None)
    if job is None:
        raise AwsError("ValidationException", f"Could not find resource {arn}")
    return job


def _read_tags(tags: Iterable[Mapping[str, str]]) -> dict[str, str]:
    return {tag["Key"]: tag["Value"] for tag in tags}


def _check_role(arn: str, job_arn: str) -> None:
    """The role must exist, and let SageMaker assume it on behalf of the job."""
    role = find_role(arn)
    assumption = RoleAssumption(
        SAGEMAKER,
        arn,
        "SageMaker",
        source_arn=job_arn,
        source_account=job_arn.split(":")[4],
        role_tags=role.tags if role else {},
    )
    if role is None or not evaluate_assume_role(role.trust, assumption).allowed:
        text = (
            f"Could not assume role {arn}. Please ensure that the role exists and allows principal"
            " 'sagemaker.amazonaws.com' to assume the role."
        )
        raise AwsError("ValidationException", text)


def _check_paths(request: Request) -> None:
    """Inputs and outputs are below /opt/ml/processing, each at a place of its own."""
    inputs = [item.get("S3Input", {}).get("LocalPath") for item in _inputs(request)]
    outputs = [item.get("S3Output", {}).get("LocalPath") for item in _outputs(request)]
    paths = [path for path in (*inputs, *outputs) if path is not None]
    for path in paths:
        if not path.startswith(f"{INPUT_ROOT}/"):
            text = f"LocalPath {path} must be an absolute path below {INPUT_ROOT}/"
            raise AwsError("ValidationException", text)
    names = [item["InputName"] for item in _inputs(request)]
    for values, what in ((paths, "LocalPath"), (names, "InputName")):
        repeated = {value for value in values if values.count(value) > 1}
        if repeated:
            text = f"{what} must be unique, but {sorted(repeated)[0]} is used twice"
            raise AwsError("ValidationException", text)


def _inputs(request: Request) -> list[Mapping[str, Any]]:
    return list(request.get("ProcessingInputs", ()))


def _outputs(request: Request) -> list[Mapping[str, Any]]:
    return list(request.get("ProcessingOutputConfig", {}).get("Outputs", ()))


def _check_quotas(job: ProcessingJob, context: Context) -> None:
    kind, delta = job.cluster["InstanceType"], int(job.cluster["InstanceCount"])
    quotas = context.world.settings.quotas
    used = {
        f"{kind} for processing job usage": kind,
        ALL_INSTANCES: None,
    }
    for quota, instance_type in used.items():
        limit = quotas.get(quota)
        used_now = context.world.jobs.count_instances(job.account, job.region, instance_type)
        if limit is not None and used_now + delta > limit:
            text = (
                f"The account-level service limit '{quota}' is {limit} Instances, with current"
                f" utilization of {used_now} Instances and a request delta of {delta} Instances."
                " Please use AWS Service Quotas to request an increase for this quota. If AWS"
                " Service Quotas is not available, contact AWS support to request an increase for"
                " this quota."
            )
            raise AwsError("ResourceLimitExceeded", text)
