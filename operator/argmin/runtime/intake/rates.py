"""Rate limits: a token bucket for each caller.

Requests over the limit are refused at once; unlike calls to AWS they are not queued.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable

MOST_CALLERS = 4096
"""Maximum number of callers; the least recently active one is dropped first."""


class Rates:
    """`rate` tokens a second for each caller, with a capacity of `burst` tokens."""

    def __init__(
        self, rate: float, burst: float, clock: Callable[[], float] = time.monotonic
    ) -> None:
        """`clock` returns monotonic seconds."""
        self._rate = rate
        self._burst = burst
        self._clock = clock
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def take(self, caller: str) -> float:
        """Take a token; returns 0, or the seconds until one is available."""
        now = self._clock()
        tokens, filled = self._buckets.pop(caller, (self._burst, now))
        tokens = min(self._burst, tokens + (now - filled) * self._rate)
        wait = 0.0 if tokens >= 1 else (1 - tokens) / self._rate
        self._buckets[caller] = (tokens if wait else tokens - 1, now)
        if len(self._buckets) > MOST_CALLERS:
            self._buckets.popitem(last=False)
        return wait
