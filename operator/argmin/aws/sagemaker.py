"""Amazon SageMaker, as far as argmin uses it: processing jobs and tags."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from argmin.aws.client import Aws
from argmin.aws.errors import InvalidError
from argmin.aws.models import Access, ProcessingJob

Request = Mapping[str, Any]
"""A request in the JSON of SageMaker's API, passed on unchanged."""

_SERVICE = "sagemaker"


class SageMaker:
    """The SageMaker of one account and region; every method raises `argmin.aws.errors`."""

    def __init__(self, aws: Aws, access: Access) -> None:
        self._aws = aws
        self._access = access

    async def create_processing_job(self, request: Request) -> str:
        """Start a processing job; returns its ARN.

        Raises:
            InUseError: a job of that name exists, perhaps by an earlier call without a response.
            UnavailableError: whether the job was started is unknown; a retry is safe.
        """
        name = str(request["ProcessingJobName"])
        answer = await self._call("create_processing_job", name, **request)
        return str(answer["ProcessingJobArn"])

    async def describe_processing_job(self, name: str) -> ProcessingJob:
        """The description of a processing job.

        Raises:
            NotFoundError: there is none of that name.
        """
        answer = await self._call("describe_processing_job", name, ProcessingJobName=name)
        return ProcessingJob.model_validate(answer)

    async def stop_processing_job(self, name: str) -> None:
        """Request that a processing job is stopped; no effect on one that has ended.

        Raises:
            NotFoundError: there is none of that name.
        """
        try:
            await self._call("stop_processing_job", name, ProcessingJobName=name)
        except InvalidError as error:
            if not _OVER.search(error.message):
                raise

    async def list_tags(self, arn: str) -> dict[str, str]:
        """The tags of a SageMaker resource."""
        tags: dict[str, str] = {}
        token: dict[str, str] = {}
        for _page in range(_TAG_PAGES):
            answer = await self._call("list_tags", arn, ResourceArn=arn, **token)
            tags |= {tag["Key"]: tag["Value"] for tag in answer.get("Tags", ())}
            if not answer.get("NextToken"):
                break
            token = {"NextToken": answer["NextToken"]}
        return tags

    async def _call(self, operation: str, caller: str, **parameters: Any) -> dict[str, Any]:
        return await self._aws.call(self._access, _SERVICE, operation, parameters, caller=caller)


_OVER = re.compile(r"is in status (Completed|Failed|Stopped|Stopping)\b")

_TAG_PAGES = 5
"""AWS allows 50 tags and returns them in one page."""
