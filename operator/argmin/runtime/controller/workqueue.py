"""The work queue: deduplicating, delayed, with backoff; a key never runs twice at once.

`Agenda` has the rules and no clock, so that they can be tested step by step; `WorkQueue` lets
workers wait for it.
"""

from __future__ import annotations

import asyncio
import contextlib
import heapq
import random
from collections.abc import Hashable
from dataclasses import dataclass, field
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)

_ROUNDING = 1e-6


@dataclass(frozen=True)
class Backoff:
    """Exponential backoff with jitter: seconds to wait after the n-th failure in a row."""

    base: float = 0.5
    cap: float = 300.0
    jitter: float = 0.2
    """Share of the delay that is random, so that retries do not synchronise."""

    def delay(self, failures: int, chance: float) -> float:
        """Seconds after `failures` failures (1 is the first); `chance` is in [0, 1)."""
        exponent = min(failures - 1, 32)
        longest = min(self.cap, self.base * 2.0**exponent)
        return float(longest * (1.0 - self.jitter * chance))


@dataclass
class TokenBucket:
    """Rate limit of all starts: `rate` a second, and `burst` at once."""

    rate: float = 200.0
    burst: float = 400.0
    _tokens: float = field(init=False)
    _filled_at: float | None = field(init=False, default=None)

    def __post_init__(self) -> None:
        self._tokens = self.burst

    def wait(self, now: float) -> float:
        """Seconds until a token is available; 0 if one is."""
        if self._filled_at is not None:
            self._tokens = min(self.burst, self._tokens + (now - self._filled_at) * self.rate)
        self._filled_at = now
        missing = 1.0 - self._tokens
        # A shortfall by rounding alone would be a wait below the clock's resolution.
        return missing / self.rate if missing > _ROUNDING else 0.0

    def take(self) -> None:
        """Take a token after `wait` has returned 0."""
        self._tokens -= 1.0


class Agenda(Generic[K]):
    """The keys and when each is due; times are seconds of any monotonic clock."""

    def __init__(self, bucket: TokenBucket) -> None:
        self._bucket = bucket
        self._due: dict[K, float] = {}
        self._order: list[tuple[float, int, K]] = []
        self._counter = 0
        self._running: dict[K, float] = {}
        self._dirty: dict[K, float] = {}

    def add(self, key: K, at: float) -> None:
        """Schedule `key` at `at`, or earlier if it was scheduled earlier.

        A key that is running is scheduled again once it has finished.
        """
        if key in self._running:
            self._dirty[key] = min(at, self._dirty.get(key, at))
        elif key not in self._due or at < self._due[key]:
            self._due[key] = at
            self._counter += 1
            heapq.heappush(self._order, (at, self._counter, key))

    def take(self, now: float) -> K | None:
        """Start the key that has been due longest; `None` if nothing may start yet."""
        if self.wait(now) != 0.0:
            return None
        self._bucket.take()
        _, _, key = heapq.heappop(self._order)
        del self._due[key]
        self._running[key] = now
        return key

    def finish(self, key: K, now: float) -> None:
        """Mark `key` as finished; if it was added meanwhile, it is due again."""
        del self._running[key]
        if key in self._dirty:
            self.add(key, max(now, self._dirty.pop(key)))

    def wait(self, now: float) -> float | None:
        """Seconds until `take` may return a key; `None` if nothing is scheduled."""
        self._skip_superseded()
        if not self._order:
            return None
        until_due = self._order[0][0] - now
        return until_due if until_due > 0.0 else self._bucket.wait(now)

    @property
    def depth(self) -> int:
        """Number of scheduled keys."""
        return len(self._due) + len(self._dirty)

    @property
    def running(self) -> dict[K, float]:
        """The running keys, and since when."""
        return dict(self._running)

    def _skip_superseded(self) -> None:
        while self._order and self._due.get(self._order[0][2]) != self._order[0][0]:
            heapq.heappop(self._order)


class WorkQueue(Generic[K]):
    """An `Agenda` on the event loop's clock that a dispatcher can wait for."""

    def __init__(self, backoff: Backoff | None = None, bucket: TokenBucket | None = None) -> None:
        self._backoff = backoff or Backoff()
        self._agenda: Agenda[K] = Agenda(bucket or TokenBucket())
        self._failures: dict[K, int] = {}
        self._changed = asyncio.Event()
        self._closed = False

    def add(self, key: K, delay: float = 0.0) -> None:
        """Schedule `key` in `delay` seconds, or earlier if it was scheduled earlier."""
        if not self._closed:
            self._agenda.add(key, _now() + delay)
            self._changed.set()

    def retry(self, key: K, at_least: float = 0.0) -> float:
        """Schedule a failed key after its backoff; returns the seconds."""
        self._failures[key] = self._failures.get(key, 0) + 1
        delay = max(at_least, self._backoff.delay(self._failures[key], random.random()))
        self.add(key, delay)
        return delay

    def forgive(self, key: K) -> None:
        """Reset the backoff of a key that succeeded."""
        self._failures.pop(key, None)

    def failures(self, key: K) -> int:
        """Number of consecutive failures of `key`."""
        return self._failures.get(key, 0)

    async def get(self) -> K | None:
        """Start the next key that is due, waiting for one; `None` once the queue is closed.

        The caller has to call `finish` for it.
        """
        while not self._closed:
            self._changed.clear()
            now = _now()
            key = self._agenda.take(now)
            if key is not None:
                return key
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self._agenda.wait(now)):
                    await self._changed.wait()
        return None

    def finish(self, key: K) -> None:
        """Mark `key` as finished, whether it succeeded or failed."""
        self._agenda.finish(key, _now())
        self._changed.set()

    def close(self) -> None:
        """Return no further keys; running ones may finish."""
        self._closed = True
        self._changed.set()

    @property
    def depth(self) -> int:
        """Number of scheduled keys."""
        return self._agenda.depth

    def running_longer_than(self, seconds: float) -> list[K]:
        """The keys that have been running for longer than `seconds`."""
        latest = _now() - seconds
        return [key for key, since in self._agenda.running.items() if since < latest]


def _now() -> float:
    return asyncio.get_running_loop().time()
