"""What a kind sees of ConfigMaps, on a real API server."""

from __future__ import annotations

import pytest

from argmin.plan import CONFIG_MAPS, Key
from argmin.runtime.cache.store import Cache
from argmin.runtime.cache.view import CachedView
from argmin.runtime.kube.client import Cluster
from tests.kubectl import Kubectl

pytestmark = pytest.mark.kube


async def test_metadata_comes_without_what_the_object_holds(
    user: Kubectl, cluster: Cluster
) -> None:
    user.run("create", "configmap", "models", "--from-literal=a=x")
    found = await cluster.get_metadata(Key(CONFIG_MAPS, user.namespace, "models"))
    assert found is not None
    assert "data" not in found
    whole = user.get("configmap", "models")["metadata"]
    named = ("name", "uid", "resourceVersion")
    assert {n: found["metadata"][n] for n in named} == {n: whole[n] for n in named}
    assert await cluster.get_metadata(Key(CONFIG_MAPS, user.namespace, "none")) is None


async def test_entries_are_those_of_the_newest_version(user: Kubectl, cluster: Cluster) -> None:
    view = CachedView(cluster, Cache())
    key = Key(CONFIG_MAPS, user.namespace, "models")
    assert await view.list_entries(key) is None
    user.run("create", "configmap", "models", "--from-literal=a=x")
    assert await view.list_entries(key) == frozenset({"a"})
    user.run("patch", "configmap", "models", '--patch={"data": {"b": "y"}}')
    assert await view.list_entries(key) == frozenset({"a", "b"})
