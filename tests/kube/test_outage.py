"""The API server goes away and comes back: nothing is lost, nothing done twice."""

from __future__ import annotations

import asyncio
import base64
import os
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import httpx
import psutil
import pytest

from argmin.plan import CONFIG_MAPS, Key
from argmin.runtime.cache import resync
from argmin.runtime.controller.engine import Engine
from argmin.runtime.kube.client import Cluster
from tests.cluster import api_server
from tests.cluster.api_server import ApiServerProvider
from tests.cluster.processes import processes_of
from tests.cluster.state import load_state
from tests.cluster.waiting import wait_until
from tests.kube.greetings import GREETING_CRD, GREETINGS, GreetingKind, greeting
from tests.kube.harness import eventually, is_idle, running
from tests.kube.link import Link
from tests.kubectl import Kubectl, KubectlError

pytestmark = pytest.mark.kube

_FRAGILE = f"kube-fragile-{os.getpid()}"


@pytest.fixture
async def link(user: Kubectl, tmp_path: Path) -> AsyncIterator[Link]:
    link = await Link.to(user.kubeconfig, tmp_path / "kubeconfig")
    yield link
    await link.cut()


@pytest.fixture
async def far(link: Link, tmp_path: Path) -> AsyncIterator[Cluster]:
    """The API server as seen through the link."""
    async with await Cluster.connect(str(tmp_path / "kubeconfig")) as cluster:
        yield cluster


def is_greeted(user: Kubectl, name: str) -> bool:
    return "said" in user.get("greeting", name).get("status", {})


async def test_what_happened_during_an_outage_is_made_up_for(
    user: Kubectl, link: Link, far: Cluster
) -> None:
    user.apply(greeting("stays"), greeting("goes"))
    async with running(GreetingKind(), far, user.namespace) as engine:
        await eventually(
            lambda: is_greeted(user, "stays") and is_greeted(user, "goes"), "greetings"
        )
        await eventually(lambda: is_idle(engine), "rest")
        await link.cut()
        user.delete("greeting", "goes")
        user.delete("configmap", "stays-0")
        user.apply(greeting("comes"))
        await link.mend()
        await eventually(lambda: is_greeted(user, "comes"), "the new one")
        await eventually(lambda: bool(user.find("configmap", "stays-0")), "the deleted child")
        await eventually(lambda: len(engine.cache.keys(GREETINGS)) == 2, "the deleted one is gone")


async def test_a_reconcile_that_an_outage_broke_is_tried_until_it_is_over(
    user: Kubectl, link: Link, far: Cluster
) -> None:
    user.apply(greeting("hi"))
    key = Key(GREETINGS, user.namespace, "hi")
    async with running(GreetingKind(), far, user.namespace) as engine:
        await eventually(lambda: is_greeted(user, "hi") and is_idle(engine), "rest")
        await link.cut()
        child = user.get("configmap", "hi-0")["metadata"]
        user.delete("configmap", "hi-0")
        engine.cache.forget(Key(CONFIG_MAPS, user.namespace, "hi-0"), child["uid"])
        before = user.get("greeting", "hi")
        engine.queue.add(key)
        await eventually(lambda: engine.queue.failures(key) >= 2, "two failures")
        await link.mend()
        await eventually(lambda: bool(user.find("configmap", "hi-0")), "the child is back")
        await eventually(lambda: engine.queue.failures(key) == 0, "the failures are forgiven")
        assert user.get("greeting", "hi") == before


@pytest.fixture
def fragile(tmp_path: Path) -> Iterator[Kubectl]:
    """A user of an API server that may be killed; it is started again by itself."""
    with api_server(_FRAGILE) as kubeconfig:
        administrator = Kubectl(kubeconfig)
        administrator.apply(GREETING_CRD)
        administrator.run("wait", "crd", "--all", "--for=condition=Established", "--timeout=30s")
        administrator.run("create", "namespace", "team")
        yield administrator.within("team")


def restart_api_server(user: Kubectl) -> None:
    """Kill the API server, and wait until it is back, with none of its watches remembered."""
    state = load_state(_FRAGILE)
    assert state is not None
    (server,) = (
        process
        for process in map(psutil.Process, processes_of(state.token))
        if process.name() == "kube-apiserver"
    )
    server.kill()
    server.wait(20)

    def is_back() -> bool:
        try:
            user.list("greetings")
        except KubectlError:
            return False
        return ApiServerProvider(_FRAGILE).status().running

    wait_until(is_back, "the API server", timeout=60)


def forget_history() -> None:
    """Compact etcd, as it does each five minutes: a watch of an older version gets 410.

    Without it a restarted API server may still pass on the events of versions from before.
    """
    state = load_state(_FRAGILE)
    assert state is not None
    (etcd,) = (
        process
        for process in map(psutil.Process, processes_of(state.token))
        if process.name() == "etcd"
    )
    (url,) = (
        argument.partition("=")[2]
        for argument in etcd.cmdline()
        if argument.startswith("--listen-client-urls=")
    )
    with httpx.Client(base_url=url, timeout=20) as client:
        anything = {"key": base64.b64encode(b"/").decode()}
        header = client.post("/v3/kv/range", json=anything).raise_for_status().json()["header"]
        compaction = {"revision": header["revision"], "physical": True}
        client.post("/v3/kv/compaction", json=compaction).raise_for_status()


async def hold_back_healing(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> asyncio.Event:
    """Let no LIST heal the cache before the event is set; the first one has been by then."""
    heal, allowed = engine.resync.heal, asyncio.Event()
    await heal()

    async def heal_when_allowed() -> None:
        await allowed.wait()
        await heal()

    monkeypatch.setattr(engine.resync, "heal", heal_when_allowed)
    return allowed


async def test_what_no_watch_tells_after_a_410_is_found_by_the_healing_list(
    fragile: Kubectl, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A restarted API server has forgotten the versions from before: watches have to list anew."""
    monkeypatch.setattr(resync, "_SOON", 0.1)
    link = await Link.to(fragile.kubeconfig, tmp_path / "kubeconfig")
    fragile.apply(greeting("stays"), greeting("goes"))
    async with (
        await Cluster.connect(str(tmp_path / "kubeconfig")) as far,
        running(GreetingKind(), far, fragile.namespace) as engine,
    ):
        await eventually(lambda: is_greeted(fragile, "goes") and is_idle(engine), "rest")
        may_heal = await hold_back_healing(engine, monkeypatch)
        await link.cut()
        fragile.delete("greeting", "goes")
        fragile.delete("configmap", "goes-0")
        fragile.delete("configmap", "stays-0")
        forget_history()
        restart_api_server(fragile)
        await link.mend()
        fragile.apply(greeting("comes"))
        await eventually(lambda: is_greeted(fragile, "comes"), "the watches are back", 60)
        goes = Key(GREETINGS, fragile.namespace, "goes")
        assert engine.cache.get(goes), "no watch tells of what was deleted meanwhile"
        may_heal.set()
        await eventually(lambda: engine.cache.get(goes) is None, "the healing list")
        await eventually(lambda: bool(fragile.find("configmap", "stays-0")), "the child is back")
    await link.cut()
