"""Whether the queue of events responds, so that events can be relied on."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import timedelta

import structlog

from argmin.backends.sagemaker.polling import Polling

FEWEST_FAILURES = 2

_log = structlog.get_logger(__name__)

OnChange = Callable[[bool], None]
"""Called with `False` when the queue stops responding, and with `True` when it responds again."""


class EventHealth:
    """The health of one queue by its responses; healthy at first."""

    def __init__(
        self,
        on_change: OnChange,
        patience: timedelta = Polling.shortest,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`patience` is the longest time without a response; `clock` returns monotonic seconds."""
        self._on_change = on_change
        self._patience = patience.total_seconds()
        self._clock = clock
        self._answered_at = clock()
        self._failures = 0
        self.is_silent = False
        """Whether the queue has not responded for `patience`, so that events may be missed."""

    def start(self) -> None:
        """Reset the health: receiving begins now."""
        self._answered_at, self._failures = self._clock(), 0

    def note(self, error: Exception | None) -> None:
        """Record a response of the queue, or an error."""
        if error is None:
            self._note_answer()
            return
        self._failures += 1
        silence = self._clock() - self._answered_at
        if self.is_silent or self._failures < FEWEST_FAILURES or silence < self._patience:
            return
        self.is_silent = True
        _log.warning("the queue of events is silent: jobs are asked for", error=str(error))
        self._on_change(False)

    def _note_answer(self) -> None:
        self.start()
        if self.is_silent:
            self.is_silent = False
            _log.info("the queue of events answers again")
            self._on_change(True)
