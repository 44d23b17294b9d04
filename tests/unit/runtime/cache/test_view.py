"""What a kind sees of ConfigMaps: the names of their entries, read once a version."""

from __future__ import annotations

from typing import cast

import pytest

from argmin.plan import CONFIG_MAPS, Key, Manifest
from argmin.runtime.cache import view
from argmin.runtime.cache.store import Cache
from argmin.runtime.cache.view import CachedView
from argmin.runtime.kube.client import Cluster

MODELS = Key(CONFIG_MAPS, "team", "models")


class Server:
    """An API server with ConfigMaps; `whole` lists those that were read with all they hold."""

    def __init__(self) -> None:
        self.objects: dict[Key, Manifest] = {}
        self.whole: list[Key] = []

    def put(self, key: Key, version: int, **data: str) -> None:
        metadata = {"name": key.name, "uid": f"of-{key.name}", "resourceVersion": str(version)}
        self.objects[key] = {"metadata": metadata, "data": data, "binaryData": {"b": "AA=="}}

    async def get_metadata(self, key: Key) -> Manifest | None:
        found = self.objects.get(key)
        return found and {"metadata": found["metadata"]}

    async def get(self, key: Key) -> Manifest | None:
        self.whole.append(key)
        return self.objects.get(key)


@pytest.fixture
def server() -> Server:
    return Server()


@pytest.fixture
def looking(server: Server) -> CachedView:
    return CachedView(cast(Cluster, server), Cache())


async def test_a_config_map_is_read_whole_once_a_version(
    server: Server, looking: CachedView
) -> None:
    server.put(MODELS, 1, a="x")
    for _ in range(3):
        assert await looking.list_entries(MODELS) == frozenset({"a", "b"})
    assert server.whole == [MODELS]
    server.put(MODELS, 2, c="x")
    assert await looking.list_entries(MODELS) == frozenset({"b", "c"})
    assert server.whole == [MODELS, MODELS]


async def test_a_config_map_that_is_missing_or_gone_has_no_entries_at_all(
    server: Server, looking: CachedView
) -> None:
    assert await looking.list_entries(MODELS) is None
    server.put(MODELS, 1, a="x")
    await looking.list_entries(MODELS)
    del server.objects[MODELS]
    assert await looking.list_entries(MODELS) is None


async def test_a_namesake_is_another_config_map(server: Server, looking: CachedView) -> None:
    server.put(MODELS, 1, a="x")
    await looking.list_entries(MODELS)
    server.put(MODELS, 1, c="x")
    server.objects[MODELS]["metadata"]["uid"] = "another"
    assert await looking.list_entries(MODELS) == frozenset({"b", "c"})


async def test_only_so_many_config_maps_are_remembered(
    server: Server, looking: CachedView, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(view, "MOST_ENTRIES", 1)
    other = Key(CONFIG_MAPS, "team", "other")
    server.put(MODELS, 1)
    server.put(other, 1)
    for key in (MODELS, other, MODELS):
        await looking.list_entries(key)
    assert server.whole == [MODELS, other, MODELS]
