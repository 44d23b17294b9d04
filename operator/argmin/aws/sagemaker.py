"""Amazon SageMaker, as far as argmin uses it: processing jobs and tags."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from argmin.aws.calls import Aws
from argmin.aws.errors import InvalidError
from argmin.aws.models import Access, ProcessingJob

Request = Mapping[str, Any]
"""A request of SageMaker in AWS's own form: made by a builder, passed on as it is."""

_SERVICE = "sagemaker"


class SageMaker:
    """The SageMaker of one account and region; every method raises `argmin.aws.errors`."""

    def __init__(self, aws: Aws, access: Access) -> None:
        self._aws = aws
        self._access = access

    async def create_processing_job(self, request: Request) -> str:
        """Start a processing job; its ARN.

        Raises:
            InUseError: a job of that name is there. It may be ours: an earlier call may have
                succeeded without our hearing of it.
            UnavailableError: whether the job was started is unknown; to ask again is safe.
        """
        name = str(request["ProcessingJobName"])
        answer = await self._call("create_processing_job", name, **request)
        return str(answer["ProcessingJobArn"])

    async def describe_processing_job(self, name: str) -> ProcessingJob:
        """Where a processing job stands.

        Raises:
            NotFoundError: there is none of that name.
        """
        answer = await self._call("describe_processing_job", name, ProcessingJobName=name)
        return ProcessingJob.model_validate(answer)

    async def stop_processing_job(self, name: str) -> None:
        """Have a processing job stopped; one that is over is left as it is.

        Raises:
            NotFoundError: there is none of that name.
        """
        try:
            await self._call("stop_processing_job", name, ProcessingJobName=name)
        except InvalidError as error:
            if not _OVER.search(error.message):
                raise

    async def list_tags(self, arn: str) -> dict[str, str]:
        """The tags of anything of SageMaker's."""
        tags: dict[str, str] = {}
        token: dict[str, str] = {}
        for _page in range(_TAG_PAGES):
            answer = await self._call("list_tags", arn, ResourceArn=arn, **token)
            tags |= {tag["Key"]: tag["Value"] for tag in answer.get("Tags", ())}
            if not answer.get("NextToken"):
                break
            token = {"NextToken": answer["NextToken"]}
        return tags

    async def add_tags(self, arn: str, tags: Mapping[str, str]) -> None:
        """Add tags, over those of the same keys."""
        await self._call("add_tags", arn, ResourceArn=arn, Tags=list_tags(tags))

    async def _call(self, operation: str, caller: str, **parameters: Any) -> dict[str, Any]:
        return await self._aws.call(self._access, _SERVICE, operation, parameters, caller=caller)


_OVER = re.compile(r"is in status (Completed|Failed|Stopped|Stopping)\b")

_TAG_PAGES = 5
"""AWS takes 50 tags, and gives them in one page."""


def list_tags(tags: Mapping[str, str]) -> list[dict[str, str]]:
    """Tags in AWS's form, in the order of their keys."""
    return [{"Key": key, "Value": tags[key]} for key in sorted(tags)]
