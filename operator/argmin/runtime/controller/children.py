"""Applying the children of an object, each only if it is not as it was applied."""

from __future__ import annotations

from collections.abc import Collection

from argmin.api.base import MANAGER
from argmin.plan import Key, Manifest, Resource
from argmin.runtime.cache.ownership import find_digest, is_as_applied, list_own_fields, stamp
from argmin.runtime.cache.store import Cache, trim
from argmin.runtime.kube.client import Cluster

_SETTLED_LIMIT = 10_000


class Children:
    """The writes to the children of one kind; responses are stored in the cache."""

    def __init__(self, cluster: Cluster, cache: Cache, watched: Collection[Resource]) -> None:
        """The cache has the objects of the `watched` types."""
        self._cluster = cluster
        self._cache = cache
        self._watched = watched
        self._settled: dict[str, object] = {}

    async def apply(self, resource: Resource, manifest: Manifest) -> bool:
        """Server-side apply under argmin's own manager, with a digest; returns whether it wrote."""
        manifest = stamp(manifest)
        metadata = manifest["metadata"]
        found = self._cache.get(Key(resource, metadata.get("namespace", ""), metadata["name"]))
        if found is not None and self._is_settled(manifest, found):
            return False
        written = await self._cluster.apply(resource, manifest, MANAGER)
        self.remember(resource, written)
        self._settle(manifest, trim(resource, written))
        return True

    def remember(self, resource: Resource, manifest: Manifest) -> None:
        """Store the response to our own write: a lagging watch must not cause a second write."""
        if resource in self._watched:
            self._cache.put(resource, manifest)

    def _is_settled(self, manifest: Manifest, found: Manifest) -> bool:
        return find_digest(found) == find_digest(manifest) and (
            is_as_applied(manifest, found)
            or self._settled.get(found["metadata"]["uid"]) == list_own_fields(found)
        )

    def _settle(self, manifest: Manifest, written: Manifest) -> None:
        """Record what the API server makes of a manifest where it does not keep every field.

        Such a child would be applied at each reconcile.
        """
        uid = written["metadata"]["uid"]
        self._settled.pop(uid, None)
        if not is_as_applied(manifest, written):
            if len(self._settled) >= _SETTLED_LIMIT:
                self._settled.clear()
            self._settled[uid] = list_own_fields(written)
