"""The log of a run: everything written to standard output and error, streamed and kept in bounds.

Python, solver libraries and child processes all write to file descriptors 1 and 2. These lead
into a pipe that a small process of our own empties: a thread could not, since solvers write while
they hold the interpreter. It outlives a crash of the runner and keeps the log in any case.
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
from pathlib import Path
from types import TracebackType

HEAD_BYTES = 128 * 1024
TAIL_BYTES = 128 * 1024
_CHUNK = 64 * 1024

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
        self._saved = (-1, -1)

    def __enter__(self) -> RunLog:
        """Start recording."""
        _flush()
        source, sink = os.pipe()
        stopped, self._stop = os.pipe()
        self._saved = (os.dup(1), os.dup(2))
        self._recorder = os.fork()
        if self._recorder == 0:
            os.close(sink)
            os.close(self._stop)
            _record(source, stopped, self._saved[0], self.path)
        os.close(source)
        os.close(stopped)
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


def _flush() -> None:
    sys.stdout.flush()
    sys.stderr.flush()


def _record(source: int, stopped: int, out: int, path: Path) -> None:
    """The whole life of the recording process."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    recording = _Recording(out)
    try:
        _pump(source, stopped, recording)
        path.write_bytes(recording.kept())
    finally:
        os._exit(0)


def _pump(source: int, stopped: int, recording: _Recording) -> None:
    os.set_blocking(source, False)
    with selectors.DefaultSelector() as selector:
        selector.register(source, selectors.EVENT_READ)
        selector.register(stopped, selectors.EVENT_READ)
        while True:
            ready = {key.fd for key, _ in selector.select()}
            if source in ready and not _drain(source, recording):
                return
            if stopped in ready:
                _drain(source, recording)
                return


def _drain(source: int, recording: _Recording) -> bool:
    """Take all that is there now; False at the end of the pipe."""
    while True:
        try:
            chunk = os.read(source, _CHUNK)
        except BlockingIOError:
            return True
        if not chunk:
            return False
        recording.add(chunk)


class _Recording:
    """Passes text on and keeps its head and tail."""

    def __init__(self, out: int) -> None:
        self._out: int | None = out
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._head = bytearray()
        self._tail: deque[bytes] = deque()
        self._tail_bytes = 0
        self._left_out = 0

    def add(self, chunk: bytes) -> None:
        text = self._decoder.decode(chunk).encode()
        self._pass_on(text)
        room = HEAD_BYTES - len(self._head)
        self._head += text[:room]
        self._keep_tail(text[room:] if room < len(text) else b"")

    def _pass_on(self, text: bytes) -> None:
        while text and self._out is not None:
            try:
                text = text[os.write(self._out, text) :]
            except OSError:  # nobody reads it any more; the file still keeps it
                self._out = None

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
