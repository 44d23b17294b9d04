"""The healing LIST and the API server's 410: what no watch tells."""

from __future__ import annotations

import json

import pytest

from argmin.plan import CONFIG_MAPS, Key
from argmin.runtime.cache.resync import Resync
from argmin.runtime.cache.scope import Scope
from argmin.runtime.cache.store import Cache
from argmin.runtime.kube.client import Cluster
from argmin.runtime.kube.errors import ExpiredError
from tests.kube.greetings import GREETINGS, GreetingKind, build_copy, greeting
from tests.kube.harness import eventually, is_idle, running
from tests.kubectl import Kubectl

pytestmark = pytest.mark.kube


def name_keys(user: Kubectl, *names: str) -> list[Key]:
    return [Key(GREETINGS, user.namespace, name) for name in names]


def make_resync(cluster: Cluster, cache: Cache, woken: list[Key], namespace: str) -> Resync:
    scope = Scope.of((GreetingKind(),), (namespace,))
    return Resync(cluster, cache, scope, woken.append, 600.0, lambda _resource, _is_there: None)


async def test_an_object_that_went_unseen_is_evicted_by_the_next_list(
    user: Kubectl, cluster: Cluster
) -> None:
    cache, woken = Cache(), list[Key]()
    resync = make_resync(cluster, cache, woken, user.namespace)
    user.apply(greeting("stays"), greeting("goes"))
    await resync.heal()
    assert sorted(woken, key=str) == name_keys(user, "goes", "stays")
    user.delete("greeting", "goes")
    woken.clear()
    await resync.heal()
    assert [key.name for key in cache.keys(GREETINGS)] == ["stays"]
    assert set(woken) == set(name_keys(user, "goes", "stays"))


async def test_a_child_that_went_unseen_wakes_its_owner(user: Kubectl, cluster: Cluster) -> None:
    cache, woken = Cache(), list[Key]()
    resync = make_resync(cluster, cache, woken, user.namespace)
    obj = GreetingKind().parse({**greeting("hi"), "metadata": {"name": "hi", "uid": "of-nobody"}})
    child = build_copy(obj, 0)
    child["metadata"]["namespace"] = user.namespace
    user.apply(child)
    await resync.heal()
    assert len(cache.children(CONFIG_MAPS, "of-nobody")) == 1
    user.delete("configmap", "hi-0")
    woken.clear()
    await resync.heal()
    assert cache.children(CONFIG_MAPS, "of-nobody") == []
    assert woken == name_keys(user, "hi")


async def test_a_list_of_many_pages_is_one_list(user: Kubectl, cluster: Cluster) -> None:
    names = [f"hi-{number}" for number in range(7)]
    user.apply(*map(greeting, names))
    pages = [page async for page in cluster.list_pages(GREETINGS, user.namespace, page_size=3)]
    assert [len(page.items) for page in pages] == [3, 3, 1]
    assert len({page.resource_version for page in pages}) == 1
    assert [i["metadata"]["name"] for page in pages for i in page.items] == names
    assert {i["kind"] for page in pages for i in page.items} == {"Greeting"}


async def test_a_watch_from_too_long_ago_is_told_so(user: Kubectl, cluster: Cluster) -> None:
    user.apply(greeting("hi"))
    with pytest.raises(ExpiredError):
        async for _ in cluster.watch(GREETINGS, user.namespace, since="1", timeout=10):
            pass


async def test_a_working_engine_notices_what_its_watches_missed(
    user: Kubectl, cluster: Cluster
) -> None:
    """As after a 410: the relist of a watch tells what is there, never what has gone."""
    user.apply(greeting("hi"))
    kind = GreetingKind()
    async with running(kind, cluster, user.namespace) as engine:
        await eventually(lambda: kind.decided > 0 and is_idle(engine), "rest")
        ghost = json.loads(user.run("get", "greeting", "hi", "--output=json"))
        ghost["metadata"] |= {"name": "ghost", "uid": "of-a-ghost"}
        engine.cache.put(GREETINGS, ghost)
        await engine.resync.heal()
        assert [key.name for key in engine.cache.keys(GREETINGS)] == ["hi"]
