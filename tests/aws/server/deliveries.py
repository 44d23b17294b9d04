"""What arrives later than it was sent, unless all is forgotten before."""

from __future__ import annotations

import threading
from collections.abc import Callable


class Deliveries:
    """Deliveries under way."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._under_way: set[threading.Timer] = set()

    def deliver(self, action: Callable[[], None], after_seconds: float) -> None:
        """Deliver now, or after a while."""
        if after_seconds <= 0:
            action()
            return

        def arrive() -> None:
            with self._lock:
                if timer in self._under_way:
                    self._under_way.remove(timer)
                    action()

        timer = threading.Timer(after_seconds, arrive)
        timer.daemon = True
        with self._lock:
            self._under_way.add(timer)
        timer.start()

    def cancel_all(self) -> None:
        """Nothing that was sent until now arrives any more."""
        with self._lock:
            for timer in self._under_way:
                timer.cancel()
            self._under_way.clear()
