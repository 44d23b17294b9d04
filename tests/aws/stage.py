"""What the tests of the emulator do with it: upload, run a command as a job, wait, read."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.aws.emulator import Aws
from tests.aws.seed import BUCKET
from tests.cluster.waiting import wait_until

IMAGE = "argmin/solvers:dev"
LOG_GROUP = "/aws/sagemaker/ProcessingJobs"
TIMEOUT = 60.0
OUTPUT = "/opt/ml/processing/output"
INPUT = "/opt/ml/processing/input"


@dataclass
class Stage:
    """An emulator, and its clients."""

    aws: Aws

    def __post_init__(self) -> None:
        self.s3 = self.aws.client("s3")
        self.sagemaker = self.aws.client("sagemaker")

    def upload(self, key: str, body: bytes | str | Path) -> str:
        """Put an object into the bucket; returns its URI."""
        data = body.read_bytes() if isinstance(body, Path) else body
        self.s3.put_object(Bucket=BUCKET, Key=key, Body=data)
        return f"s3://{BUCKET}/{key}"

    def download(self, key: str) -> str:
        """The text of an object."""
        text: bytes = self.s3.get_object(Bucket=BUCKET, Key=key)["Body"].read()
        return text.decode()

    def list_keys(self, prefix: str = "") -> list[str]:
        """The keys in the bucket."""
        found = self.s3.list_objects_v2(Bucket=BUCKET, Prefix=prefix)
        return [entry["Key"] for entry in found.get("Contents", ())]

    def create(self, name: str, script: str = "true", **changes: Any) -> str:
        """Create a job that runs a shell script; returns its ARN."""
        arn: str = self.sagemaker.create_processing_job(
            **request(self.aws, name, ["/bin/sh", "-c", script], **changes)
        )["ProcessingJobArn"]
        return arn

    def describe(self, name: str) -> dict[str, Any]:
        """DescribeProcessingJob."""
        answer: dict[str, Any] = self.sagemaker.describe_processing_job(ProcessingJobName=name)
        return answer

    def wait(self, name: str, *statuses: str) -> dict[str, Any]:
        """Wait for a status, by default for the end."""
        wanted = statuses or ("Completed", "Failed", "Stopped")
        wait_until(
            lambda: self.describe(name)["ProcessingJobStatus"] in wanted,
            f"{name} to be {' or '.join(wanted)}",
            timeout=TIMEOUT,
            hint=lambda: str(self.describe(name)),
        )
        return self.describe(name)

    def wait_for_log(self, name: str, text: str) -> None:
        """Wait until a job has written a text."""
        wait_until(
            lambda: any(text in line for line in self.log(name)),
            f"{text!r} in the log of {name}",
            timeout=TIMEOUT,
            hint=lambda: "\n".join(self.log(name)),
        )

    def log(self, name: str, host: str = "algo-1") -> list[str]:
        """The lines that a job has written to CloudWatch so far."""
        logs = self.aws.client("logs")
        with contextlib.suppress(logs.exceptions.ResourceNotFoundException):
            streams = logs.describe_log_streams(
                logGroupName=LOG_GROUP, logStreamNamePrefix=f"{name}/{host}-"
            )["logStreams"]
            for stream in streams:
                events = logs.get_log_events(
                    logGroupName=LOG_GROUP, logStreamName=stream["logStreamName"]
                )["events"]
                return [event["message"] for event in events]
        return []


def request(aws: Aws, name: str, entrypoint: Sequence[str] = (), **changes: Any) -> dict[str, Any]:
    """A CreateProcessingJob request."""
    app: dict[str, Any] = {"ImageUri": IMAGE}
    if entrypoint:
        app["ContainerEntrypoint"] = list(entrypoint)
    cluster = {"InstanceCount": 1, "InstanceType": "ml.m5.xlarge", "VolumeSizeInGB": 1}
    plain = {
        "ProcessingJobName": name,
        "RoleArn": aws.role_arn,
        "AppSpecification": app,
        "ProcessingResources": {"ClusterConfig": cluster},
    }
    return {**plain, **changes}


def s3_input(name: str, uri: str) -> dict[str, Any]:
    """An input that is copied to every instance."""
    source = {"S3Uri": uri, "LocalPath": f"{INPUT}/{name}", "S3DataType": "S3Prefix"}
    return {"InputName": name, "S3Input": {**source, "S3InputMode": "File"}}


def s3_outputs(prefixes: Mapping[str, str], mode: str = "EndOfJob") -> dict[str, Any]:
    """ProcessingOutputConfig: outputs by name, each to a prefix of the bucket."""
    outputs = [
        {
            "OutputName": name,
            "S3Output": {
                "S3Uri": f"s3://{BUCKET}/{prefix}",
                "LocalPath": f"{OUTPUT}/{name}",
                "S3UploadMode": mode,
            },
        }
        for name, prefix in prefixes.items()
    ]
    return {"Outputs": outputs}


@contextlib.contextmanager
def refused(code: str, text: str = "") -> Iterator[None]:
    """AWS refuses what is called, with an error code and a text in its message."""
    with pytest.raises(ClientError) as caught:
        yield
    error = caught.value.response["Error"]
    assert error["Code"] == code, error
    assert text in error["Message"], error
