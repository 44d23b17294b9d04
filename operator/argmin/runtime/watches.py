"""The watches: events of the API server become news in the cache and keys in the queue.

kopf opens, bookmarks, reconnects and relists; nothing else of it is used. It writes nothing:
no annotation, no finalizer, no event.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import Any

import kopf

from argmin.plan import Key, Manifest, Resource
from argmin.runtime.cache import Cache
from argmin.runtime.cluster import Cluster
from argmin.runtime.scope import Scope

Wake = Callable[[Key, float], None]

SETTLE_SECONDS = 0.1
"""A child's news wait this long for more of the same: a finishing pod has several."""

_SERVER_TIMEOUT = 290
_CLIENT_TIMEOUT = 300
_CONNECT_TIMEOUT = 10
_STOP_TIMEOUT = 5.0
_PAGE_SIZE = 500


class WatchError(Exception):
    """The watches ended by themselves, which they never should."""


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
        """`wake` is told of keys with news; `relisted`, that a watch has begun, maybe anew."""
        self._cluster = cluster
        self._cache = cache
        self._scope = scope
        self._wake = wake
        self._relisted = relisted

    async def run(self, on_started: Callable[[], None] | None = None) -> None:
        """Watch until cancelled.

        `on_started` runs once kopf has begun; kopf takes over the process's signal handlers then,
        so this is the moment to take them back.

        Raises:
            WatchError: kopf gave up.
        """
        namespaces = [name for name in self._scope.namespaces if name]
        tasks = await kopf.spawn_tasks(
            registry=self._build_registry(),
            settings=_build_settings(self._scope),
            standalone=True,
            clusterwide=not namespaces,
            namespaces=namespaces,
        )
        if on_started:
            on_started()
        try:
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            error = next(
                (e for task in done if not task.cancelled() and (e := task.exception())), None
            )
            raise WatchError(
                f"the watches ended by themselves: {error or 'for no reason'}"
            ) from error
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.wait(tasks, timeout=_STOP_TIMEOUT)

    def take_in(self, resource: Resource, change: str | None, manifest: Manifest) -> None:
        """One event: into the cache, and to the queue where it was news.

        `change` is `ADDED`, `MODIFIED`, `DELETED`, or `None` for an object found by a LIST.
        """
        owner = self._scope.owner_of(resource, manifest)
        if owner is None:
            return
        if change is None:
            self._relisted()
        if change == "DELETED":
            # Always news: our own delete may have taken it out of the cache before.
            self._cache.remove(resource, manifest)
        elif not self._cache.put(resource, manifest):
            return
        self._wake(owner, 0.0 if resource in self._scope.owners else SETTLE_SECONDS)

    def _build_registry(self) -> kopf.OperatorRegistry:
        registry = kopf.OperatorRegistry()
        kopf.on.login(registry=registry)(self._login)
        for resource in self._scope.resources:
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
            self.take_in(resource, event["type"], event["object"])

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


class _NoDiffs(kopf.DiffBaseStorage):
    """Spares the deep copy that kopf makes of every object for handlers that we do not have."""

    def build(self, **_: Any) -> Any:
        return {}

    def fetch(self, **_: Any) -> Any:
        return None

    def store(self, **_: Any) -> None:
        return None


def _build_settings(scope: Scope) -> kopf.OperatorSettings:
    logging.getLogger("kopf").setLevel(logging.WARNING)
    settings = kopf.OperatorSettings()
    settings.process.ultimate_exiting_timeout = None  # how this process ends is our business
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
