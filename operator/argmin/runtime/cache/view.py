"""The read access of a kind: children from the cache, all else from the API server."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from argmin.plan import Key, Manifest, Resource, list_entries
from argmin.runtime.cache.store import Cache
from argmin.runtime.kube.client import Cluster

MOST_ENTRIES = 10_000
"""Maximum number of ConfigMaps whose entry names are cached."""


@dataclass(frozen=True)
class _Entries:
    uid: str
    version: str
    names: frozenset[str]


@dataclass(frozen=True)
class CachedView:
    """The `View` that a kind gets of a cluster."""

    cluster: Cluster
    cache: Cache
    _entries: OrderedDict[Key, _Entries] = field(default_factory=OrderedDict)

    def children(self, resource: Resource, owner_uid: str) -> Sequence[Manifest]:
        """The children of an owner, from the cache."""
        return self.cache.children(resource, owner_uid)

    def is_served(self, resource: Resource) -> bool:
        """Whether the API server serves an optional type, as of the last LIST."""
        return self.cache.is_served(resource)

    async def get(self, key: Key) -> Manifest | None:
        """One object, from the API server."""
        return await self.cluster.get(key)

    async def find(
        self, resource: Resource, namespace: str, labels: Mapping[str, str]
    ) -> Sequence[Manifest]:
        """The objects with these labels, from the API server."""
        selector = ",".join(f"{name}={value}" for name, value in labels.items())
        return await self.cluster.list_all(resource, namespace, selector)

    async def list_entries(self, key: Key) -> frozenset[str] | None:
        """Names of the entries of a ConfigMap; `None` if it does not exist.

        Its metadata is read each time, its up to 1 MiB of data once for each resource version.
        """
        found = await self.cluster.get_metadata(key)
        known = self._entries.get(key)
        if found is not None and known is not None and _is_same(known, found):
            return known.names
        whole = found and await self.cluster.get(key)
        if not whole:
            self._entries.pop(key, None)
            return None
        return self._remember(key, whole).names

    def _remember(self, key: Key, manifest: Manifest) -> _Entries:
        metadata = manifest["metadata"]
        entries = _Entries(metadata["uid"], metadata["resourceVersion"], list_entries(manifest))
        self._entries.pop(key, None)
        self._entries[key] = entries
        if len(self._entries) > MOST_ENTRIES:
            self._entries.popitem(last=False)
        return entries


def _is_same(known: _Entries, manifest: Manifest) -> bool:
    metadata = manifest["metadata"]
    return (known.uid, known.version) == (metadata["uid"], metadata["resourceVersion"])
