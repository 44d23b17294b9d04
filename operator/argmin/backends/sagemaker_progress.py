"""Reading how a search is getting on from the log of its processing job.

Best effort: what cannot be read now is read later or never, and holds nothing up.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass, replace

import structlog
from pydantic import ValidationError

from argmin.api.progress import PROGRESS_PREFIX, Progress, find_nonsense
from argmin.aws.errors import AwsError
from argmin.backends.sagemaker_clients import Logs
from argmin.backends.sagemaker_state import LOG_GROUP

TAIL_LINES = 1000
"""Of the log: a runner tells where it stands at least twice a minute, amid what its solver says."""
PATIENCE_SECONDS = 5.0
"""How long a look at a log may hold up the rest of the look at its job."""

_log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class LogReading:
    """What is known of a job's log."""

    stream: str = ""
    """Empty as long as there is none."""
    progress: Progress | None = None
    has_news: bool = False
    """Whether it told more when it was last read than before: the job went on."""
    is_refused: bool = False
    """AWS will not have it read: nobody tries again."""


async def read_on(job_name: str, before: LogReading, logs: Logs) -> LogReading:
    """One call more: look for the log's stream, or read its end."""
    before = replace(before, has_news=False)
    try:
        async with asyncio.timeout(PATIENCE_SECONDS):
            return await _read_on(job_name, before, logs)
    except AwsError as error:
        _log.info("a log cannot be read", job=job_name, error=error.message)
        return replace(before, is_refused=not error.transient)
    except TimeoutError:
        _log.info("a log cannot be read", job=job_name, error="no answer in time")
        return before


async def _read_on(job_name: str, before: LogReading, logs: Logs) -> LogReading:
    if not before.stream:
        streams = await logs.list_streams(LOG_GROUP, f"{job_name}/")
        return replace(before, stream=streams[0] if streams else "")
    page = await logs.read_tail(LOG_GROUP, before.stream, TAIL_LINES)
    progress = find_progress(event.text for event in page.events)
    has_news = progress is not None and progress != before.progress
    return replace(before, progress=progress or before.progress, has_news=has_news)


def find_progress(lines: Iterable[str]) -> Progress | None:
    """The last word on the search in some lines of a log."""
    told = [line for line in lines if line.startswith(PROGRESS_PREFIX)]
    for line in reversed(told):
        try:
            progress = Progress.model_validate_json(line.removeprefix(PROGRESS_PREFIX))
        except ValidationError:
            continue
        if find_nonsense(progress) is None:
            return progress
    return None
