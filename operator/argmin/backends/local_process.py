"""One process of a local run: started, listened to, stopped in time, and gone with its children."""

from __future__ import annotations

import asyncio
import codecs
import os
import signal
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import IO, Protocol

_CHUNK_BYTES = 64 * 1024
_RECORDER_SECONDS = 2.0
"""How long what the process left behind may go on writing before it is killed."""
_DRAIN_SECONDS = 2.0
"""How long to read on after the process and its group are gone."""


class Ending(StrEnum):
    """Why a process ended."""

    EXITED = "Exited"  # by itself
    DEADLINE = "Deadline"  # its time was up
    STOPPED = "Stopped"  # somebody asked


class ProcessListener(Protocol):
    """Who hears what a process prints and when it is stopped."""

    def lines_printed(self, lines: Sequence[str]) -> None:
        """The process printed some lines, one at least; they come together if they come fast."""

    def stopping(self, ending: Ending) -> None:
        """The process has been asked to wind up."""


@dataclass(frozen=True)
class Ended:
    """How a process ended."""

    exit_code: int
    """Its own; 128 and the signal's number where a signal ended it, as a container shows it."""
    ending: Ending


class Stop:
    """The wish to stop: asked once, the run winds up; asked again, it is killed."""

    def __init__(self) -> None:
        self.asked = asyncio.Event()
        self.insisted = asyncio.Event()

    def ask(self) -> None:
        """Ask to stop, or insist."""
        (self.insisted if self.asked.is_set() else self.asked).set()


async def supervise(
    command: Sequence[str],
    environment: Mapping[str, str],
    folder: Path,
    listener: ProcessListener,
    seconds: float | None,
    grace_seconds: float,
    stop: Stop,
) -> Ended:
    """Run a command until it ends, its `seconds` are over, or somebody asks to stop.

    It is asked by SIGTERM and has `grace_seconds` to wind up. Nothing that it started, and that
    stayed in its process group, outlives it. Raises `OSError` where it cannot be started.
    """
    async with _open_pipe() as (stream, sink):
        process = await asyncio.create_subprocess_exec(
            *command,
            cwd=folder,
            env=environment,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=sink,
            stderr=sink,
            start_new_session=True,
        )
        sink.close()
        reading = asyncio.create_task(_forward_lines(stream, listener.lines_printed))
        try:
            ending = await _wait_for_end(process, stop.asked, seconds)
            if ending is not Ending.EXITED:
                listener.stopping(ending)
                await _wind_up(process, grace_seconds, stop.insisted)
            # The runner's recorder ends a moment after it, with the log.
            if process.returncode is not None:
                await asyncio.wait({reading}, timeout=_RECORDER_SECONDS)
        finally:
            _kill_group(process.pid)
            await process.wait()
            await asyncio.wait({reading}, timeout=_DRAIN_SECONDS)
            reading.cancel()
    code = process.returncode or 0
    return Ended(code if code >= 0 else 128 - code, ending)


@asynccontextmanager
async def _open_pipe() -> AsyncIterator[tuple[asyncio.StreamReader, IO[bytes]]]:
    """A pipe of our own: asyncio's would hold back the news of the end until it is closed."""
    source, sink = (os.fdopen(end, mode) for end, mode in zip(os.pipe(), ("rb", "wb"), strict=True))
    stream = asyncio.StreamReader()
    transport, _ = await asyncio.get_running_loop().connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(stream), source
    )
    try:
        with sink:
            yield stream, sink
    finally:
        transport.close()


async def _wait_for_end(
    process: asyncio.subprocess.Process, asked: asyncio.Event, seconds: float | None
) -> Ending:
    ended = asyncio.create_task(process.wait())
    wished = asyncio.create_task(asked.wait())
    try:
        await asyncio.wait({ended, wished}, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        if ended.done():
            return Ending.EXITED
        return Ending.STOPPED if wished.done() else Ending.DEADLINE
    finally:
        ended.cancel()
        wished.cancel()


async def _wind_up(
    process: asyncio.subprocess.Process, grace_seconds: float, insisted: asyncio.Event
) -> None:
    """Ask the process to stop; its children are its own business until the grace is over."""
    with suppress(ProcessLookupError):
        process.send_signal(signal.SIGTERM)
    await _wait_for_end(process, insisted, grace_seconds)


def _kill_group(group: int) -> None:
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(group, signal.SIGKILL)


async def _forward_lines(
    stream: asyncio.StreamReader, listen: Callable[[Sequence[str]], None]
) -> None:
    """Hand over lines as they come; what is not UTF-8 is replaced, a last line needs no end."""
    decoder = codecs.getincrementaldecoder("utf-8")(errors="replace")
    rest = ""
    while chunk := await stream.read(_CHUNK_BYTES):
        *lines, rest = (rest + decoder.decode(chunk)).split("\n")
        if len(rest) > _CHUNK_BYTES:
            lines, rest = [*lines, rest], ""
        if lines:
            listen([line.rstrip("\r") for line in lines])
    rest += decoder.decode(b"", final=True)
    if rest:
        listen([rest])
