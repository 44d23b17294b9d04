"""A container's output, line by line into CloudWatch Logs."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable
from typing import IO, Any

from moto.logs.models import logs_backends

LOG_GROUP = "/aws/sagemaker/ProcessingJobs"
FLUSH_SECONDS = 0.2
LONGEST_LINE = 256 * 1024 - 26  # CloudWatch's limit of an event


class LogStream:
    """Copies a container's output until it ends."""

    def __init__(self, account: str, region: str, name: str, output: IO[bytes]) -> None:
        self._backend: Any = logs_backends[account][region]
        self._backend.ensure_log_group(LOG_GROUP)
        self._backend.ensure_log_stream(LOG_GROUP, name)
        self._name = name
        self._lock = threading.Lock()
        self._pending: list[dict[str, Any]] = []
        self._ended = threading.Event()
        self._threads = [
            threading.Thread(target=self._read, args=(output,), daemon=True),
            threading.Thread(target=self._flush_often, daemon=True),
        ]
        for thread in self._threads:
            thread.start()

    def close(self) -> None:
        """Wait until everything is in the stream; a process left behind may hold the pipe."""
        for thread in self._threads:
            thread.join(10)

    def _read(self, output: IO[bytes]) -> None:
        try:
            for line in output:
                self._keep(line.rstrip(b"\r\n"))
        finally:
            self._ended.set()

    def _keep(self, line: bytes) -> None:
        now = int(time.time() * 1000)
        # CloudWatch takes no empty events.
        events = [
            {"timestamp": now, "message": part.decode(errors="replace")} for part in _split(line)
        ]
        with self._lock:
            self._pending += events

    def _flush_often(self) -> None:
        while not self._ended.wait(FLUSH_SECONDS):
            self._flush()
        self._flush()

    def _flush(self) -> None:
        with self._lock:
            events, self._pending = self._pending, []
        if events:
            self._backend.put_log_events(LOG_GROUP, self._name, events)


def _split(line: bytes) -> Iterable[bytes]:
    return (line[at : at + LONGEST_LINE] for at in range(0, len(line), LONGEST_LINE))
