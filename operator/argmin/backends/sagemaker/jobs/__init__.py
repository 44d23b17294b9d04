"""The types of jobs by which runs are executed, one line each."""

from __future__ import annotations

from argmin.api.backend import SageMakerStatus
from argmin.backends.run import Run
from argmin.backends.sagemaker.job_type import JobType
from argmin.backends.sagemaker.jobs.processing import PROCESSING

JOB_TYPES: tuple[JobType, ...] = (PROCESSING,)
"""In order of preference: the first that executes a run is used."""


def find_job_type(run: Run) -> JobType:
    """The type of the jobs of a run."""
    return next(job_type for job_type in JOB_TYPES if job_type.executes(run))


def list_event_types() -> dict[str, str]:
    """The type that an event is about, as SageMaker's API names it, by detail type."""
    return {job_type.event_detail_type: job_type.noun for job_type in JOB_TYPES}


def read_job_type(status: SageMakerStatus) -> JobType:
    """The type of a job that a status names."""
    noun = status.job_type or PROCESSING.noun
    return {job_type.noun: job_type for job_type in JOB_TYPES}[noun]


def is_known_type(status: SageMakerStatus) -> bool:
    """Whether a status names a type of this version."""
    return status.job_type in (None, *(job_type.noun for job_type in JOB_TYPES))


def write_job_type(job_type: JobType) -> str | None:
    """A type as the status has it; `None` for processing jobs, which are the default."""
    return None if job_type is PROCESSING else job_type.noun
