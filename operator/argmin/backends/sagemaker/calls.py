"""The calls to SageMaker that a plan may contain; pure data."""

from __future__ import annotations

from dataclasses import dataclass, field

from argmin.aws.models import Access
from argmin.backends.run import Owner
from argmin.backends.sagemaker.job_type import JobType
from argmin.backends.sagemaker.request import Submission


@dataclass(frozen=True)
class CreateJob:
    """Store the document of an attempt, and create its job; or adopt it."""

    reason: str
    access: Access
    owner: Owner
    run: str
    submission: Submission = field(repr=False)
    store_field: str = "spec.artifacts.s3"
    """Where the bucket of the document is configured."""

    @property
    def job_name(self) -> str:
        """Name of the job."""
        return self.submission.name

    @property
    def job_type(self) -> JobType:
        """Type of the job."""
        return self.submission.job_type

    def describe(self) -> str:
        """The call in one line."""
        place = f"s3://{self.submission.result_store.bucket}/{self.submission.key}"
        return (
            f"create SageMaker {self.job_type.label} {self.job_name}, with its document at {place}"
        )


@dataclass(frozen=True)
class StopJob:
    """Stop a job; no effect on one that has ended or does not exist."""

    reason: str
    access: Access
    job_type: JobType
    job_name: str
    force_delete_hint: str = ""
    """How to delete its owner without waiting, as a message; empty if it is not being deleted."""

    def describe(self) -> str:
        """The call in one line."""
        return f"stop SageMaker {self.job_type.label} {self.job_name}"
