"""A cluster-scoped kind: children and runs in several namespaces, and a licence from outside."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from pydantic import Field

from argmin.api.base import ApiModel, list_map
from argmin.api.kind_info import Column, KindInfo, Lifecycle
from argmin.api.meta import Condition, Metadata
from argmin.backends.backend import Observations
from argmin.backends.execution import RunSet
from argmin.kinds import Environment
from argmin.plan import (
    CONFIG_MAPS,
    JOBS,
    PODS,
    Apply,
    Blocked,
    Call,
    Delete,
    Event,
    Key,
    Manifest,
    Patch,
    Plan,
    Resource,
    Runs,
    View,
)
from tests.kinds.children import build_child, name_owner, set_conditions
from tests.kinds.runs import RunStatus, build_run, decide_runs, list_runs, want_runs

FINALIZER = "argmin.dev/campus"
FINALIZER_MANAGER = "argmin-campus"


class CampusSpec(ApiModel):
    """What a campus has."""

    namespaces: tuple[str, ...] = Field(description="Namespaces of its rooms.")
    rooms: int = Field(default=1, description="Rooms in each namespace: a ConfigMap each.")
    motto: str = Field(default="", description="Entry of each room.")
    drills: int = Field(default=0, description="Runs, all at once, in turn in each namespace.")


class CampusStatus(ApiModel):
    """How it stands."""

    observed_generation: int | None = Field(default=None, description="Generation that was read.")
    state: str | None = Field(default=None, description="Where it stands, in one word.")
    rooms: int = Field(default=0, description="Rooms in all namespaces.")
    runs: tuple[RunStatus, ...] = Field(
        default=(), description="Its runs, by name.", json_schema_extra=list_map("name")
    )
    conditions: tuple[Condition, ...] = Field(
        default=(), description="Ready, by type.", json_schema_extra=list_map("type")
    )


class Campus(ApiModel):
    """Rooms in several namespaces, and a licence of somebody outside."""

    metadata: Metadata
    spec: CampusSpec = Field(description="What is wanted.")
    status: CampusStatus = Field(default_factory=CampusStatus, description="What was found.")


CAMPUS = KindInfo(
    name="Campus",
    plural="campuses",
    short_name="camp",
    model=Campus,
    columns=(Column("Rooms", "integer", ".status.rooms", "Rooms in all namespaces."),),
    namespaced=False,
    lifecycle=Lifecycle.SERVING,
)
CAMPUSES = Resource.of_kind(CAMPUS)


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

    def perform(self, call: License) -> None:
        """Grant or revoke a licence; raises `Blocked` while nobody is there."""
        if not self.is_open:
            raise Blocked("AuthorityClosed", "the authority is closed", timedelta(minutes=5))
        change = self.granted.add if call.is_granted else self.granted.discard
        change(call.name)


@dataclass(frozen=True)
class Wanted:
    """The rooms and the runs that a spec asks for."""

    rooms: tuple[Manifest, ...]
    runs: RunSet


@dataclass(frozen=True)
class Observed:
    """The rooms, the runs, and whether the licence is granted."""

    runs: Observations
    rooms: tuple[Manifest, ...]
    is_licensed: bool


@dataclass
class CampusKind:
    """Builds the rooms, and holds a finalizer while the licence is out."""

    environment: Environment
    authority: Authority
    resource: Resource = CAMPUSES
    children: tuple[Resource, ...] = (CONFIG_MAPS, JOBS, PODS)

    def list_runs(self, manifest: Manifest) -> Runs:
        """The runs that may report to the intake."""
        return list_runs(manifest)

    def parse(self, manifest: Manifest) -> Campus:
        return Campus.model_validate(manifest)

    def want(self, obj: Campus) -> Wanted:
        """The rooms and the runs."""
        owner = name_owner(CAMPUSES, obj.metadata)
        spec = obj.spec
        runs = [
            build_run(owner, spec.namespaces[n % len(spec.namespaces)], n, spec.motto)
            for n in range(spec.drills)
        ]
        rooms = tuple(
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
        return Wanted(rooms, want_runs(owner, obj.metadata, runs, obj.status.runs))

    async def observe(self, obj: Campus, wanted: Wanted, view: View) -> Observed:
        owned = view.children(CONFIG_MAPS, obj.metadata.uid)
        return Observed(
            await self.environment.backends.observe(wanted.runs, view, self.environment.clock()),
            tuple(room for room in owned if "motto" in (room.get("data") or ())),
            obj.metadata.name in self.authority.granted,
        )

    def decide(self, obj: Campus, wanted: Wanted, observed: Observed, now: datetime) -> Plan:
        if obj.metadata.deletion_timestamp is not None:
            return _decide_deletion(obj, observed)
        if FINALIZER not in obj.metadata.finalizers:
            return Plan(apply=(_apply_finalizer(obj, "a licence is to be revoked later"),))
        rooms = wanted.rooms
        runs = decide_runs(wanted.runs, obj.status.runs, observed.runs, now)
        kept = {_key_of(room) for room in rooms}
        ready = (True, "Built", f"{len(rooms)} rooms")
        status = CampusStatus(
            observed_generation=obj.metadata.generation,
            state=ready[1],
            rooms=len(rooms),
            runs=runs.statuses,
            conditions=set_conditions(
                obj.status.conditions, now, obj.metadata.generation, Ready=ready
            ),
        )
        license_ = License(obj.metadata.name, True, "a campus needs one")
        return Plan(
            patch=runs.actions.patch,
            apply=(*(Apply(room, "the spec wants it") for room in rooms), *runs.actions.apply),
            delete=(
                *runs.actions.delete,
                *tuple(
                    Delete(_key_of(room), room["metadata"]["uid"], "the spec wants fewer")
                    for room in observed.rooms
                    if _key_of(room) not in kept
                ),
            ),
            calls=(*runs.actions.calls, *(() if observed.is_licensed else (license_,))),
            status=status.to_wire(),
            uids=runs.uids,
            requeue_after=runs.requeue_after,
            events=(Event(ready[1], ready[2]),),
        )

    async def perform(self, call: Call) -> None:
        if isinstance(call, License):
            self.authority.perform(call)
        else:
            await self.environment.backends.perform(call)


def _decide_deletion(obj: Campus, observed: Observed) -> Plan:
    if FINALIZER not in obj.metadata.finalizers:
        return Plan()
    if observed.is_licensed:
        return Plan(calls=(License(obj.metadata.name, False, "the campus is deleted"),))
    key, metadata = CAMPUSES.key("", obj.metadata.name), obj.metadata
    release = Patch.without_finalizer(
        key, metadata.finalizers, FINALIZER, metadata.resource_version, "nothing is left outside"
    )
    return Plan(patch=(release,))


def _apply_finalizer(obj: Campus, reason: str) -> Apply:
    metadata = {"name": obj.metadata.name, "uid": obj.metadata.uid, "finalizers": [FINALIZER]}
    head = {"apiVersion": CAMPUSES.api_version, "kind": CAMPUSES.kind}
    return Apply({**head, "metadata": metadata}, reason, FINALIZER_MANAGER)


def _key_of(room: Manifest) -> Key:
    return Key(CONFIG_MAPS, room["metadata"]["namespace"], room["metadata"]["name"])
