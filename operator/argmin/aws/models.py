"""The fields of AWS's responses that argmin reads; independent of boto3."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from pydantic import BaseModel, ConfigDict, Field


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


class JobHint(BaseModel):
    """A hint that a job of SageMaker may have changed."""

    model_config = ConfigDict(frozen=True)

    job_type: str
    """Name of the type in SageMaker's API, such as `TrainingJob`."""
    name: str = Field(min_length=1, max_length=63)
    arn: str = Field(default="", pattern=r"^(arn:[^:]*:sagemaker:[^:]*:[^:]*:.*)?$")
    """Empty if the event has none."""
    status: str = ""

    @property
    def region(self) -> str:
        """Region of the job; empty without an ARN."""
        return self.arn.split(":")[3] if self.arn else ""

    @property
    def account(self) -> str:
        """Account of the job; empty without an ARN."""
        return self.arn.split(":")[4] if self.arn else ""
