"""The engine of the leading process: watches, the healing LIST, and the workers."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import structlog
from tenacity import retry, retry_if_exception, stop_after_delay, wait_random_exponential

from argmin.plan import Key, Kind, Resource, Retry
from argmin.runtime.cache import Cache
from argmin.runtime.cluster import Cluster
from argmin.runtime.errors import ApiError, UnavailableError
from argmin.runtime.metrics import Metrics
from argmin.runtime.progress import ProgressBoard
from argmin.runtime.queue import WorkQueue
from argmin.runtime.reconciler import Reconciler
from argmin.runtime.resync import Resync
from argmin.runtime.scope import Scope
from argmin.runtime.tasks import run_together
from argmin.runtime.watches import Watches

_log = structlog.get_logger(__name__)

RECONCILE_TIMEOUT = 120.0
"""Seconds after which a reconcile is given up and tried again."""
_SYNC_SECONDS = 60.0
"""How long the first LIST may be tried while the API server is busy or away."""


class Engine:
    """Everything that works while this process leads."""

    def __init__(
        self,
        kinds: Iterable[Kind[Any, Any]],
        cluster: Cluster,
        metrics: Metrics,
        namespaces: Iterable[str] = (),
        workers: int = 16,
        resync_seconds: float = 600.0,
        board: ProgressBoard | None = None,
    ) -> None:
        """`board` is where runs tell of their progress; the engine looks at who has news there."""
        kinds = tuple(kinds)
        self._metrics = metrics
        self._slots = asyncio.Semaphore(workers)
        self.cache = Cache()
        self.queue: WorkQueue[Key] = WorkQueue()
        self._board = ProgressBoard() if board is None else board
        self._board.connect(self.queue.add)
        scope = Scope.of(kinds, namespaces)
        self.resync = Resync(cluster, self.cache, scope, self.queue.add, resync_seconds)
        self._watches = Watches(cluster, self.cache, scope, self.queue.add, self.resync.ask)
        self._reconcilers: Mapping[Resource, Reconciler] = {
            kind.resource: Reconciler(kind, cluster, self.cache) for kind in kinds
        }
        self._idle = asyncio.Event()
        self._idle.set()
        self.is_synced = False
        metrics.queue_depth.set_function(lambda: self.queue.depth)
        metrics.cached_objects.set_function(lambda: len(self.cache))

    async def run(self, on_started: Callable[[], None] | None = None) -> None:
        """Work until cancelled; a part that ends by itself ends the engine with its error."""
        await self._sync()
        await run_together(self._watches.run(on_started), self.resync.run_forever(), self._work())

    async def drain(self, seconds: float) -> None:
        """Start nothing more, and let what runs finish within `seconds`."""
        self.queue.close()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._idle.wait()

    @property
    def stuck(self) -> list[Key]:
        """Keys whose reconcile should have been given up long ago."""
        return self.queue.running_longer_than(2 * RECONCILE_TIMEOUT)

    @retry(
        retry=retry_if_exception(lambda error: isinstance(error, ApiError) and error.transient),
        stop=stop_after_delay(_SYNC_SECONDS),
        wait=wait_random_exponential(multiplier=0.5, max=10.0),
        reraise=True,
    )
    async def _sync(self) -> None:
        await self.resync.heal()
        self.is_synced = True
        _log.info("synced", objects=len(self.cache))

    async def _work(self) -> None:
        """Run what is due, as much at once as there are slots, until the queue is closed."""
        self._idle.clear()
        try:
            async with asyncio.TaskGroup() as running:
                while True:
                    await self._slots.acquire()
                    key = await self.queue.get()
                    if key is None:
                        return
                    running.create_task(self._run_one(key))
        finally:
            self._idle.set()

    async def _run_one(self, key: Key) -> None:
        try:
            with structlog.contextvars.bound_contextvars(object=str(key)):
                await self._reconcile(key)
        finally:
            self.queue.finish(key)
            self._slots.release()

    async def _reconcile(self, key: Key) -> None:
        started = time.monotonic()
        result = "success"
        try:
            async with asyncio.timeout(RECONCILE_TIMEOUT):
                again = await self._reconcilers[key.resource].reconcile(key)
            self.queue.forgive(key)
            if again is not None:
                self.queue.add(key, again.total_seconds())
        except Retry as retry:
            result = "retry"
            self.queue.add(key, retry.after.total_seconds())
        except Exception as error:  # noqa: BLE001 - one object's trouble must not stop the others
            result = "error"
            self._put_off(key, error)
        self._note_progress(key)
        kind = key.resource.kind
        self._metrics.reconciles.labels(kind, result).inc()
        self._metrics.reconcile_seconds.labels(kind).observe(time.monotonic() - started)

    def _note_progress(self, key: Key) -> None:
        """What the status tells of a search now is what the board and the gauges go by."""
        latest = self.cache.get(key)
        self._board.settle(key, latest)
        self._metrics.solves.note(key, latest)

    def _put_off(self, key: Key, error: Exception) -> None:
        asked = error.retry_after if isinstance(error, UnavailableError) else None
        delay = self.queue.retry(key, at_least=asked or 0.0)
        self._metrics.retries.labels(key.resource.kind).inc()
        expected = isinstance(error, ApiError | TimeoutError)
        _log.warning(
            "reconcile failed",
            error=str(error) or type(error).__name__,
            retry_in=round(delay, 1),
            # The traceback of a defect is worth a line once; after that it is noise.
            exc_info=error if not expected and self.queue.failures(key) == 1 else None,
        )
