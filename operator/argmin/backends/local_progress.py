"""The progress of a local run: the lines that its runner appends to a file, as they come."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Protocol

from pydantic import ValidationError

from argmin.api.progress import Progress

_LOOK_SECONDS = 0.5


class ProgressListener(Protocol):
    """Who hears how a search is getting on."""

    def progressed(self, progress: Progress) -> None:
        """There is news of the search."""


@asynccontextmanager
async def following(path: Path, listener: ProgressListener) -> AsyncIterator[None]:
    """Tell the listener what is new in the file while the block runs."""
    task = asyncio.create_task(_follow(path, listener))
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def _follow(path: Path, listener: ProgressListener) -> None:
    read_to = 0
    while True:
        await asyncio.sleep(_LOOK_SECONDS)
        read_to, progress = read_progress(path, read_to)
        if progress is not None:
            listener.progressed(progress)


def read_progress(path: Path, start: int = 0) -> tuple[int, Progress | None]:
    """The last news in a file from a position on, and the position behind it.

    The runner writes it, and perhaps the user's program too: what cannot be read is no news.
    """
    try:
        with path.open("rb") as file:
            file.seek(start)
            whole, newline, _ = file.read().rpartition(b"\n")
    except OSError:
        return start, None
    progress = None
    if whole:
        with suppress(ValidationError):
            progress = Progress.model_validate_json(whole.rpartition(b"\n")[2])
    return start + len(whole) + len(newline), progress
