"""Whether events can be relied on: whether their queue has answered of late."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import timedelta

import structlog

from argmin.backends.sagemaker_pace import Pace

FEWEST_FAILURES = 2

_log = structlog.get_logger(__name__)

Turn = Callable[[bool], None]
"""Told when a queue falls silent (`False`), and when it answers again (`True`)."""


class Hearing:
    """Judges one queue by how it answers; a queue is taken to answer until it does not."""

    def __init__(
        self,
        turn: Turn,
        patience: timedelta = Pace.shortest,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """For `patience` a queue may be away; `clock` gives seconds, and only goes forward."""
        self._turn = turn
        self._patience = patience.total_seconds()
        self._clock = clock
        self._heard_at = clock()
        self._failures = 0
        self.is_silent = False
        """Whether nothing was heard for so long that events may be missed."""

    def start(self) -> None:
        """Listening begins now: nobody has asked the queue before."""
        self._heard_at, self._failures = self._clock(), 0

    def note(self, error: Exception | None) -> None:
        """The queue was asked, and has answered; or there is an error."""
        if error is None:
            self._note_answer()
            return
        self._failures += 1
        silence = self._clock() - self._heard_at
        if self.is_silent or self._failures < FEWEST_FAILURES or silence < self._patience:
            return
        self.is_silent = True
        _log.warning("the queue of events is silent: jobs are asked for", error=str(error))
        self._turn(False)

    def _note_answer(self) -> None:
        self.start()
        if self.is_silent:
            self.is_silent = False
            _log.info("the queue of events answers again")
            self._turn(True)
