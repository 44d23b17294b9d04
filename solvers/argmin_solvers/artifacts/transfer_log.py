"""How far a transfer has come, in lines of the log."""

from __future__ import annotations

import threading
import time
from typing import Protocol

from argmin_solvers.process.log_capture import log

PACE_SECONDS = 5.0
_MIB = 1024 * 1024
_UNITS = ((_MIB, "MiB"), (1024, "KiB"), (1, "bytes"))


class Listener(Protocol):
    """Who hears how a transfer goes; `moved` is called by many threads."""

    def started(self, title: str, files: int, total_bytes: int) -> None:
        """So much is to be moved; the title says what is done, such as `uploading data`."""

    def moved(self, count: int) -> None:
        """So many bytes have moved; fewer than none where some have to be sent again."""

    def looked_at(self) -> None:
        """Time has passed."""

    def finished(self) -> None:
        """All has been moved."""


class LogMeter:
    """Writes a line every few seconds, and one at the end."""

    def __init__(self, pace_seconds: float = PACE_SECONDS) -> None:
        self._pace = pace_seconds
        self._lock = threading.Lock()
        self._title = ""
        self._files = self._total = self._done = 0
        self._began = self._told = 0.0

    def started(self, title: str, files: int, total_bytes: int) -> None:
        """Begin anew."""
        self._title, self._files, self._total, self._done = title, files, total_bytes, 0
        self._began = self._told = time.monotonic()

    def moved(self, count: int) -> None:
        """Count bytes."""
        with self._lock:
            self._done += count

    def looked_at(self) -> None:
        """Write a line where it is time for one; before the start there is nothing to tell."""
        now = time.monotonic()
        if self._title and now - self._told >= self._pace:
            self._told = now
            log.info("%s: %s", self._title, self._describe(now))

    def finished(self) -> None:
        """Write the last line."""
        files = "1 file" if self._files == 1 else f"{self._files} files"
        log.info("%s: %s, %s, done", self._title, files, self._describe(time.monotonic()))

    def _describe(self, now: float) -> str:
        unit, name = next((each for each in _UNITS if self._total >= each[0]), _UNITS[-1])
        rate = self._done / _MIB / max(now - self._began, 1e-3)
        return f"{self._done / unit:.0f} of {self._total / unit:.0f} {name}, {rate:.0f} MiB/s"
