"""The fields of AWS's responses that argmin reads; independent of boto3."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any

from pydantic import AliasPath, BaseModel, BeforeValidator, ConfigDict, Field
from pydantic.alias_generators import to_pascal

from argmin.api.scalars import CleanText


@dataclass(frozen=True)
class Access:
    """Identity, account and region of calls to AWS."""

    region: str = ""
    """Empty for that of the process (`AWS_REGION`)."""
    role_arn: str | None = None
    """Role to assume; `None` for the process's own identity."""
    namespace: str = ""
    """Value of the role's session tag `argmin.dev/namespace`."""
    endpoint: str | None = None
    """URL of an S3-compatible server. Only a person's command line sets it: the operator's
    endpoint comes from its own environment, never from an object."""

    @property
    def account(self) -> str:
        """Account of the role; empty for that of the process."""
        return self.role_arn.split(":")[4] if self.role_arn else ""


class ProcessingStatus(StrEnum):
    """Status of a processing job in SageMaker's API."""

    IN_PROGRESS = "InProgress"
    COMPLETED = "Completed"
    FAILED = "Failed"
    STOPPING = "Stopping"
    STOPPED = "Stopped"

    @property
    def is_over(self) -> bool:
        """Whether the job has ended."""
        return self in (self.COMPLETED, self.FAILED, self.STOPPED)


class _AwsModel(BaseModel):
    model_config = ConfigDict(
        frozen=True, extra="ignore", alias_generator=to_pascal, populate_by_name=True
    )


class ProcessingJob(_AwsModel):
    """The response of DescribeProcessingJob."""

    name: str = Field(alias="ProcessingJobName")
    arn: str = Field(alias="ProcessingJobArn")
    status: ProcessingStatus = Field(alias="ProcessingJobStatus")
    exit_message: CleanText = ""
    """What the container wrote to /opt/ml/output/message; at most 1024 characters."""
    failure_reason: CleanText = ""
    creation_time: datetime
    processing_start_time: datetime | None = None
    processing_end_time: datetime | None = None
    last_modified_time: datetime | None = None
    instance_type: str | None = Field(
        default=None,
        validation_alias=AliasPath("ProcessingResources", "ClusterConfig", "InstanceType"),
    )
    instance_count: int = Field(
        default=1,
        validation_alias=AliasPath("ProcessingResources", "ClusterConfig", "InstanceCount"),
    )
    max_runtime_seconds: int | None = Field(
        default=None, validation_alias=AliasPath("StoppingCondition", "MaxRuntimeInSeconds")
    )
    result_uri: str = Field(
        default="",
        validation_alias=AliasPath("ProcessingOutputConfig", "Outputs", 0, "S3Output", "S3Uri"),
    )
    """URI of the first output, which is argmin's own."""
    role_arn: str = ""
    image: str = Field(default="", validation_alias=AliasPath("AppSpecification", "ImageUri"))


@dataclass(frozen=True)
class StoredObject:
    """An object of a bucket, without its content."""

    key: str
    bytes: int
    etag: str = ""
    last_modified: datetime | None = None


@dataclass(frozen=True)
class LogEvent:
    """One line of a log."""

    time: datetime
    text: str


@dataclass(frozen=True)
class LogPage:
    """A page of a log stream; `next_token` continues from there, also at the end of the stream."""

    events: tuple[LogEvent, ...]
    next_token: str | None


@dataclass(frozen=True)
class Message:
    """A message of a queue, until it is deleted."""

    id: str
    receipt: str = field(repr=False)
    body: str


def _read_tags(value: Any) -> Any:
    return value if isinstance(value, Mapping) else {}


class JobHint(_AwsModel):
    """A hint that a processing job may have changed."""

    name: str = Field(alias="ProcessingJobName", min_length=1, max_length=63)
    arn: str = Field(default="", alias="ProcessingJobArn")
    status: str = Field(default="", alias="ProcessingJobStatus")
    tags: Annotated[Mapping[str, str], BeforeValidator(_read_tags)] = Field(default_factory=dict)
    """The job's tags, if the event has them."""
