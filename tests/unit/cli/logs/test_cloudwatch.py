"""The log of a processing job: every line of every instance once, and refusals in clear words."""

from __future__ import annotations

from collections import defaultdict
from datetime import UTC, datetime

import pytest

from argmin.aws.errors import (
    AccessDeniedError,
    AwsError,
    ExpiredError,
    InvalidError,
    NotFoundError,
    RoleNotUsableError,
    UnavailableError,
)
from argmin.aws.models import LogEvent, LogPage
from argmin.cli.errors import ExitStatus
from argmin.cli.logs.cloudwatch import JobStreams, LogStreamRef, translate_error

PLACE = LogStreamRef(
    "/aws/sagemaker/ProcessingJobs", "steel-1", "steel-1/", "eu-west-1", "111122223333"
)
MOMENT = datetime(2026, 1, 1, tzinfo=UTC)


class Streams:
    """CloudWatch with pages of a single line, and an empty page amid them, as it may have."""

    def __init__(self) -> None:
        self.lines: dict[str, list[str | None]] = defaultdict(list)
        self.lists = 0

    async def list_streams(self, group: str, prefix: str) -> tuple[str, ...]:
        self.lists += 1
        return tuple(name for name in sorted(self.lines) if name.startswith(prefix))

    async def read_stream(
        self, group: str, stream: str, token: str | None = None, limit: int = 1
    ) -> LogPage:
        at, lines = int(token or 0), self.lines[stream]
        if at == len(lines):
            return LogPage((), str(at))
        line = lines[at]
        events = (LogEvent(MOMENT, line),) if line is not None else ()
        return LogPage(events, str(at + 1))


async def read(streams: JobStreams) -> list[str]:
    return [line async for line in streams.read_on()]


async def test_each_line_comes_once_over_all_pages() -> None:
    logs = Streams()
    streams = JobStreams(logs, PLACE)
    assert await read(streams) == []
    assert not streams.is_found
    logs.lines["steel-1/algo-1-17"] = ["one", None, "two"]
    assert await read(streams) == ["one\n", "two\n"]
    assert streams.is_found
    assert await read(streams) == []
    logs.lines["steel-1/algo-1-17"].append("three")
    assert await read(streams) == ["three\n"]


async def test_streams_are_looked_for_until_all_are_there() -> None:
    logs = Streams()
    streams = JobStreams(logs, PLACE)
    for _ in range(2):
        await read(streams)
    logs.lines["steel-1/algo-1-17"] = ["one"]
    for _ in range(3):
        await read(streams)
    assert logs.lists == 3


async def test_lines_of_several_instances_say_whose_they_are() -> None:
    logs = Streams()
    logs.lines |= {"steel-1/algo-1-17": ["one"], "steel-1/algo-2-17": ["two"]}
    streams = JobStreams(logs, LogStreamRef("group", "steel-1", "steel-1/", instances=2))
    assert await read(streams) == ["[algo-1] one\n", "[algo-2] two\n"]


async def test_another_attempts_log_and_progress_are_left_out() -> None:
    logs = Streams()
    logs.lines |= {
        "steel-1/algo-1-17": ['argmin-progress {"search": {"objective": "1"}}', "one"],
        "steel-10/algo-1-18": ["another"],
    }
    assert await read(JobStreams(logs, PLACE)) == ["one\n"]


@pytest.mark.parametrize(
    ("error", "status", "told"),
    [
        (
            AccessDeniedError("no policy allows", "logs:GetLogEvents"),
            ExitStatus.UNREACHABLE,
            "logs:GetLogEvents for the log of steel-1 in log group /aws/sagemaker/ProcessingJobs of"
            " account 111122223333 in eu-west-1",
        ),
        (RoleNotUsableError("argmin has none"), ExitStatus.UNREACHABLE, "aws sso login"),
        (ExpiredError("the token has expired"), ExitStatus.UNREACHABLE, "sign in anew"),
        (InvalidError("none", code="NoRegionError"), ExitStatus.UNREACHABLE, "set AWS_REGION"),
        (NotFoundError("no such stream"), ExitStatus.NOT_FOUND, "was deleted"),
        (UnavailableError("no answer"), ExitStatus.UNREACHABLE, "cannot be read: no answer"),
    ],
)
def test_a_refusal_says_what_is_missing_and_to_whom(
    error: AwsError, status: ExitStatus, told: str
) -> None:
    translated = translate_error(error, PLACE)
    assert translated.status is status
    assert told in translated.message
    assert "service account" not in translated.message
