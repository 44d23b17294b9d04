"""Amazon CloudWatch Logs: reading."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from argmin.aws.client import Aws
from argmin.aws.errors import NotFoundError
from argmin.aws.models import Access, LogEvent, LogPage

PAGE_LIMIT = 1000
"""Default number of lines in a page."""
_MOST_LINES = 10_000
_STREAM_PAGES = 5
_SERVICE = "logs"


class Logs:
    """The logs of one account and region; every method raises `argmin.aws.errors`."""

    def __init__(self, aws: Aws, access: Access) -> None:
        self._aws = aws
        self._access = access

    async def list_streams(self, group: str, prefix: str) -> tuple[str, ...]:
        """Names of the streams of a group that begin with `prefix`; none if the group is missing.

        SageMaker creates one stream for each instance when the container has started.
        """
        names: list[str] = []
        token: dict[str, str] = {}
        for _page in range(_STREAM_PAGES):
            try:
                answer = await self._call(
                    "describe_log_streams",
                    logGroupName=group,
                    logStreamNamePrefix=prefix,
                    **token,
                )
            except NotFoundError:
                return ()
            names += [stream["logStreamName"] for stream in answer.get("logStreams", ())]
            if not answer.get("nextToken"):
                break
            token = {"nextToken": answer["nextToken"]}
        return tuple(sorted(names))

    async def read_stream(
        self, group: str, stream: str, token: str | None = None, limit: int = PAGE_LIMIT
    ) -> LogPage:
        """A page of a stream, forwards from its start or from `token`.

        At the end of the stream the page is empty and its token stays the same.

        Raises:
            NotFoundError: there is no such stream, or not yet.
        """
        return await self._read(group, stream, limit, token, from_start=True)

    async def read_tail(self, group: str, stream: str, limit: int = PAGE_LIMIT) -> LogPage:
        """The last lines of a stream; the token reads on from there.

        Raises:
            NotFoundError: there is no such stream, or not yet.
        """
        return await self._read(group, stream, limit, None, from_start=False)

    async def _read(
        self, group: str, stream: str, limit: int, token: str | None, *, from_start: bool
    ) -> LogPage:
        answer = await self._call(
            "get_log_events",
            logGroupName=group,
            logStreamName=stream,
            limit=min(limit, _MOST_LINES),
            startFromHead=from_start,
            **({"nextToken": token} if token else {}),
        )
        events = tuple(
            LogEvent(datetime.fromtimestamp(e["timestamp"] / 1000, UTC), e["message"])
            for e in answer.get("events", ())
        )
        return LogPage(events, answer.get("nextForwardToken"))

    async def _call(self, operation: str, **parameters: Any) -> dict[str, Any]:
        return await self._aws.call(self._access, _SERVICE, operation, parameters)
