"""One process of a local run: start, output, deadline, and termination with its children."""

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
"""Seconds for which remaining children may go on writing before they are killed."""
_DRAIN_SECONDS = 2.0
"""Seconds for which output is read after the process and its group have ended."""


class Ending(StrEnum):
    """Why a process ended."""

    EXITED = "Exited"  # by itself
    DEADLINE = "Deadline"  # its deadline was reached
    STOPPED = "Stopped"  # a stop was requested


class ProcessListener(Protocol):
    """Callbacks for the output and the stop of a process."""

    def lines_printed(self, lines: Sequence[str]) -> None:
        """The process printed one or more lines; lines in quick succession arrive together."""

    def stopping(self, ending: Ending) -> None:
        """The process has got SIGTERM."""


@dataclass(frozen=True)
class Ended:
    """How a process ended."""

    exit_code: int
    """Its exit code; 128 plus the signal's number if a signal ended it, as for a container."""
    ending: Ending


class Stop:
    """A stop request: the first terminates the run gracefully, the second kills it."""

    def __init__(self) -> None:
        self.asked = asyncio.Event()
        self.insisted = asyncio.Event()

    def ask(self) -> None:
        """Request the stop, or the kill if it was requested already."""
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
    """Run a command until it ends, `seconds` have passed, or a stop is requested.

    It gets SIGTERM, and SIGKILL after `grace_seconds`. Children in its process group are killed
    with it. Raises `OSError` if it cannot be started.
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
            # The runner's log capture process ends a moment after the runner.
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
    """Our own pipe: asyncio reports the end of a process only when its pipes are closed."""
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
    """Send SIGTERM to the process alone; its children are left to it during the grace period."""
    with suppress(ProcessLookupError):
        process.send_signal(signal.SIGTERM)
    await _wait_for_end(process, insisted, grace_seconds)


def _kill_group(group: int) -> None:
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(group, signal.SIGKILL)


async def _forward_lines(
    stream: asyncio.StreamReader, listen: Callable[[Sequence[str]], None]
) -> None:
    """Pass on lines as they arrive; invalid UTF-8 is replaced, the last may lack its newline."""
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
