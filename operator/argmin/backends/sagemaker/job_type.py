"""What differs between SageMaker's kinds of jobs: their operations, fields, limits and names; pure.

Creating, adopting, polling, stopping and retrying jobs is the same for all of them.
"""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, ClassVar

from pydantic import BaseModel, ConfigDict

from argmin.api.backend import SageMakerBackend
from argmin.api.scalars import CleanText
from argmin.api.storage import S3Store
from argmin.backends.run import Run
from argmin.backends.sagemaker.document import Contents

Request = dict[str, Any]
"""A request, or a part of one, in the JSON of AWS's API."""

DEFAULT_RUNTIME_SECONDS = 24 * 3600
"""SageMaker's own default, made explicit."""


class JobStatus(StrEnum):
    """Status of a job of any type, in the words of SageMaker's API."""

    IN_PROGRESS = "InProgress"
    COMPLETED = "Completed"
    FAILED = "Failed"
    STOPPING = "Stopping"
    STOPPED = "Stopped"

    @property
    def is_over(self) -> bool:
        """Whether the job has ended."""
        return self in (self.COMPLETED, self.FAILED, self.STOPPED)


class JobDescription(BaseModel):
    """What argmin reads of SageMaker's description of a job; the same for all types."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    arn: str
    status: JobStatus
    creation_time: datetime
    last_modified_time: datetime | None = None
    start_time: datetime | None = None
    """When the container started."""
    end_time: datetime | None = None
    failure_reason: CleanText = ""
    exit_message: CleanText = ""
    """What the container has reported itself; empty for types without such a message."""
    instance_type: str | None = None
    instance_count: int = 1
    max_runtime_seconds: int | None = None
    result_uri: str = ""
    """S3 URI of the folder of argmin's result."""
    role_arn: str = ""
    image: str = ""


@dataclass(frozen=True)
class JobLimits:
    """What SageMaker allows in a request."""

    name: int
    """Characters of the name of a job."""
    inputs: int
    """Number of places in S3 that are fetched; argmin needs one for the job document."""
    outputs: int
    """Number of folders that are kept in S3; argmin needs one for the result."""
    variables: int
    """Number of environment variables."""
    variable_text: int
    """Characters of the name and of the value of an environment variable."""


@dataclass(frozen=True)
class JobPlan:
    """What a request is built from."""

    run: Run
    settings: SageMakerBackend
    """Those of the job, with the defaults of its namespace."""
    result_store: S3Store
    """The folder of the result."""
    document_key: str
    """Key of the job document, in that bucket."""
    contents: Contents
    """Contents of the ConfigMaps that the run refers to."""

    @property
    def max_runtime_seconds(self) -> int:
        """Maximum seconds of an attempt; SageMaker enforces it also while no operator runs."""
        limit = self.settings.max_runtime_seconds or DEFAULT_RUNTIME_SECONDS
        left = self.run.deadline_seconds
        return limit if left is None else max(1, min(limit, left))


class JobType(ABC):
    """One type of job; its implementations are in `jobs/`, one file each."""

    noun: ClassVar[str]
    """The name in operations and fields, such as `TrainingJob` in `CreateTrainingJob`."""
    event_detail_type: ClassVar[str]
    """Detail type of the events of EventBridge that report a change of status."""
    log_group: ClassVar[str]
    """Log group in CloudWatch."""
    limits: ClassVar[JobLimits]
    paths: ClassVar[Mapping[str, str]]
    """Paths in the response of Describe by field of `JobDescription`, such as
    `StoppingCondition.MaxRuntimeInSeconds`; those of `all_paths` are common."""
    other_statuses: ClassVar[Mapping[str, JobStatus]] = {}
    """What a status that other types do not have counts as."""
    request_fields: ClassVar[Mapping[str, str]] = {}
    """Fields of the spec by the last name of SageMaker's path to what they become in a request, for
    messages; those that all types have are known."""

    @abstractmethod
    def executes(self, run: Run) -> bool:
        """Whether runs like this one become jobs of this type."""

    @abstractmethod
    def build_request(self, plan: JobPlan) -> Request:
        """The request of Create without name and tags, which are common."""

    @property
    def label(self) -> str:
        """The type in a sentence, such as `training job`."""
        return re.sub(r"(?<=[a-z])(?=[A-Z])", " ", self.noun).lower()

    @property
    def name_field(self) -> str:
        """Field of the name in requests, responses and events."""
        return f"{self.noun}Name"

    def name_operation(self, verb: str) -> str:
        """An operation on jobs of this type, such as `CreateTrainingJob`."""
        return f"{verb}{self.noun}"

    def name_streams(self, job_name: str) -> str:
        """What the names of a job's log streams begin with."""
        return f"{job_name}/"

    @property
    def all_paths(self) -> Mapping[str, str]:
        """Paths in the response of Describe of all fields that this type has."""
        return {
            "name": self.name_field,
            "arn": f"{self.noun}Arn",
            "status": f"{self.noun}Status",
            "creation_time": "CreationTime",
            "failure_reason": "FailureReason",
            **self.paths,
        }

    def parse_description(self, answer: Mapping[str, Any]) -> JobDescription:
        """The description of a job from the response of Describe; fields may be absent."""
        found = {field: _find(answer, path) for field, path in self.all_paths.items()}
        status = found["status"]
        found["status"] = self.other_statuses.get(str(status), status)
        return JobDescription.model_validate({k: v for k, v in found.items() if v is not None})

    def expect_description(self, request: Request, arn: str, now: datetime) -> JobDescription:
        """The description that SageMaker would return just after it has accepted a request."""
        return self.parse_description(
            {
                **request,
                f"{self.noun}Arn": arn,
                f"{self.noun}Status": JobStatus.IN_PROGRESS,
                "CreationTime": now,
            }
        )


def _find(value: Any, path: str) -> Any:
    """The value at a path of names and positions; `None` if a part of it is absent."""
    for part in path.split("."):
        if isinstance(value, Mapping):
            value = value.get(part)
        elif isinstance(value, list):
            value = value[int(part)] if int(part) < len(value) else None
    return value
