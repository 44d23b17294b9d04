"""Every call that came, for tests that count them."""

from __future__ import annotations

import threading
from collections import deque

from tests.aws.control import Call

KEPT = 200_000


class Recorder:
    """The newest calls, in the order in which they were answered."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._calls: deque[Call] = deque(maxlen=KEPT)
        self._count = 0

    def record(self, call: Call) -> None:
        """Keep a call under the next number."""
        with self._lock:
            self._count += 1
            self._calls.append(call.model_copy(update={"number": self._count}))

    def list(self) -> list[Call]:
        """All that are kept."""
        with self._lock:
            return [*self._calls]

    def clear(self) -> None:
        """Forget the calls; the numbers go on."""
        with self._lock:
            self._calls.clear()
