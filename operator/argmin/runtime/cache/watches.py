"""The watches: events of the API server update the cache and add keys to the queue.

kopf opens, bookmarks, reconnects and relists; nothing else of it is used. It writes nothing:
no annotation, no finalizer, no event.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Collection, Iterable
from typing import Any

import kopf
import structlog

from argmin.plan import Key, Manifest, Resource
from argmin.runtime.cache.scope import Scope
from argmin.runtime.cache.store import Cache
from argmin.runtime.kube.client import Cluster

_log = structlog.get_logger(__name__)

Wake = Callable[[Key, float], None]

SETTLE_SECONDS = 0.1
"""Seconds by which a change of a child is delayed, to combine the several of a finishing pod."""

_SERVER_TIMEOUT = 290
_CLIENT_TIMEOUT = 300
_CONNECT_TIMEOUT = 10
_STOP_TIMEOUT = 5.0
_PAGE_SIZE = 500


class WatchError(Exception):
    """The watches ended without being cancelled."""


class Watches:
    """All watches of a scope."""

    def __init__(
        self,
        cluster: Cluster,
        cache: Cache,
        scope: Scope,
        wake: Wake,
        relisted: Callable[[], None],
    ) -> None:
        """`wake` gets the keys of changed objects; `relisted` is called when a watch (re)starts."""
        self._cluster = cluster
        self._cache = cache
        self._scope = scope
        self._wake = wake
        self._relisted = relisted
        self._there: set[Resource] = set()
        self._optional: dict[Resource, Collection[asyncio.Task[None]]] = {}
        self._changed = asyncio.Event()

    def serve(self, resource: Resource, is_there: bool) -> None:
        """Start or stop watching an optional type, by whether it is installed; idempotent."""
        if is_there != (resource in self._there):
            self._there ^= {resource}
            self._changed.set()

    async def run(self, on_started: Callable[[], None] | None = None) -> None:
        """Watch until cancelled: required types from the start, optional ones once installed.

        `on_started` is called whenever kopf has started: kopf replaces the process's signal
        handlers, and the caller can restore its own there.

        Raises:
            WatchError: kopf ended.
        """
        required = [resource for resource in self._scope.resources if not resource.optional]
        tasks = await self._start(required, on_started)
        try:
            while True:
                self._changed.clear()
                await self._serve_optional(on_started)
                await self._await_change(tasks)
                _raise_where_ended(tasks)
        finally:
            await _stop(task for group in (tasks, *self._optional.values()) for task in group)

    async def _serve_optional(self, on_started: Callable[[], None] | None) -> None:
        """Stop the watches of types that are not installed, and start the missing ones."""
        for resource, tasks in list(self._optional.items()):
            has_ended = any(task.done() for task in tasks)
            if has_ended or resource not in self._there:
                self._there.discard(resource)
                await _stop(self._optional.pop(resource))
                _log.info("an optional type is not watched any more", type=resource.kind)
                self._relisted()  # which finds whether it is still installed
        for resource in self._there - self._optional.keys():
            _log.info("watching an optional type", type=resource.kind)
            self._optional[resource] = await self._start([resource], on_started)

    async def _await_change(self, required: Collection[asyncio.Task[None]]) -> None:
        changed = asyncio.create_task(self._changed.wait())
        optional = [task for tasks in self._optional.values() for task in tasks]
        try:
            await asyncio.wait({changed, *required, *optional}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            changed.cancel()

    async def _start(
        self, resources: Collection[Resource], on_started: Callable[[], None] | None
    ) -> Collection[asyncio.Task[None]]:
        namespaces = [name for name in self._scope.namespaces if name]
        tasks = await kopf.spawn_tasks(
            registry=self._build_registry(resources),
            settings=_build_settings(self._scope),
            standalone=True,
            clusterwide=not namespaces,
            namespaces=namespaces,
        )
        if on_started:
            on_started()
        return tasks

    def handle_event(self, resource: Resource, change: str | None, manifest: Manifest) -> None:
        """Handle one event: update the cache, and enqueue the owner if the cache changed.

        `change` is `ADDED`, `MODIFIED`, `DELETED`, or `None` for an object found by a LIST.
        """
        controllers = self._cache.list_controllers(manifest)
        owner = self._scope.owner_of(resource, manifest, controllers)
        if change == "DELETED":
            # Always a change: our own delete may have removed it from the cache before.
            self._cache.remove(resource, manifest)
        if owner is None:
            return
        if change is None:
            self._relisted()
        if change != "DELETED" and not self._cache.put(resource, manifest):
            return
        self._wake(owner, 0.0 if resource in self._scope.owners else SETTLE_SECONDS)

    def _build_registry(self, resources: Iterable[Resource]) -> kopf.OperatorRegistry:
        registry = kopf.OperatorRegistry()
        kopf.on.login(registry=registry)(self._login)
        for resource in resources:
            kopf.on.event(
                resource.group,
                resource.version,
                resource.plural,
                registry=registry,
                id=f"watch-{resource.plural}",
            )(self._handler(resource))
        return registry

    def _handler(self, resource: Resource) -> Callable[..., Any]:
        async def handle(event: Any, **_: Any) -> None:
            self.handle_event(resource, event["type"], event["object"])

        return handle

    async def _login(self, **_: Any) -> kopf.ConnectionInfo:
        credentials = await self._cluster.connection.credentials()
        return kopf.ConnectionInfo(
            server=credentials.server,
            ca_path=credentials.ca_path,
            insecure=credentials.insecure,
            certificate_path=credentials.certificate_path,
            private_key_path=credentials.key_path,
            token=credentials.token,
        )


def _raise_where_ended(tasks: Iterable[asyncio.Task[None]]) -> None:
    done = [task for task in tasks if task.done()]
    if done:
        errors = (e for task in done if not task.cancelled() and (e := task.exception()))
        error = next(errors, None)
        raise WatchError(f"the watches ended by themselves: {error or 'for no reason'}") from error


async def _stop(tasks: Iterable[asyncio.Task[None]]) -> None:
    tasks = list(tasks)
    for task in tasks:
        task.cancel()
    if tasks:
        await asyncio.wait(tasks, timeout=_STOP_TIMEOUT)


class _NoDiffs(kopf.DiffBaseStorage):
    """Avoids kopf's deep copy of every object, which only its change handlers need."""

    def build(self, **_: Any) -> Any:
        return {}

    def fetch(self, **_: Any) -> Any:
        return None

    def store(self, **_: Any) -> None:
        return None


def _build_settings(scope: Scope) -> kopf.OperatorSettings:
    logging.getLogger("kopf").setLevel(logging.WARNING)
    settings = kopf.OperatorSettings()
    settings.process.ultimate_exiting_timeout = None  # the process handles its own signals
    settings.posting.enabled = False
    settings.scanning.disabled = True  # needs no right to read namespaces and CRDs
    settings.watching.server_timeout = _SERVER_TIMEOUT
    settings.watching.client_timeout = _CLIENT_TIMEOUT
    settings.watching.connect_timeout = _CONNECT_TIMEOUT
    settings.watching.chunk_size = _PAGE_SIZE
    settings.queueing.worker_limit = None
    settings.queueing.idle_timeout = 1.0
    settings.persistence.diffbase_storage = _NoDiffs()
    for resource in scope.children:
        selector = (resource.group, resource.version, resource.plural)
        settings.watching.label_selectors[selector] = scope.selector(resource)
    return settings
