"""The calls to SageMaker that a plan may contain; pure data."""

from __future__ import annotations

from dataclasses import dataclass, field

from argmin.aws.models import Access
from argmin.backends.run import Owner
from argmin.backends.sagemaker.request import Submission


@dataclass(frozen=True)
class CreateJob:
    """Store the document of an attempt, and create its processing job; or adopt it."""

    reason: str
    access: Access
    owner: Owner
    run: str
    submission: Submission = field(repr=False)
    store_field: str = "spec.artifacts.s3"
    """Where the bucket of the document is configured."""

    @property
    def job_name(self) -> str:
        """Name of the processing job."""
        return self.submission.name

    def describe(self) -> str:
        """The call in one line."""
        place = f"s3://{self.submission.result_store.bucket}/{self.submission.key}"
        return f"create SageMaker processing job {self.job_name}, with its document at {place}"


@dataclass(frozen=True)
class StopJob:
    """Stop a processing job; no effect on one that has ended or does not exist."""

    reason: str
    access: Access
    job_name: str
    force_delete_hint: str = ""
    """How to delete its owner without waiting, as a message; empty if it is not being deleted."""

    def describe(self) -> str:
        """The call in one line."""
        return f"stop SageMaker processing job {self.job_name}"
