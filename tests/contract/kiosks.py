"""The case of a namespaced kind that serves."""

from __future__ import annotations

from argmin.kinds import Registration
from argmin.plan import Key
from tests.contract.case import Case
from tests.kinds.kiosk import DEPLOYMENTS, KIOSK, KioskKind
from tests.worlds.world import World


def get_ready(world: World) -> None:
    """The Deployment's controller says that all replicas serve."""
    for server in world.server.list_all(DEPLOYMENTS):
        metadata = server["metadata"]
        key = Key(DEPLOYMENTS, metadata["namespace"], metadata["name"])
        status = {"availableReplicas": server["spec"]["replicas"]}
        world.server.patch(key, {"status": status}, "kube-controller-manager", "status")


CASE = Case(
    name="serving",
    register=lambda _: Registration(KIOSK, KioskKind),
    info=KIOSK,
    manifest={
        "metadata": {"name": "corner", "namespace": "team"},
        "spec": {"replicas": 2, "host": "corner.example.org"},
    },
    invalid={"image": "s"},
    stages=(get_ready,),
)
