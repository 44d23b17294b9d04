"""Reports the progress of a search, at intervals that grow with its age."""

from __future__ import annotations

from collections.abc import Sequence
from threading import Event, Thread
from types import TracebackType
from typing import Protocol

from argmin.api.progress import Progress, choose_pause
from argmin_solvers.process.log_capture import log
from argmin_solvers.progress.channels import Channel, ChannelClosedError
from argmin_solvers.progress.sink import ProgressSink

LOOK_SECONDS = 1.0
"""Interval at which sources are read, and the minimum interval of reports."""


class Source(Protocol):
    """Something that is looked at for news of a search, such as a file that a program writes."""

    def look(self, sink: ProgressSink) -> None:
        """Report new progress to the sink."""
        ...


class Reporter:
    """A thread that reports the progress of a search by a channel while the block runs.

    Best effort: whatever becomes of a report, the search neither waits for it nor fails by it.
    """

    def __init__(
        self,
        sink: ProgressSink,
        channel: Channel | None,
        sources: Sequence[Source] = (),
        *,
        look_seconds: float = LOOK_SECONDS,
    ) -> None:
        self._sink = sink
        self._channel = channel
        self._sources = sources
        self._look_seconds = look_seconds
        self._ended = Event()
        self._told = Progress()
        self._told_at = 0.0

    def __enter__(self) -> Reporter:
        """Start reporting; no thread is started without a channel and sources."""
        if self._channel is not None or self._sources:
            Thread(target=self._work, name="progress", daemon=True).start()
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        """Stop reporting; a report in progress is not waited for."""
        self._ended.set()

    def _work(self) -> None:
        try:
            while not self._ended.wait(self._look_seconds):
                self.step()
        except Exception as error:  # noqa: BLE001 - progress never fails a run
            log.info("progress is not told any more: %s: %s", type(error).__name__, error)

    def step(self) -> None:
        """Read the sources, and report changes if a report is due."""
        for source in self._sources:
            source.look(self._sink)
        elapsed = self._sink.elapsed
        if self._channel is None or elapsed - self._told_at < choose_pause(elapsed):
            return
        progress = self._sink.progress()
        if not progress.differs_from(self._told):
            return
        self._told_at = elapsed
        try:
            if self._channel.send(progress):
                self._told = progress
        except ChannelClosedError as reason:
            log.info("progress is not told any more: %s", reason)
            self._channel = None
