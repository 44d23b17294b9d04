"""Retries of calls without a response; they end soon after the run gets SIGTERM."""

from __future__ import annotations

import time
from collections.abc import Callable

from tenacity import RetryCallState
from tenacity.stop import stop_base

from argmin_solvers.process.interruption import Interruption

INTERRUPTED_SECONDS = 40.0
"""How long after SIGTERM a try may begin: the last one ends within the 60 s that a pod has."""

_NAP_SECONDS = 0.2


class StopInterrupted(stop_base):
    """No try begins so late after a request to stop that it would not end in time."""

    def __init__(self, interruption: Interruption) -> None:
        self._interruption = interruption

    def __call__(self, retry_state: RetryCallState) -> bool:
        """Whether to stop retrying."""
        seconds = self._interruption.seconds
        return seconds is not None and seconds + retry_state.upcoming_sleep >= INTERRUPTED_SECONDS


def pause(
    seconds: float, interruption: Interruption, is_over: Callable[[], bool] = lambda: False
) -> None:
    """Sleep, no longer than until somebody asks to stop or `is_over` holds."""
    # In naps: a signal handler does not end a sleep, and an event that a handler sets may not be
    # waited for by the thread that the handler runs in.
    asked_before = interruption.seconds is not None
    end = time.monotonic() + seconds
    while (left := end - time.monotonic()) > 0 and not is_over():
        if interruption.seconds is not None and not asked_before:
            return
        time.sleep(min(left, _NAP_SECONDS))
