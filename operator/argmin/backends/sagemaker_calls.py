"""What a plan may ask of SageMaker; pure data."""

from __future__ import annotations

from dataclasses import dataclass, field

from argmin.aws.models import Access
from argmin.backends.run import Owner
from argmin.backends.sagemaker_request import Submission


@dataclass(frozen=True)
class CreateJob:
    """Store the document of an attempt, and create its processing job; or adopt it."""

    reason: str
    access: Access
    owner: Owner
    run: str
    submission: Submission = field(repr=False)
    store_field: str = "spec.artifacts.s3"
    """What names the bucket of the document."""

    @property
    def job_name(self) -> str:
        """Name of the processing job."""
        return self.submission.name

    def describe(self) -> str:
        """What it does, in one line."""
        place = f"s3://{self.submission.place.bucket}/{self.submission.key}"
        return f"create SageMaker processing job {self.job_name}, with its document at {place}"


@dataclass(frozen=True)
class StopJob:
    """Stop a processing job; one that is over or absent is left as it is."""

    reason: str
    access: Access
    job_name: str
    way_out: str = ""
    """How its owner goes without waiting for that, in words; empty where it shall not go."""

    def describe(self) -> str:
        """What it does, in one line."""
        return f"stop SageMaker processing job {self.job_name}"
