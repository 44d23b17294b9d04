"""Reading request bodies with limits, so that no run and no namespace can starve the others.

A pod may send one body at a time. The bytes that are being received or processed are limited in
total and for each namespace, by the `Content-Length` of each request. A body that arrives slower
than a minimum rate is refused.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager

from aiohttp import web

from argmin.runtime.intake.authentication import Sender
from argmin.runtime.kube.errors import RefusalError

SLOWEST_BYTES_PER_SECOND = 64 * 1024
GRACE_SECONDS = 5.0
"""Seconds allowed for a body in addition to its time at the minimum rate."""
PATIENCE_SECONDS = 20.0
"""How long a body waits for free capacity; the runner's own timeout is 30 s."""
_SHARE = 0.5
"""Share of the bytes that the others leave which one namespace may use.

So there is always something left for one more namespace.
"""
_RETRY_SECONDS = 2.0


class Bodies:
    """Reads bodies of one kind."""

    def __init__(self, limit: int, total: int) -> None:
        """`limit` bytes is the largest body; `total` bytes the most that are held at once."""
        self._limit = limit
        self._total = total
        self._sending: set[str] = set()
        self._held: Counter[str] = Counter()
        self._freed = asyncio.Condition()

    @asynccontextmanager
    async def read(self, request: web.Request, sender: Sender) -> AsyncIterator[bytes]:
        """The body of a request, which counts against the limits until the block ends.

        Raises:
            RefusalError: its length is not declared or too large (411, 413), the sender has
                another in progress (429), no capacity is free (503), it arrives too slowly (408).
        """
        size = self._read_size(request)
        with self._take_slot(sender):
            async with self._hold(sender.namespace, size):
                yield await _read_in_time(request, self._limit, allow_seconds(size))

    def _read_size(self, request: web.Request) -> int:
        size = request.content_length
        if size is None:
            raise RefusalError(411, "send the body's length as Content-Length")
        if size > self._limit:
            raise RefusalError(413, f"the body is over {self._limit} bytes")
        return size

    @contextmanager
    def _take_slot(self, sender: Sender) -> Iterator[None]:
        if sender.uid in self._sending:
            message = f"pod {sender.pod} sends another body already: one at a time"
            raise RefusalError(429, message, _RETRY_SECONDS)
        self._sending.add(sender.uid)
        try:
            yield
        finally:
            self._sending.discard(sender.uid)

    @asynccontextmanager
    async def _hold(self, namespace: str, size: int) -> AsyncIterator[None]:
        try:
            async with asyncio.timeout(PATIENCE_SECONDS), self._freed:
                await self._freed.wait_for(lambda: self._has_room(namespace, size))
                self._held[namespace] += size
        except TimeoutError:
            raise RefusalError(503, "too much is on its way", _RETRY_SECONDS) from None
        try:
            yield
        finally:
            self._held[namespace] -= size
            self._held += Counter()  # drops entries of zero
            async with self._freed:
                self._freed.notify_all()

    def _has_room(self, namespace: str, size: int) -> bool:
        """Whether a body fits the limits; the first body of a namespace always does."""
        own, held = self._held[namespace], self._held.total()
        fits_share = not own or own + size <= (self._total - (held - own)) * _SHARE
        return fits_share and held + size <= self._total


def allow_seconds(size: int) -> float:
    """Seconds that a body of `size` bytes may take."""
    return GRACE_SECONDS + size / SLOWEST_BYTES_PER_SECOND


async def _read_in_time(request: web.Request, limit: int, seconds: float) -> bytes:
    try:
        async with asyncio.timeout(seconds):
            return await request.clone(client_max_size=limit).read()
    except TimeoutError:
        raise RefusalError(408, f"the body did not come within {seconds:.0f} s") from None
    except web.HTTPRequestEntityTooLarge:
        raise RefusalError(413, f"the body is over {limit} bytes") from None
