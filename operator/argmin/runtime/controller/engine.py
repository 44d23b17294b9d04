"""The engine of the leading process: watches, resync, and the workers."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import structlog
from tenacity import retry, retry_if_exception, stop_after_delay, wait_random_exponential

from argmin.plan import Key, Kind, Resource, Retry
from argmin.runtime.cache.resync import Resync
from argmin.runtime.cache.scope import Scope
from argmin.runtime.cache.store import Cache
from argmin.runtime.cache.watches import Watches
from argmin.runtime.controller.reconciler import Reconciler
from argmin.runtime.controller.tasks import run_together
from argmin.runtime.controller.workqueue import WorkQueue
from argmin.runtime.intake.progress import ProgressStore
from argmin.runtime.kube.client import Cluster
from argmin.runtime.kube.errors import ApiError, UnavailableError
from argmin.runtime.telemetry.metrics import Metrics

_log = structlog.get_logger(__name__)

RECONCILE_TIMEOUT = 120.0
"""Seconds after which a reconcile is cancelled and retried."""
_SYNC_SECONDS = 60.0
"""Seconds for which the first LIST is retried while the API server is busy or unreachable."""


class Engine:
    """Everything that runs while this process leads."""

    def __init__(
        self,
        kinds: Iterable[Kind[Any, Any, Any]],
        cluster: Cluster,
        metrics: Metrics,
        namespaces: Iterable[str] = (),
        workers: int = 16,
        resync_seconds: float = 600.0,
        progress_store: ProgressStore | None = None,
    ) -> None:
        """`progress_store` has the progress that runs report; it adds their owners to the queue."""
        kinds = tuple(kinds)
        self._metrics = metrics
        self._slots = asyncio.Semaphore(workers)
        self.cache = Cache(bulky=[kind.resource for kind in kinds])
        self.queue: WorkQueue[Key] = WorkQueue()
        self._progress_store = ProgressStore() if progress_store is None else progress_store
        self._progress_store.connect(self.queue.add)
        self.scope = Scope.of(kinds, namespaces)
        self.resync = Resync(
            cluster, self.cache, self.scope, self.queue.add, resync_seconds, self._serve
        )
        self.watches = Watches(cluster, self.cache, self.scope, self.queue.add, self.resync.ask)
        self._reconcilers: Mapping[Resource, Reconciler] = {
            kind.resource: Reconciler(kind, cluster, self.cache) for kind in kinds
        }
        self._idle = asyncio.Event()
        self._idle.set()
        self.is_synced = False
        metrics.queue_depth.set_function(lambda: self.queue.depth)
        metrics.cached_objects.set_function(lambda: len(self.cache))

    def _serve(self, resource: Resource, is_there: bool) -> None:
        self.watches.serve(resource, is_there)

    def wake_namespace(self, namespace: str) -> None:
        """Enqueue every object of a namespace: what they all depend on has changed.

        Cluster-scoped objects too, since each may have children there.
        """
        for owner in self._reconcilers:
            for key in self.cache.keys(owner):
                if key.namespace in (namespace, ""):
                    self.queue.add(key)

    async def run(self, on_started: Callable[[], None] | None = None) -> None:
        """Run until cancelled; a part that ends by itself ends the engine with its error."""
        await self._sync()
        await run_together(self.watches.run(on_started), self.resync.run_forever(), self._work())

    async def drain(self, seconds: float) -> None:
        """Start no further reconcile, and let the running ones finish within `seconds`."""
        self.queue.close()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._idle.wait()

    @property
    def stuck(self) -> list[Key]:
        """Keys whose reconcile has exceeded its timeout."""
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
        """Reconcile the keys that are due, at most `slots` at once, until the queue is closed."""
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
        except Exception as error:  # noqa: BLE001 - one failure must not stop the others
            result = "error"
            self._put_off(key, error)
        self._note_progress(key)
        kind = key.resource.kind
        self._metrics.reconciles.labels(kind, result).inc()
        self._metrics.reconcile_seconds.labels(kind).observe(time.monotonic() - started)

    def _note_progress(self, key: Key) -> None:
        """Update the progress store and the gauges from the status after a reconcile.

        A failure is logged only: the object has been reconciled, and the worker has to go on.
        """
        try:
            latest = self.cache.get(key)
            self._progress_store.drop_ended(key, latest)
            self._metrics.objects.note(key, latest)
        except Exception as error:  # noqa: BLE001 - it would end every worker
            _log.warning("progress not noted", error=str(error), exc_info=error)

    def _put_off(self, key: Key, error: Exception) -> None:
        asked = error.retry_after if isinstance(error, UnavailableError) else None
        delay = self.queue.retry(key, at_least=asked or 0.0)
        self._metrics.retries.labels(key.resource.kind).inc()
        expected = isinstance(error, ApiError | TimeoutError)
        _log.warning(
            "reconcile failed",
            error=str(error) or type(error).__name__,
            retry_in=round(delay, 1),
            # The traceback is logged at the first failure only.
            exc_info=error if not expected and self.queue.failures(key) == 1 else None,
        )
