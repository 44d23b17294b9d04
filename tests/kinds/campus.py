"""A cluster-scoped kind: many children in several namespaces, and something outside the cluster."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from pydantic import Field

from argmin.api.base import API_VERSION, ApiModel
from argmin.api.kind_info import Column, KindInfo
from argmin.api.meta import Condition, Metadata
from argmin.plan import (
    CONFIG_MAPS,
    Apply,
    Call,
    Delete,
    Event,
    Key,
    Manifest,
    Plan,
    Resource,
    View,
)
from tests.kinds.children import build_child, name_owner, set_conditions

CAMPUSES = Resource(API_VERSION, "Campus", "campuses", namespaced=False)
FINALIZER = "argmin.dev/campus"
FINALIZER_MANAGER = "argmin-finalizer"


class CampusSpec(ApiModel):
    """What a campus has."""

    namespaces: tuple[str, ...] = Field(description="Namespaces of its rooms.")
    rooms: int = Field(default=1, description="Rooms in each namespace: a ConfigMap each.")
    motto: str = Field(default="", description="Entry of each room.")


class CampusStatus(ApiModel):
    """How it stands."""

    observed_generation: int | None = Field(default=None, description="Generation that was read.")
    rooms: int = Field(default=0, description="Rooms in all namespaces.")
    conditions: tuple[Condition, ...] = Field(default=(), description="Ready, by type.")


class Campus(ApiModel):
    """Rooms in several namespaces, and a licence of somebody outside."""

    metadata: Metadata
    spec: CampusSpec = Field(description="What is wanted.")
    status: CampusStatus = Field(default_factory=CampusStatus, description="What was found.")


CAMPUS = KindInfo(
    name=CAMPUSES.kind,
    plural=CAMPUSES.plural,
    short_name="camp",
    model=Campus,
    columns=(Column("Rooms", "integer", ".status.rooms", "Rooms in all namespaces."),),
    namespaced=False,
)


@dataclass(frozen=True)
class License:
    """Grants or revokes the licence of a campus; idempotent."""

    name: str
    is_granted: bool
    reason: str

    def describe(self) -> str:
        return f"{'grant' if self.is_granted else 'revoke'} the licence of {self.name}"


@dataclass
class Authority:
    """Who gives out licences; it outlives the operator."""

    granted: set[str] = field(default_factory=set)
    is_open: bool = True


@dataclass(frozen=True)
class Observed:
    """The rooms, and whether the licence is granted."""

    rooms: tuple[Manifest, ...]
    is_licensed: bool


@dataclass
class CampusKind:
    """Builds the rooms, and holds a finalizer while the licence is out."""

    authority: Authority = field(default_factory=Authority)
    resource: Resource = CAMPUSES
    children: tuple[Resource, ...] = (CONFIG_MAPS,)

    def parse(self, manifest: Manifest) -> Campus:
        return Campus.model_validate(manifest)

    def want(self, obj: Campus) -> tuple[Manifest, ...]:
        """The rooms."""
        owner = name_owner(CAMPUSES, obj.metadata)
        return tuple(
            build_child(
                owner,
                CONFIG_MAPS,
                namespace,
                f"{obj.metadata.name}-{number}",
                data={"motto": obj.spec.motto},
            )
            for namespace in obj.spec.namespaces
            for number in range(obj.spec.rooms)
        )

    async def observe(self, obj: Campus, wanted: Sequence[Manifest], view: View) -> Observed:
        rooms = tuple(view.children(CONFIG_MAPS, obj.metadata.uid))
        return Observed(rooms, obj.metadata.name in self.authority.granted)

    def decide(
        self, obj: Campus, wanted: Sequence[Manifest], observed: Observed, now: datetime
    ) -> Plan:
        if obj.metadata.deletion_timestamp is not None:
            return _decide_deletion(obj, observed)
        if FINALIZER not in obj.metadata.finalizers:
            return Plan(
                apply=(_apply_finalizers(obj, [FINALIZER], "a licence is to be revoked later"),),
                requeue_after=None,
            )
        kept = {_key_of(room) for room in wanted}
        ready = (True, "Built", f"{len(wanted)} rooms")
        status = CampusStatus(
            observed_generation=obj.metadata.generation,
            rooms=len(wanted),
            conditions=set_conditions(
                obj.status.conditions, now, obj.metadata.generation, Ready=ready
            ),
        )
        license_ = License(obj.metadata.name, True, "a campus needs one")
        return Plan(
            apply=tuple(Apply(room, "the spec wants it") for room in wanted),
            delete=tuple(
                Delete(_key_of(room), room["metadata"]["uid"], "the spec wants fewer")
                for room in observed.rooms
                if _key_of(room) not in kept
            ),
            calls=() if observed.is_licensed else (license_,),
            status=status.to_wire(),
            events=(Event(ready[1], ready[2]),),
        )

    async def perform(self, call: Call) -> None:
        assert isinstance(call, License)
        if not self.authority.is_open:
            raise ConnectionError("the authority is closed")
        change = self.authority.granted.add if call.is_granted else self.authority.granted.discard
        change(call.name)


def _decide_deletion(obj: Campus, observed: Observed) -> Plan:
    if FINALIZER not in obj.metadata.finalizers:
        return Plan()
    if observed.is_licensed:
        return Plan(calls=(License(obj.metadata.name, False, "the campus is deleted"),))
    return Plan(apply=(_apply_finalizers(obj, [], "nothing is left outside"),))


def _apply_finalizers(obj: Campus, finalizers: list[str], reason: str) -> Apply:
    metadata = {"name": obj.metadata.name, "uid": obj.metadata.uid, "finalizers": finalizers}
    head = {"apiVersion": CAMPUSES.api_version, "kind": CAMPUSES.kind}
    return Apply({**head, "metadata": metadata}, reason, FINALIZER_MANAGER)


def _key_of(room: Manifest) -> Key:
    return Key(CONFIG_MAPS, room["metadata"]["namespace"], room["metadata"]["name"])
