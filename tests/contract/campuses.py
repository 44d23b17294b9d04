"""The case of a cluster-scoped kind."""

from __future__ import annotations

from argmin.kinds import Registration
from tests.contract.case import Case
from tests.kinds.campus import CAMPUS, Authority, CampusKind
from tests.worlds.jobs import OPTIMAL, end_pods, run_pods
from tests.worlds.world import World


def find_authority(world: World) -> Authority:
    """Who gives out licences, in a world."""
    authority: Authority = world.outside.setdefault("authority", Authority())
    return authority


CASE = Case(
    name="cluster-scoped",
    register=lambda world: Registration(CAMPUS, lambda e: CampusKind(e, find_authority(world))),
    info=CAMPUS,
    manifest={
        "metadata": {"name": "north"},
        "spec": {"namespaces": ["east", "west"], "rooms": 2, "motto": "sapere aude", "drills": 5},
    },
    invalid={"namespaces": "east"},
    stages=(run_pods, lambda world: end_pods(world, OPTIMAL)),
    remains=lambda world: find_authority(world).granted,
)
