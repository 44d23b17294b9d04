"""The case of a cluster-scoped kind."""

from __future__ import annotations

from tests.contract.case import Case
from tests.kinds.campus import CAMPUSES, Authority, CampusKind
from tests.worlds.world import World


def find_authority(world: World) -> Authority:
    """Who gives out licences, in a world."""
    authority: Authority = world.outside.setdefault("authority", Authority())
    return authority


CASE = Case(
    name="cluster-scoped",
    build=lambda world: CampusKind(find_authority(world)),
    resource=CAMPUSES,
    manifest={
        "metadata": {"name": "north"},
        "spec": {"namespaces": ["east", "west"], "rooms": 2, "motto": "sapere aude"},
    },
    invalid={"namespaces": "east"},
    remains=lambda world: find_authority(world).granted,
)
