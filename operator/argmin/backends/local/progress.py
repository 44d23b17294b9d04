"""The progress of a local run: follows the file to which its runner appends lines."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Protocol

from argmin.api.progress import Progress
from argmin.api.untrusted import PROGRESS, UntrustedError, read_document

_LOOK_SECONDS = 0.5
_LOOK_BYTES = 4 * PROGRESS.bytes


class ProgressListener(Protocol):
    """Callbacks for the progress of a search."""

    def progressed(self, progress: Progress) -> None:
        """The search has reported progress."""


@asynccontextmanager
async def following(path: Path, listener: ProgressListener) -> AsyncIterator[None]:
    """Pass new progress in the file to the listener while the block runs."""
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
    """The last progress in a file after a position, and the position behind it.

    Lines that cannot be parsed are skipped: the user's program may write to the file too.
    """
    try:
        with path.open("rb") as file:
            end = file.seek(0, os.SEEK_END)
            # Of more than this, only the last part is read; its first, partial line is skipped.
            start = max(start, end - _LOOK_BYTES)
            file.seek(start)
            whole, newline, _ = file.read(_LOOK_BYTES).rpartition(b"\n")
    except OSError:
        return start, None
    progress = None
    if whole:
        with suppress(UntrustedError):
            progress = read_document(Progress, whole.rpartition(b"\n")[2], PROGRESS)
    return start + len(whole) + len(newline), progress
