"""A cluster in memory for the commands: objects by key, refusals, and changes for a watch."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Self

import pytest

from argmin.plan import Key, Manifest, Resource
from argmin.runtime.kube.client import Cluster, Page, WatchEvent
from argmin.runtime.kube.errors import ForbiddenError, NotFoundError


@dataclass
class MemoryCluster:
    """As much of `Cluster` as the commands use."""

    served: Iterable[Resource]
    """Types that the API server has."""
    forbidden: frozenset[str] = frozenset()
    """Plural names of the types that may not be read."""
    objects: dict[Key, Manifest] = field(default_factory=dict)
    changes: list[Manifest | None] = field(default_factory=list)
    """What a watch reports; `None` is a deletion."""
    connection: Any = field(default_factory=lambda: SimpleNamespace(namespace="team"))

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        """There is nothing to close."""

    def add(self, resource: Resource, name: str, namespace: str = "team", **fields: Any) -> Key:
        """Add an object of generation 1."""
        key = resource.key(namespace, name)
        place = {"namespace": namespace} if resource.namespaced else {}
        metadata = {"name": name, "uid": f"uid-{name}", "generation": 1, "resourceVersion": "1"}
        self.objects[key] = {
            "apiVersion": resource.api_version,
            "kind": resource.kind,
            "metadata": {**metadata, **place},
            **fields,
        }
        return key

    def _check(self, resource: Resource) -> None:
        if resource.plural in self.forbidden:
            raise ForbiddenError(f"cannot list {resource.kind}: no right to {resource.plural}", 403)

    async def get(self, key: Key) -> Manifest | None:
        self._check(key.resource)
        return self.objects.get(key)

    async def list_pages(
        self, resource: Resource, namespace: str | None = None, page_size: int = 500
    ) -> AsyncIterator[Page]:
        yield Page(await self.list_all(resource, namespace), "1")

    async def list_all(
        self, resource: Resource, namespace: str | None = None, *_: str, field_selector: str = ""
    ) -> list[Manifest]:
        self._check(resource)
        if resource.plural == "events":
            return []
        if resource not in self.served:
            raise NotFoundError(f"cannot list {resource.kind}: 404 page not found", 404)
        return [
            manifest
            for key, manifest in self.objects.items()
            if key.resource == resource and namespace in (None, key.namespace)
        ]

    async def apply(self, resource: Resource, manifest: Manifest, _manager: str) -> Manifest:
        if resource not in self.served:
            raise NotFoundError(f"cannot apply {resource.kind}: 404 page not found", 404)
        metadata = manifest["metadata"]
        self.objects[resource.key(metadata.get("namespace", ""), metadata["name"])] = manifest
        return manifest

    async def delete(self, key: Key, _uid: str = "") -> Manifest | None:
        return self.objects.pop(key, None)

    async def watch(
        self, resource: Resource, namespace: str, name: str, _since: str, _seconds: int
    ) -> AsyncGenerator[WatchEvent]:
        for change in self.changes:
            key = resource.key(namespace, name)
            if change is None:
                yield WatchEvent("DELETED", self.objects.pop(key))
                return
            self.objects[key] = {**self.objects[key], **change}
            yield WatchEvent("MODIFIED", self.objects[key])


def use_cluster(
    patch: pytest.MonkeyPatch, folder: Path, served: Iterable[Resource]
) -> MemoryCluster:
    """A cluster with these types, which every command connects to."""
    kubeconfig = folder / "kubeconfig"
    kubeconfig.touch()
    patch.setenv("KUBECONFIG", str(kubeconfig))
    memory = MemoryCluster(served)

    async def connect(*_: object) -> MemoryCluster:
        return memory

    patch.setattr(Cluster, "connect", connect)
    return memory
