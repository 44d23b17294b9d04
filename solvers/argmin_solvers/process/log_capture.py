"""The log of a run: everything written to standard output and error, streamed and kept in bounds.

Python, solver libraries and child processes all write to file descriptors 1 and 2. These lead
into a pipe that a small process of our own empties: a thread could not, since solvers write while
they hold the interpreter. It outlives a crash of the runner and keeps the log in any case. Nothing
that is printed waits for those who read it: what they do not take in time is left out of the
stream, and the file still has its beginning and its end.
"""

from __future__ import annotations

import codecs
import contextlib
import logging
import os
import selectors
import signal
import sys
from collections import deque
from collections.abc import Callable
from pathlib import Path
from threading import Lock
from types import TracebackType
from typing import NamedTuple

from argmin_solvers.process.log_stream import Outlet

HEAD_BYTES = 128 * 1024
TAIL_BYTES = 128 * 1024
_CHUNK = 64 * 1024
_LARGEST_PIPE = 1024 * 1024
_READERS_SECONDS = 1.0
"""How long the end of a run waits for readers that have stopped reading."""

log = logging.getLogger("argmin")


def configure_logging() -> None:
    """Readable lines on standard output."""
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(logging.Formatter("%(asctime)s argmin: %(message)s", "%H:%M:%S"))
    log.handlers[:] = [handler]
    log.setLevel(logging.INFO)
    log.propagate = False


class RunLog:
    """Records file descriptors 1 and 2 into a file while it is open, and streams them on."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._recorder = 0
        self._stop = -1
        self._asides = -1
        self._saved = (-1, -1)

    def __enter__(self) -> RunLog:
        """Start recording."""
        _flush()
        source, sink = os.pipe()
        stopped, self._stop = os.pipe()
        asides, self._asides = os.pipe()
        self._saved = (os.dup(1), os.dup(2))
        self._recorder = os.fork()
        if self._recorder == 0:
            for number in (sink, self._stop, self._asides):
                os.close(number)
            _record(_Sources(source, asides, stopped), self._saved[0], self.path)
        for number in (source, stopped, asides):
            os.close(number)
        os.set_blocking(self._asides, False)
        _Open.log = self
        os.dup2(sink, 1)
        os.dup2(sink, 2)
        os.close(sink)
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        """Stop recording; afterwards the file is complete."""
        with _Open.lock:
            _Open.log = None
            os.close(self._asides)
        _flush()
        for number, saved in zip((1, 2), self._saved, strict=True):
            os.dup2(saved, number)
            os.close(saved)
        # A word rather than a closed pipe: programs that live on may hold copies of both. Where
        # none did, the recorder may have seen the end of the output by itself, and be gone.
        with contextlib.suppress(BrokenPipeError):
            os.write(self._stop, b".")
        os.close(self._stop)
        os.waitpid(self._recorder, 0)

    def print_aside(self, line: str) -> bool:
        """See the function of this name."""
        try:
            os.write(self._asides, f"{line}\n".encode())
        except OSError:  # no room, or the recorder is gone
            return False
        return True


class _Open:
    """The log that is open: standard output is one for the whole process, and so is its log."""

    log: RunLog | None = None
    lock = Lock()


def print_aside(line: str) -> bool:
    """Print a line to standard output that the kept log leaves out; never waits.

    Returns:
        Whether it is on its way: not where nobody reads, or no log is open.
    """
    with _Open.lock:
        return _Open.log is not None and _Open.log.print_aside(line)


def _flush() -> None:
    sys.stdout.flush()
    sys.stderr.flush()


class _Sources(NamedTuple):
    """What the recorder reads: the output of the run, lines of our own, and the word to stop."""

    output: int
    asides: int
    stop: int


def _record(sources: _Sources, out: int, path: Path) -> None:
    """The whole life of the recording process."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    recording = _Recording()
    outlet = Outlet(out)
    try:
        _pump(sources, recording, outlet)
        path.write_bytes(recording.kept())
        outlet.drain(_READERS_SECONDS)
    finally:
        os._exit(0)


def _pump(sources: _Sources, recording: _Recording, outlet: Outlet) -> None:
    def take(chunk: bytes) -> None:
        outlet.put(recording.add(chunk))

    with selectors.DefaultSelector() as selector:
        for source in sources:
            os.set_blocking(source, False)
            selector.register(source, selectors.EVENT_READ)
        while True:
            ready = {key.fd for key, _ in selector.select()}
            if sources.asides in ready and not _read_once(sources.asides, outlet.put_aside):
                selector.unregister(sources.asides)
            if sources.output in ready and not _read_once(sources.output, take):
                return
            if sources.stop in ready:
                _read_rest(sources.output, take)
                return


def _read_once(source: int, take: Callable[[bytes], None]) -> bool:
    """Take a chunk, if there is one; False at the end of the pipe."""
    try:
        chunk = os.read(source, _CHUNK)
    except BlockingIOError:
        return True
    take(chunk)
    return bool(chunk)


def _read_rest(source: int, take: Callable[[bytes], None]) -> None:
    """Take what the pipe holds, and no more: a program that lives on may fill it for ever."""
    left = _LARGEST_PIPE
    while left > 0:
        try:
            chunk = os.read(source, _CHUNK)
        except BlockingIOError:
            return
        if not chunk:
            return
        take(chunk)
        left -= len(chunk)


class _Recording:
    """Keeps the head and the tail of a text."""

    def __init__(self) -> None:
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._head = bytearray()
        self._tail: deque[bytes] = deque()
        self._tail_bytes = 0
        self._left_out = 0

    def add(self, chunk: bytes) -> bytes:
        """Keep a chunk; the text that it is, without what is no UTF-8."""
        text = self._decoder.decode(chunk).encode()
        room = HEAD_BYTES - len(self._head)
        self._head += text[:room]
        self._keep_tail(text[room:] if room < len(text) else b"")
        return text

    def _keep_tail(self, text: bytes) -> None:
        if not text:
            return
        self._tail.append(text)
        self._tail_bytes += len(text)
        while self._tail_bytes - len(self._tail[0]) >= TAIL_BYTES:
            dropped = len(self._tail.popleft())
            self._tail_bytes -= dropped
            self._left_out += dropped

    def kept(self) -> bytes:
        tail = b"".join(self._tail)
        excess = max(0, len(tail) - TAIL_BYTES)
        left_out = self._left_out + excess
        notice = f"\n[... {left_out} bytes left out ...]\n".encode() if left_out else b""
        kept = bytes(self._head) + notice + tail[excess:]
        return kept.decode("utf-8", "replace").encode()
