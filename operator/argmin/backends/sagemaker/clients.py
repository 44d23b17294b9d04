"""The AWS calls that the SageMaker backend needs; each may be repeated."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Protocol

from argmin.aws.errors import AccessDeniedError, InUseError, NotFoundError
from argmin.aws.models import Access, LogPage, StoredObject
from argmin.backends.sagemaker.job_type import JobDescription, JobType
from argmin.backends.sagemaker.request import TAG_UID


class Jobs(Protocol):
    """The jobs of an account and region, as `argmin.aws.sagemaker.SageMaker`."""

    async def create_job(self, noun: str, request: Mapping[str, Any]) -> str:
        """Start a job of a type, such as `TrainingJob`; returns its ARN."""

    async def describe_job(self, noun: str, name: str) -> Mapping[str, Any]:
        """The response of the type's Describe operation."""

    async def stop_job(self, noun: str, name: str) -> None:
        """Request that a job is stopped."""

    async def list_tags(self, arn: str) -> dict[str, str]:
        """The tags of a job."""


class Objects(Protocol):
    """Objects of buckets, as `argmin.aws.s3.S3`."""

    async def put_object(
        self,
        bucket: str,
        key: str,
        body: bytes,
        kms_key_id: str | None = None,
        *,
        only_new: bool = False,
    ) -> None:
        """Write a small JSON object; with `only_new`, `InUseError` if one of that key exists."""

    async def find_object(
        self, bucket: str, key: str, limit_bytes: int, since: datetime | None = None
    ) -> bytes | None:
        """Read an object whole; `None` if it does not exist, or was written before `since`.

        Raises:
            TooLargeError: it is larger than `limit_bytes`.
        """

    async def head_object(self, bucket: str, key: str) -> StoredObject | None:
        """The metadata of an object; `None` if it does not exist."""


class Logs(Protocol):
    """Logs, as `argmin.aws.logs.Logs`."""

    async def list_streams(self, group: str, prefix: str) -> tuple[str, ...]:
        """Names of the streams of a group that begin with `prefix`."""

    async def read_tail(self, group: str, stream: str, limit: int) -> LogPage:
        """The last lines of a stream."""


class Clients(Protocol):
    """Factory of clients for AWS."""

    def jobs(self, access: Access) -> Jobs:
        """The jobs that an identity can reach."""

    def objects(self, access: Access) -> Objects:
        """The buckets that an identity can reach."""

    def logs(self, access: Access) -> Logs:
        """The logs that an identity can reach."""


class JobsOfType:
    """The jobs of one type, in an account and region."""

    def __init__(self, jobs: Jobs, job_type: JobType) -> None:
        self._jobs = jobs
        self._type = job_type

    async def create(self, request: Mapping[str, Any]) -> str:
        """Start a job; returns its ARN."""
        return await self._jobs.create_job(self._type.noun, request)

    async def stop(self, name: str) -> None:
        """Request that a job is stopped."""
        await self._jobs.stop_job(self._type.noun, name)

    async def find(self, name: str) -> JobDescription | None:
        """The description of a job; `None` if it does not exist."""
        try:
            return await self._describe(name)
        except NotFoundError:
            return None

    async def find_own(self, name: str, uid: str) -> JobDescription | None:
        """The description of a job that has its owner's uid in its tags."""
        job = await self.find(name)
        return job if job and await self._is_own(job, uid) else None

    async def adopt(self, name: str, uid: str) -> JobDescription:
        """The job of that name, which an earlier call has created.

        Raises:
            InUseError: it is another owner's.
        """
        try:
            job = await self._describe(name)
            is_own = await self._is_own(job, uid)
        except AccessDeniedError as error:
            # The role may describe its own jobs only, so this one has another owner.
            message = f"a SageMaker job {name} is there, and argmin may not look at it"
            raise InUseError(message, error.operation, error.code) from error
        if not is_own:
            message = f"a SageMaker job {name} is there, and it is not of this object: rename one"
            raise InUseError(message, f"sagemaker:{self._type.name_operation('Create')}")
        return job

    async def _describe(self, name: str) -> JobDescription:
        return self._type.parse_description(await self._jobs.describe_job(self._type.noun, name))

    async def _is_own(self, job: JobDescription, uid: str) -> bool:
        return (await self._jobs.list_tags(job.arn)).get(TAG_UID) == uid
