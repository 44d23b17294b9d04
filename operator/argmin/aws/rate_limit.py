"""Rate limits of calls to AWS: a token bucket for each account, region and operation.

AWS allows few calls a second, and throttles a whole account when one caller makes too many. So
calls wait here in order of arrival; one that would wait too long fails with the time to retry, and
its position is reserved.
"""

from __future__ import annotations

import asyncio
import heapq
import itertools
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field

Clock = Callable[[], float]
"""Monotonic seconds."""

GRACE_SECONDS = 10.0
"""Seconds for which a reserved position is kept after its time."""
MOST_BUCKETS = 4096
"""Maximum number of buckets; the least recently used, which is full again, is dropped."""
_SLOWEST = 0.1
"""Minimum share of the rate, however often AWS throttles."""
_SLOWDOWN = 0.7
_RECOVERY = 0.02


class CrowdedError(Exception):
    """The wait would be too long; `after` is the number of seconds until the caller's turn."""

    def __init__(self, after: float) -> None:
        super().__init__(f"too many calls wait: come again in {after:.1f} s")
        self.after = after


@dataclass(order=True)
class _Waiter:
    ticket: int
    turn: asyncio.Future[None] = field(compare=False)


@dataclass(frozen=True)
class _Promise:
    ticket: int
    due: float


class Bucket:
    """Tokens for one operation: `rate` a second, with a capacity of `burst`."""

    def __init__(self, rate: float, burst: float, clock: Clock) -> None:
        self._rate = rate
        self._burst = burst
        self._clock = clock
        self._pace = 1.0  # share of the rate that AWS allows
        self._tokens = burst
        self._filled = clock()
        self._tickets = itertools.count()
        self._waiting: list[_Waiter] = []
        self._promised: dict[str, _Promise] = {}
        self._timer: asyncio.TimerHandle | None = None

    async def take(self, caller: str, patience: float) -> int:
        """Wait for a token, at most about `patience` seconds.

        Args:
            caller: whose call it is; a retry takes the position that was reserved for it.
                Empty: nothing is reserved.
            patience: seconds; a call that would wait longer fails at once.

        Returns:
            The position in the queue, by which `slow_down` reserves it.

        Raises:
            CrowdedError: with the time to retry.
        """
        self._fill()
        ticket = self._queue_up(caller, patience)
        if not self._waiting and self._tokens >= 1:
            self._tokens -= 1
            return ticket
        waiter = _Waiter(ticket, asyncio.get_running_loop().create_future())
        heapq.heappush(self._waiting, waiter)
        self._serve()
        try:
            await waiter.turn
        except asyncio.CancelledError:
            self._leave(waiter)
            raise
        return ticket

    def slow_down(self, caller: str = "", ticket: int = 0) -> None:
        """Lower the rate after AWS has throttled a call.

        Its caller keeps its position, before all later ones.
        """
        self._fill()
        self._pace = max(_SLOWEST, self._pace * _SLOWDOWN)
        self._tokens = min(self._tokens, 0.0)
        if caller:
            self._promised[caller] = _Promise(ticket, self._clock())

    def speed_up(self) -> None:
        """Raise the rate gradually after AWS has accepted a call."""
        self._fill()
        self._pace = min(1.0, self._pace + _RECOVERY)

    def _queue_up(self, caller: str, patience: float) -> int:
        kept = self._promised.get(caller)
        ticket = kept.ticket if kept else next(self._tickets)
        wait = self._predict(ticket)
        if wait <= patience:
            self._promised.pop(caller, None)
            return ticket
        if caller:
            self._promised[caller] = _Promise(ticket, self._clock() + wait)
        raise CrowdedError(wait)

    def _predict(self, ticket: int) -> float:
        """Seconds until the turn of a ticket, if all before it are used in time."""
        waiting = sum(w.ticket < ticket for w in self._waiting)
        promised = sum(p.ticket < ticket for p in self._promised.values())
        missing = waiting + promised + 1 - self._tokens
        return max(0.0, missing / (self._rate * self._pace))

    def _fill(self) -> None:
        now = self._clock()
        gained = (now - self._filled) * self._rate * self._pace
        self._tokens = min(self._burst, self._tokens + gained)
        self._filled = now
        # A position that is not used in time is lost, so that the callers behind it do not wait.
        late = [caller for caller, p in self._promised.items() if p.due + GRACE_SECONDS < now]
        for caller in late:
            del self._promised[caller]

    def _serve(self) -> None:
        """Give available tokens to waiting callers, and schedule the next call of this method."""
        self._fill()
        while self._waiting and self._tokens >= 1:
            waiter = heapq.heappop(self._waiting)
            if not waiter.turn.done():
                self._tokens -= 1
                waiter.turn.set_result(None)
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._waiting:
            missing = 1 - self._tokens
            delay = missing / (self._rate * self._pace)
            self._timer = asyncio.get_running_loop().call_later(delay + 0.001, self._serve)

    def _leave(self, waiter: _Waiter) -> None:
        if waiter.turn.done() and not waiter.turn.cancelled():
            self._tokens += 1  # its caller was cancelled when it was its turn
        elif waiter in self._waiting:
            self._waiting.remove(waiter)
            heapq.heapify(self._waiting)
        self._serve()


@dataclass(frozen=True)
class Rates:
    """argmin's own limits in calls a second, for each account, region and operation."""

    reads: float = 2.0
    """Of SageMaker's Describe and List."""
    writes: float = 2.0
    """Of SageMaker's Create, Stop and the like."""
    logs: float = 5.0
    objects: float = 20.0
    """Of S3's. Amazon takes thousands; other stores, and busy ones, far fewer."""

    def find(self, service: str, operation: str) -> float | None:
        """The rate of one operation; `None` if AWS allows more than argmin ever calls."""
        others = {"logs": self.logs, "s3": self.objects}
        if service != "sagemaker":
            return others.get(service)
        return self.reads if operation.startswith(("describe_", "list_")) else self.writes


class Budget:
    """All buckets of a process; for one event loop."""

    def __init__(self, rates: Rates, clock: Clock) -> None:
        self._rates = rates
        self._clock = clock
        self._buckets: OrderedDict[tuple[str, str, str, str], Bucket] = OrderedDict()

    def find(self, account: str, region: str, service: str, operation: str) -> Bucket | None:
        """The bucket that a call takes its token from, if it needs one."""
        rate = self._rates.find(service, operation)
        if rate is None:
            return None
        key = (account, region, service, operation)
        if key not in self._buckets:
            # Half of AWS's own burst, so that a delayed call is not throttled.
            self._buckets[key] = Bucket(rate, max(1.0, rate / 2), self._clock)
        self._buckets.move_to_end(key)
        if len(self._buckets) > MOST_BUCKETS:
            self._buckets.popitem(last=False)
        return self._buckets[key]
