"""The paged LIST that repairs the cache: deletions before a watch's 410 emit no watch event."""

from __future__ import annotations

import asyncio
import contextlib
import random
from collections.abc import Callable

import structlog
from tenacity import (
    retry,
    retry_if_exception_type,
    stop_after_attempt,
    wait_random_exponential,
)

from argmin.plan import Key, Manifest, Resource
from argmin.runtime.cache.scope import Scope
from argmin.runtime.cache.store import Cache
from argmin.runtime.kube.client import Cluster
from argmin.runtime.kube.errors import ApiError, ExpiredError, ForbiddenError, NotFoundError

_log = structlog.get_logger(__name__)

_JITTER = 0.2
_SOON = 5.0
"""Seconds from the (re)start of a watch to its LIST, which finds objects deleted in between."""


class Resync:
    """Lists everything that is watched, at the start and periodically."""

    def __init__(
        self,
        cluster: Cluster,
        cache: Cache,
        scope: Scope,
        wake: Callable[[Key], None],
        interval: float,
        serve: Callable[[Resource, bool], None],
    ) -> None:
        """`wake` gets the keys to reconcile, `serve` whether an optional type is installed."""
        self._serve = serve
        self._cluster = cluster
        self._cache = cache
        self._scope = scope
        self._wake = wake
        self._interval = interval
        self._wanted = asyncio.Event()
        self._wanted.set()

    def ask(self) -> None:
        """Schedule a LIST of everything: a watch was restarted and may have missed events."""
        self._wanted.set()

    async def run_forever(self) -> None:
        """Resync on request and each `interval` seconds; a failed LIST is repeated at the next."""
        while True:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_vary(self._interval)):
                    await self._wanted.wait()
                    await asyncio.sleep(_vary(_SOON))  # one LIST for all restarted watches
            self._wanted.clear()
            try:
                await self.heal()
            except ApiError as error:
                _log.warning("resync failed, the watches go on", error=str(error))

    async def heal(self) -> None:
        """Make the cache equal to the API server's state, and enqueue the owners concerned.

        Those are owners that have changed since they were reconciled, whose last reconcile failed,
        or of which a child has changed. Delayed keys of the queue stay as they are.

        Raises:
            ApiError: the LIST failed; the message names the type.
        """
        for resource in self._scope.resources:
            try:
                for namespace in self._scope.namespaces_of(resource):
                    await self._heal_one(resource, namespace)
            except (NotFoundError, ForbiddenError) as error:
                if not resource.optional:
                    raise
                self._note_unserved(resource, error)
            else:
                if resource.optional:
                    self._note_served(resource)
        for owner in self._scope.owners:
            for key in self._cache.list_unreconciled(owner):
                self._wake(key)

    def _note_unserved(self, resource: Resource, error: ApiError) -> None:
        """Do without an optional type: it is not installed, or argmin may not list it."""
        if isinstance(error, ForbiddenError):
            _log.warning("an optional type cannot be listed", type=resource.kind, error=str(error))
        if self._cache.is_served(resource):
            self._wake_parents(resource)
        self._cache.evict_all(resource)
        self._serve(resource, False)

    def _note_served(self, resource: Resource) -> None:
        if self._cache.admit(resource):
            self._wake_parents(resource)
        self._serve(resource, True)

    def _wake_parents(self, resource: Resource) -> None:
        """Enqueue every object that may have children of a type."""
        for parent in self._scope.parents.get(resource, ()):
            for key in self._cache.keys(parent):
                self._wake(key)

    @retry(
        retry=retry_if_exception_type(ExpiredError),  # the continuation expired too early
        stop=stop_after_attempt(3),
        wait=wait_random_exponential(multiplier=0.1, max=2.0),
        reraise=True,
    )
    async def _heal_one(self, resource: Resource, namespace: str | None) -> None:
        present: set[str] = set()
        version = 0
        selector = self._scope.selector(resource)
        async for page in self._cluster.list_pages(resource, namespace, selector):
            version = int(page.resource_version)
            for item in page.items:
                present.add(item["metadata"]["uid"])
                is_news = self._cache.put(resource, item)
                if is_news and resource in self._scope.children:
                    self._wake_owner(resource, item)
        for gone in self._cache.evict_absent(resource, namespace, present, version):
            self._wake_owner(resource, gone)

    def _wake_owner(self, resource: Resource, manifest: Manifest) -> None:
        controllers = self._cache.list_controllers(manifest)
        owner = self._scope.owner_of(resource, manifest, controllers)
        if owner is not None:
            self._wake(owner)


def _vary(seconds: float) -> float:
    return seconds * (1.0 + _JITTER * random.random())
