"""Protocols of the AWS calls that the SageMaker backend needs; each may be repeated."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Protocol

from argmin.aws.models import Access, LogPage, ProcessingJob, StoredObject


class Jobs(Protocol):
    """The processing jobs of an account and region, as `argmin.aws.sagemaker.SageMaker`."""

    async def create_processing_job(self, request: Mapping[str, Any]) -> str:
        """Start a job; returns its ARN."""

    async def describe_processing_job(self, name: str) -> ProcessingJob:
        """The description of a job."""

    async def stop_processing_job(self, name: str) -> None:
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
        content_type: str = "application/json",
        kms_key_id: str | None = None,
        *,
        only_new: bool = False,
    ) -> None:
        """Write a small object; with `only_new`, `InUseError` if one of that key exists."""

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
        """The processing jobs that an identity can reach."""

    def objects(self, access: Access) -> Objects:
        """The buckets that an identity can reach."""

    def logs(self, access: Access) -> Logs:
        """The logs that an identity can reach."""
