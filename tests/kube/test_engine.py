"""The engine on a real API server, with a small kind."""

from __future__ import annotations

import pytest

from argmin.plan import Key, Manifest
from argmin.runtime.cluster import Cluster
from tests.kube.greetings import GREETINGS, GreetingKind, greeting
from tests.kube.harness import AuditLog, eventually, is_idle, reconcile_again, running
from tests.kubectl import Kubectl, condition_of

pytestmark = pytest.mark.kube


def key_of(user: Kubectl, name: str = "hi") -> Key:
    return Key(GREETINGS, user.namespace, name)


async def see(cluster: Cluster, key: Key, reason: str, kind: str = "Ready") -> Manifest:
    """Wait until a condition has a reason; the object then."""
    seen: Manifest = {}

    async def look() -> bool:
        nonlocal seen
        seen = await cluster.get(key) or {}
        return condition_of(seen, kind).get("reason") == reason

    await eventually(look, f"{key} is {kind} for {reason}")
    return seen


async def test_a_new_object_gets_its_child_its_status_and_one_event(
    user: Kubectl, cluster: Cluster, audit: AuditLog
) -> None:
    async with running(GreetingKind(), cluster, user.namespace) as engine:
        user.apply(greeting("hi"))
        seen = await see(cluster, key_of(user), "Greeted")
        await eventually(lambda: is_idle(engine), "rest")
    assert seen["status"]["said"] == "hello"
    assert user.get("configmap", "hi-0")["data"] == {"message": "hello"}
    assert [e["message"] for e in user.list("events")] == ["said hello"]
    assert audit.writes() == ["patch configmaps", "create events", "patch greetings/status"]


async def test_a_second_reconcile_writes_nothing(
    user: Kubectl, cluster: Cluster, audit: AuditLog
) -> None:
    kind = GreetingKind()
    async with running(kind, cluster, user.namespace) as engine:
        user.apply(greeting("hi"))
        await see(cluster, key_of(user), "Greeted")
        await eventually(lambda: is_idle(engine), "rest")
        before, decided = audit.writes(), kind.decided
        await reconcile_again(engine, key_of(user))
        await engine.resync.heal()
        await eventually(lambda: is_idle(engine), "rest")
        assert kind.decided >= decided + 2
        assert audit.writes() == before


async def test_a_restarted_engine_writes_nothing(
    user: Kubectl, cluster: Cluster, audit: AuditLog
) -> None:
    user.apply(greeting("hi"))
    async with running(GreetingKind(), cluster, user.namespace) as engine:
        await see(cluster, key_of(user), "Greeted")
        await eventually(lambda: is_idle(engine), "rest")
    before = audit.writes()
    kind = GreetingKind()
    async with running(kind, cluster, user.namespace) as engine:
        await eventually(lambda: kind.decided > 0 and is_idle(engine), "rest")
    assert audit.writes() == before
