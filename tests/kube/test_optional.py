"""A kind that serves, on a real API server: its Deployment, and a type whose CRD comes and goes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass

import pytest

from argmin.plan import Key, Manifest, Resource
from argmin.runtime.cache.resync import Resync
from argmin.runtime.controller.engine import Engine
from argmin.runtime.kube.client import Cluster
from tests.kinds.kiosk import DEPLOYMENTS, KIOSKS, ROUTES, KioskKind
from tests.kube.harness import ENVIRONMENT, AuditLog, eventually, is_idle, reconcile_again, running
from tests.kubectl import Kubectl

pytestmark = pytest.mark.kube

NAME = f"{ROUTES.plural}.{ROUTES.group}"
CRD: Manifest = {
    "apiVersion": "apiextensions.k8s.io/v1",
    "kind": "CustomResourceDefinition",
    "metadata": {
        "name": NAME,
        # The API server wants a reference to the approval of what belongs to *.k8s.io.
        "annotations": {"api-approved.kubernetes.io": "unapproved, for tests"},
    },
    "spec": {
        "group": ROUTES.group,
        "scope": "Namespaced",
        "names": {"plural": ROUTES.plural, "kind": ROUTES.kind, "singular": "httproute"},
        "versions": [
            {
                "name": ROUTES.version,
                "served": True,
                "storage": True,
                "schema": {
                    "openAPIV3Schema": {
                        "type": "object",
                        "x-kubernetes-preserve-unknown-fields": True,
                    }
                },
            }
        ],
    },
}


@pytest.fixture
def installer(administrator: Kubectl) -> Iterator[Kubectl]:
    """Somebody who may install CRDs; that of the routes is gone in the end."""
    yield administrator
    administrator.run("delete", "crd", NAME, "--ignore-not-found")


def install(installer: Kubectl) -> None:
    installer.apply(CRD)
    installer.run("wait", "crd", NAME, "--for=condition=Established", "--timeout=30s")


@dataclass
class Corner:
    """A kiosk at the corner, and its operator."""

    engine: Engine
    cluster: Cluster
    user: Kubectl
    audit: AuditLog

    def key(self, resource: Resource) -> Key:
        return Key(resource, self.user.namespace, "corner")

    async def rest(self) -> None:
        await eventually(lambda: is_idle(self.engine), "rest")

    async def await_reason(self, reason: str) -> None:
        async def is_so() -> bool:
            found = await self.cluster.get(self.key(KIOSKS)) or {}
            conditions = (found.get("status") or {}).get("conditions") or ()
            return any(c["type"] == "Ready" and c["reason"] == reason for c in conditions)

        await eventually(is_so, reason)

    async def reconcile(self) -> list[str]:
        """What one more reconcile writes."""
        before = self.audit.writes()
        await reconcile_again(self.engine, self.key(KIOSKS))
        return self.audit.writes()[len(before) :]


@pytest.fixture
async def corner(
    user: Kubectl, cluster: Cluster, audit: AuditLog, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Corner]:
    async def never(_: Resync) -> None:
        await asyncio.Event().wait()

    monkeypatch.setattr(Resync, "run_forever", never)  # nothing is listed but by the tests
    user.apply(
        {
            "apiVersion": KIOSKS.api_version,
            "kind": KIOSKS.kind,
            "metadata": {"name": "corner"},
            "spec": {"image": "server:1", "replicas": 2, "host": "corner.example.org"},
        }
    )
    async with running(KioskKind(ENVIRONMENT), cluster, user.namespace) as engine:
        corner = Corner(engine, cluster, user, audit)
        await corner.await_reason("RoutesMissing")
        await corner.rest()
        yield corner


async def test_an_optional_type_is_used_and_watched_as_long_as_it_is_there(
    corner: Corner, installer: Kubectl
) -> None:
    for _ in range(2):  # it comes, goes, and comes again
        install(installer)
        await corner.engine.resync.heal()
        await corner.await_reason("Starting")
        await corner.rest()
        assert await corner.reconcile() == []
        for edit in ('{"spec": {"hostnames": ["no.example.org"]}}', '{"spec": null}'):
            corner.user.run("patch", "httproute", "corner", "--type=merge", f"--patch={edit}")

            async def is_mended() -> bool:
                route = await corner.cluster.get(corner.key(ROUTES)) or {}
                return (route.get("spec") or {}).get("hostnames") == ["corner.example.org"]

            await eventually(is_mended, "an edited route is seen, and mended")
            await corner.rest()
        assert await corner.reconcile() == []
        installer.run("delete", "crd", NAME)
        await corner.engine.resync.heal()
        await corner.await_reason("RoutesMissing")
        await corner.rest()


DRIFTS = [
    pytest.param('{"spec": {"replicas": 5}}', id="a number"),
    pytest.param(
        '{"spec": {"template": {"spec": {"containers": [{"name": "server", "image": "x:1"}]}}}}',
        id="a field of an item of a list",
    ),
    pytest.param('{"metadata": {"labels": null}}', id="its labels"),
    pytest.param('{"metadata": {"annotations": null}}', id="its annotations"),
    pytest.param('{"metadata": {"ownerReferences": null}}', id="its owner"),
]


@pytest.mark.parametrize("edit", DRIFTS)
async def test_drift_of_what_the_api_server_defaults_a_lot_of_is_mended_by_one_write(
    corner: Corner, edit: str
) -> None:
    wanted = corner.user.get("deployment", "corner")
    before = corner.audit.writes()
    assert await corner.reconcile() == []
    corner.user.run("patch", "deployment", "corner", "--type=merge", f"--patch={edit}")

    async def is_mended() -> bool:
        found = await corner.cluster.get(corner.key(DEPLOYMENTS))
        return found is not None and pick(found) == pick(wanted)

    await eventually(is_mended, "it is as it was")
    await corner.rest()
    written = corner.audit.writes()[len(before) :]
    assert [w for w in written if w != "patch kiosks/status"] == ["patch deployments"]
    assert await corner.reconcile() == []


def pick(deployment: Manifest) -> list[object]:
    metadata = deployment["metadata"]
    kept = [metadata.get(name) for name in ("labels", "ownerReferences", "annotations")]
    return [*kept, deployment["spec"]]


async def test_what_others_add_is_left_to_them(corner: Corner) -> None:
    edit = '--patch={"spec": {"paused": true}, "metadata": {"labels": {"floor": "2"}}}'
    corner.user.run("patch", "deployment", "corner", "--type=merge", edit)
    assert await corner.reconcile() == []
    assert corner.user.get("deployment", "corner")["spec"]["paused"] is True
