"""Reading the progress of a search from the log of its job.

Best effort: a log that cannot be read delays nothing else.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass, replace

import structlog

from argmin.api.progress import PROGRESS_PREFIX, Progress, find_nonsense
from argmin.api.untrusted import PROGRESS, UntrustedError, read_document
from argmin.aws.errors import AwsError
from argmin.backends.sagemaker.clients import Logs
from argmin.backends.sagemaker.job_type import JobType

TAIL_LINES = 1000
"""Lines read from the end of the log: the runner reports at least twice a minute among others."""
PATIENCE_SECONDS = 5.0
"""Timeout of reading a log."""

_log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class LogReading:
    """What was read of a job's log."""

    stream: str = ""
    """Name of the log stream; empty while there is none."""
    progress: Progress | None = None
    has_news: bool = False
    """Whether the last reading had new progress."""
    is_refused: bool = False
    """AWS refuses access; it is not read again."""


async def read_on(job_type: JobType, job_name: str, before: LogReading, logs: Logs) -> LogReading:
    """Make one call: find the log's stream, or read its end."""
    before = replace(before, has_news=False)
    try:
        async with asyncio.timeout(PATIENCE_SECONDS):
            return await _read_on(job_type, job_name, before, logs)
    except AwsError as error:
        _log.info("a log cannot be read", job=job_name, error=error.message)
        return replace(before, is_refused=not error.transient)
    except TimeoutError:
        _log.info("a log cannot be read", job=job_name, error="no answer in time")
        return before


async def _read_on(job_type: JobType, job_name: str, before: LogReading, logs: Logs) -> LogReading:
    group = job_type.log_group
    if not before.stream:
        streams = await logs.list_streams(group, job_type.name_streams(job_name))
        return replace(before, stream=streams[0] if streams else "")
    page = await logs.read_tail(group, before.stream, TAIL_LINES)
    progress = find_progress(event.text for event in page.events)
    has_news = progress is not None and progress != before.progress
    return replace(before, progress=progress or before.progress, has_news=has_news)


def find_progress(lines: Iterable[str]) -> Progress | None:
    """The last progress in some lines of a log."""
    reported = [line for line in lines if line.startswith(PROGRESS_PREFIX)]
    for line in reversed(reported):
        try:
            progress = read_document(Progress, line.removeprefix(PROGRESS_PREFIX), PROGRESS)
        except UntrustedError:
            continue
        if find_nonsense(progress) is None:
            return progress
    return None
