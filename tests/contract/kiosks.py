"""The case of a namespaced kind that serves."""

from __future__ import annotations

from argmin.plan import Key
from tests.contract.case import Case
from tests.kinds.kiosk import DEPLOYMENTS, KIOSK, KIOSKS, KioskKind
from tests.worlds.world import World


def get_ready(world: World) -> None:
    """The Deployment's controller says that all replicas serve."""
    for server in world.server.list_all(DEPLOYMENTS):
        metadata = server["metadata"]
        key = Key(DEPLOYMENTS, metadata["namespace"], metadata["name"])
        status = {"availableReplicas": server["spec"]["replicas"]}
        world.server.patch(key, {"status": status}, "kube-controller-manager", "status")


def build(world: World) -> KioskKind:
    mirrors: dict[str, str] = world.outside.setdefault("mirrors", {})
    return KioskKind(lambda namespace: mirrors.get(namespace, ""))


CASE = Case(
    name="serving",
    build=build,
    info=KIOSK,
    resource=KIOSKS,
    manifest={
        "metadata": {"name": "corner", "namespace": "team"},
        "spec": {"image": "server:1", "host": "corner.example.org"},
    },
    invalid={"image": "s"},
    stages=(get_ready,),
)
