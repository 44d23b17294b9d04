"""Amazon SageMaker, as far as argmin uses it: jobs of every type, and tags."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from botocore import xform_name

from argmin.aws.client import Answer, Aws
from argmin.aws.errors import InvalidError
from argmin.aws.models import Access

Request = Mapping[str, Any]
"""A request in the JSON of SageMaker's API, passed on unchanged."""

_SERVICE = "sagemaker"


class SageMaker:
    """The SageMaker of one account and region; every method raises `argmin.aws.errors`."""

    def __init__(self, aws: Aws, access: Access) -> None:
        self._aws = aws
        self._access = access

    async def create_job(self, noun: str, request: Request) -> str:
        """Start a job; returns its ARN.

        Args:
            noun: name of its type in SageMaker's API, such as `TrainingJob`.
            request: the request of its Create operation.

        Raises:
            InUseError: a job of that name exists, perhaps by an earlier call without a response.
            UnavailableError: whether the job was started is unknown; a retry is safe.
        """
        answer = await self._call(f"Create{noun}", str(request[f"{noun}Name"]), **request)
        return str(answer[f"{noun}Arn"])

    async def describe_job(self, noun: str, name: str) -> Answer:
        """The response of a job's Describe operation.

        Raises:
            NotFoundError: there is none of that name.
        """
        return await self._call(f"Describe{noun}", name, **{f"{noun}Name": name})

    async def stop_job(self, noun: str, name: str) -> None:
        """Request that a job is stopped; no effect on one that has ended.

        Raises:
            NotFoundError: there is none of that name.
        """
        try:
            await self._call(f"Stop{noun}", name, **{f"{noun}Name": name})
        except InvalidError as error:
            if not _OVER.search(error.message):
                raise

    async def list_tags(self, arn: str) -> dict[str, str]:
        """The tags of a SageMaker resource."""
        tags: dict[str, str] = {}
        token: dict[str, str] = {}
        for _page in range(_TAG_PAGES):
            answer = await self._call("ListTags", arn, ResourceArn=arn, **token)
            tags |= {tag["Key"]: tag["Value"] for tag in answer.get("Tags", ())}
            if not answer.get("NextToken"):
                break
            token = {"NextToken": answer["NextToken"]}
        return tags

    async def _call(self, operation: str, caller: str, **parameters: Any) -> Answer:
        method = xform_name(operation)
        return await self._aws.call(self._access, _SERVICE, method, parameters, caller=caller)


_OVER = re.compile(r"is in status (Completed|Failed|Stopped|Stopping)\b")

_TAG_PAGES = 5
"""AWS allows 50 tags and returns them in one page."""
