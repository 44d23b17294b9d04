"""An owner without a namespace on a real API server: a hundred children, five runs, two places."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, replace

import pytest

from argmin.api.base import LABEL_NAME
from argmin.plan import CONFIG_MAPS, JOBS, Key, Manifest, Resource
from argmin.runtime.controller.engine import Engine
from argmin.runtime.kube.client import Cluster
from tests.kinds.campus import CAMPUSES, Authority, CampusKind
from tests.kube.harness import ENVIRONMENT, AuditLog, eventually, is_idle, reconcile_again, running
from tests.kubectl import Kubectl, holds

pytestmark = pytest.mark.kube


@dataclass
class Campus:
    """A campus that is built, and its operator; its name is that of the user's namespace."""

    key: Key
    engine: Engine
    cluster: Cluster
    user: Kubectl
    administrator: Kubectl
    audit: AuditLog

    async def children(self, resource: Resource) -> list[Manifest]:
        """Its children in all namespaces."""
        return [
            child
            for child in await self.cluster.list_all(
                resource, None, f"{LABEL_NAME}={self.key.name}"
            )
            if child["metadata"]["ownerReferences"][0]["kind"] == CAMPUSES.kind
        ]

    async def reconcile(self) -> list[str]:
        """What one more reconcile writes."""
        before = self.audit.writes()
        await reconcile_again(self.engine, self.key)
        return self.audit.writes()[len(before) :]


@pytest.fixture
async def campus(
    user: Kubectl, cluster: Cluster, administrator: Kubectl, audit: AuditLog
) -> AsyncIterator[Campus]:
    spec = {"namespaces": [user.namespace, "default"], "rooms": 50, "motto": "hi", "drills": 5}
    head = {"apiVersion": CAMPUSES.api_version, "kind": CAMPUSES.kind}
    key = Key(CAMPUSES, "", user.namespace)
    administrator.apply({**head, "metadata": {"name": key.name}, "spec": spec})
    kind = CampusKind(ENVIRONMENT, Authority())

    async def is_built() -> bool:
        return holds(await cluster.get(key) or {}, "Ready")

    async def is_gone() -> bool:
        return await cluster.get(key) is None

    async with running(kind, cluster, "") as engine:
        await eventually(is_built, "it is built")
        await eventually(lambda: is_idle(engine), "rest")
        yield Campus(key, engine, cluster, user, administrator, replace(audit, namespace=""))
        administrator.run("delete", CAMPUSES.plural, key.name, "--wait=false")
        await eventually(is_gone, "the finalizer is released")
    assert key.name not in kind.authority.granted


async def test_a_second_reconcile_of_a_hundred_children_and_five_runs_writes_nothing(
    campus: Campus,
) -> None:
    rooms = [c for c in await campus.children(CONFIG_MAPS) if "motto" in c["data"]]
    assert len(rooms) == 100
    assert len(await campus.children(JOBS)) == 5
    places = {room["metadata"]["namespace"] for room in rooms}
    assert places == {campus.user.namespace, "default"}
    assert await campus.reconcile() == []
    before = campus.audit.writes()
    await campus.engine.resync.heal()
    await eventually(lambda: is_idle(campus.engine), "rest")
    assert campus.audit.writes() == before


async def test_an_edited_child_is_mended_by_one_write(campus: Campus) -> None:
    room = Key(CONFIG_MAPS, "default", f"{campus.key.name}-7")
    before = campus.audit.writes()
    patch = '--patch={"data": {"motto": "no"}}'
    campus.administrator.within("default").run("patch", "configmap", room.name, patch)

    async def is_mended() -> bool:
        found = await campus.cluster.get(room)
        return found is not None and bool(found["data"] == {"motto": "hi"})

    await eventually(is_mended, "an edited child wakes its owner, and is mended")
    await eventually(lambda: is_idle(campus.engine), "rest")
    assert campus.audit.writes()[len(before) :] == ["patch configmaps"]
    assert await campus.reconcile() == []


async def test_events_of_an_owner_without_a_namespace_are_in_the_default_one(
    campus: Campus,
) -> None:
    events = [e["message"] for e in campus.administrator.within("default").list("events")]
    assert "100 rooms" in events
