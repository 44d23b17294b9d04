"""Streams a run's output without blocking on slow readers."""

from __future__ import annotations

import os
import select
from collections import deque
from threading import Condition, Thread

LIMIT_BYTES = 8 * 1024 * 1024
"""What waits to be read; of more than that the older is left out."""
_PIECE_BYTES = 64 * 1024


class Outlet:
    """Writes what it is given to a file descriptor, in a thread of its own.

    A blocking write, not a descriptor that does not block: that would be so for everybody who
    shares it, such as the shell on the same terminal. Where readers are slow or have stopped, the
    middle of the output is left out, and they are told so.
    """

    def __init__(self, out: int) -> None:
        self._out = out
        self._news = Condition()
        self._waiting: deque[bytes] = deque()
        self._waiting_bytes = 0
        self._left_out = 0
        self._written = 0
        self._is_writing = False
        self._is_closed = False
        self._ends_line = True
        self._aside: bytes | None = None
        Thread(target=self._work, daemon=True).start()

    def put(self, text: bytes) -> None:
        """Pass text on."""
        if self._aside is not None:
            line, newline, rest = text.partition(b"\n")
            if newline:
                self._append(line + newline + self._aside)
                self._aside, text = None, rest
        self._append(text)

    def put_aside(self, line: bytes) -> None:
        """Pass on a line of our own, between two lines of the output."""
        if self._aside is not None:  # it has waited for the end of a line that does not come
            self._append(b"\n" + self._aside)
        self._aside = None
        if self._ends_line:
            self._append(line)
        else:
            self._aside = line

    def _append(self, text: bytes) -> None:
        if not text:
            return
        self._ends_line = text.endswith(b"\n")
        with self._news:
            if self._is_closed:
                return
            self._waiting.append(text)
            self._waiting_bytes += len(text)
            while self._waiting_bytes > LIMIT_BYTES:
                dropped = len(self._waiting.popleft())
                self._waiting_bytes -= dropped
                self._left_out += dropped
            self._news.notify_all()

    def drain(self, patience_seconds: float) -> None:
        """Wait until all is written, or nobody has read anything for some time."""
        if self._aside is not None:
            self._append(b"\n" + self._aside)
            self._aside = None
        with self._news:
            while self._waiting or self._is_writing:
                before = self._written
                if not self._news.wait(patience_seconds) and self._written == before:
                    return

    def _work(self) -> None:
        try:
            while True:
                self._write(self._take())
        except OSError:  # nobody reads it any more
            with self._news:
                self._is_closed, self._is_writing = True, False
                self._waiting.clear()
                self._news.notify_all()

    def _take(self) -> bytes:
        with self._news:
            self._is_writing = False
            self._news.notify_all()
            while not self._waiting:
                self._news.wait()
            self._is_writing = True
            text = self._waiting.popleft()
            self._waiting_bytes -= len(text)
            left_out, self._left_out = self._left_out, 0
        if left_out:
            notice = f"\n[... {left_out} bytes left out: nobody read them in time ...]\n"
            return notice.encode() + text
        return text

    def _write(self, text: bytes) -> None:
        while text:
            try:
                written = os.write(self._out, text[:_PIECE_BYTES])
            except BlockingIOError:  # whoever shares the descriptor wants it so
                select.select([], [self._out], [])
                continue
            text = text[written:]
            with self._news:
                self._written += written
                self._news.notify_all()
