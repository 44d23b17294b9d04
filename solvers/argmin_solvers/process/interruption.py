"""SIGTERM: stop the search and keep what was found."""

from __future__ import annotations

import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event
from types import FrameType

from argmin.api.answer import Reason
from argmin_solvers.errors import RunError


class Interruption:
    """What a request to stop does: it sets `stop`, and breaks off what runs under `breaking`."""

    def __init__(self) -> None:
        self.stop = Event()
        self._breaking = False
        self._asked_at: float | None = None

    def listen(self) -> None:
        """Take SIGTERM and SIGINT; only the main thread can."""
        signal.signal(signal.SIGTERM, self._receive)
        signal.signal(signal.SIGINT, self._receive)

    @property
    def seconds(self) -> float | None:
        """Seconds since the first request to stop; `None` where there was none."""
        return None if self._asked_at is None else time.monotonic() - self._asked_at

    @contextmanager
    def breaking(self) -> Iterator[None]:
        """Run a block that holds no answer yet: a request to stop ends it at once.

        Raises:
            RunError: Interrupted.
        """
        try:
            self._breaking = True
            if self.stop.is_set():
                raise BreakOffError
            yield
        except BreakOffError:
            raise RunError(Reason.INTERRUPTED, "interrupted before the search began") from None
        finally:
            self._breaking = False

    def _receive(self, _number: int, _frame: FrameType | None) -> None:
        if self._asked_at is None:
            self._asked_at = time.monotonic()
        self.stop.set()
        if self._breaking:
            self._breaking = False
            raise BreakOffError


class BreakOffError(BaseException):
    """Raised in the middle of the user's code, which may catch every ordinary exception."""
