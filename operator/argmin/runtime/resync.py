"""The paged LIST that heals the cache: after a watch's 410 nobody tells us what was deleted."""

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

from argmin.plan import Key, Resource
from argmin.runtime.cache import Cache
from argmin.runtime.cluster import Cluster
from argmin.runtime.errors import ApiError, ExpiredError
from argmin.runtime.scope import Scope

_log = structlog.get_logger(__name__)

_JITTER = 0.2
_SOON = 5.0
"""Seconds after a watch began or began anew: what was deleted in between, nobody told us."""


class Resync:
    """Lists everything that is watched, at the start and every now and then."""

    def __init__(
        self,
        cluster: Cluster,
        cache: Cache,
        scope: Scope,
        wake: Callable[[Key], None],
        interval: float,
    ) -> None:
        self._cluster = cluster
        self._cache = cache
        self._scope = scope
        self._wake = wake
        self._interval = interval
        self._wanted = asyncio.Event()
        self._wanted.set()

    def ask(self) -> None:
        """Have everything listed soon: a watch had to begin anew and may have missed something."""
        self._wanted.set()

    async def run_forever(self) -> None:
        """Heal when asked to, and each `interval` seconds; a failed LIST waits for the next."""
        while True:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_vary(self._interval)):
                    await self._wanted.wait()
                    await asyncio.sleep(_vary(_SOON))  # one LIST for all watches that begin anew
            self._wanted.clear()
            try:
                await self.heal()
            except ApiError as error:
                _log.warning("resync failed, the watches go on", error=str(error))

    async def heal(self) -> None:
        """Make the cache what the API server has, and wake every owner.

        Raises:
            ApiError: the API server did not list; the message names the type.
        """
        for resource in self._scope.resources:
            for namespace in self._scope.namespaces:
                await self._heal_one(resource, namespace)
        for owner in self._scope.owners:
            for key in self._cache.keys(owner):
                self._wake(key)

    @retry(
        retry=retry_if_exception_type(ExpiredError),  # the pages came too slowly
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
                self._cache.put(resource, item)
        for gone in self._cache.evict_absent(resource, namespace, present, version):
            owner = self._scope.owner_of(resource, gone)
            if owner is not None:
                self._wake(owner)


def _vary(seconds: float) -> float:
    return seconds * (1.0 + _JITTER * random.random())
