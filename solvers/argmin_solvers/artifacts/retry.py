"""Trying again while a store is away or troubled, for a while."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import TypeVar

from tenacity import (
    RetryCallState,
    Retrying,
    retry_if_exception,
    stop_any,
    stop_when_event_set,
    wait_random_exponential,
)
from tenacity.stop import stop_base

from argmin_solvers.artifacts.errors import (
    STORE_ERRORS,
    CorruptedError,
    explain,
    is_corrupted,
    is_passing,
)
from argmin_solvers.artifacts.locations import Action, ObjectLocation
from argmin_solvers.errors import RunError
from argmin_solvers.process.interruption import Interruption
from argmin_solvers.process.log_capture import log
from argmin_solvers.process.retry import StopInterrupted, pause

PATIENCE_SECONDS = 600.0
"""How long one file may fail, from its first failure on: a store may be away for some minutes."""

CORRUPTED_TRIES = 3
"""How often a file may arrive with another checksum than it has in the store."""

_LONGEST_WAIT_SECONDS = 15.0
_TELL_SECONDS = 5.0

Result = TypeVar("Result")


class Persistence:
    """Shared by all that moves at the same time; `over` ends every wait at once."""

    def __init__(
        self,
        interruption: Interruption,
        seconds: float = PATIENCE_SECONDS,
        longest_wait_seconds: float = _LONGEST_WAIT_SECONDS,
    ) -> None:
        self.over = threading.Event()
        self._interruption = interruption
        self._seconds = seconds
        self._longest_wait = longest_wait_seconds
        self._told = -_TELL_SECONDS

    def persist(
        self, call: Callable[[], Result], location: ObjectLocation, action: Action
    ) -> Result:
        """Call until it succeeds, or cannot, or has failed for too long.

        Raises:
            RunError: SourceNotFound or TransferFailed, in words for people.
        """
        retrying = Retrying(
            retry=retry_if_exception(is_passing),
            wait=wait_random_exponential(multiplier=0.5, max=self._longest_wait),
            stop=stop_any(
                _StopFailing(self._seconds),
                _StopCorrupted(),
                StopInterrupted(self._interruption),
                stop_when_event_set(self.over),
            ),
            sleep=lambda seconds: pause(seconds, self._interruption, self.over.is_set),
            before_sleep=lambda state: self._log_retry(state, location),
            reraise=True,
        )
        try:
            return retrying(call)
        except (*STORE_ERRORS, CorruptedError) as error:
            failure = explain(error, location, action)
            if not is_passing(error):
                raise failure from None
            when = f"tried {CORRUPTED_TRIES} times" if is_corrupted(error) else self._say_when()
            raise RunError(failure.reason, f"{failure.message} ({when})") from None

    def _say_when(self) -> str:
        if self._interruption.seconds is not None:
            return "tried until the run, which was told to stop, had to end"
        return f"tried for {self._seconds:.0f} s"

    def _log_retry(self, state: RetryCallState, location: ObjectLocation) -> None:
        now = time.monotonic()
        if now - self._told < _TELL_SECONDS:
            return  # many files fail together: one line speaks for all
        self._told = now
        error = state.outcome.exception() if state.outcome else None
        log.info("%s, try %d: %s", location, state.attempt_number, error)


class _StopCorrupted(stop_base):
    """Give up where the bytes stay wrong: they are so in the store."""

    def __call__(self, retry_state: RetryCallState) -> bool:
        error = retry_state.outcome.exception() if retry_state.outcome else None
        return is_corrupted(error) and retry_state.attempt_number >= CORRUPTED_TRIES


class _StopFailing(stop_base):
    """Give up when failures have gone on for too long, however long it went well before."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._since: float | None = None

    def __call__(self, retry_state: RetryCallState) -> bool:
        now = retry_state.outcome_timestamp or time.monotonic()
        if self._since is None:
            self._since = now
        return now - self._since + retry_state.upcoming_sleep > self._seconds
