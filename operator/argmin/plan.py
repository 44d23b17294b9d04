"""The interface between the kinds and the engine: the plan of a reconcile.

A kind observes, then decides on a `Plan`; the engine acts on it. Nothing here does I/O, so that
a plan can be printed, compared and replayed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, Protocol, TypeVar

from argmin.api.base import MANAGER
from argmin.api.kind_info import KindInfo

Manifest = dict[str, Any]
"""A Kubernetes object as JSON, as sent to and received from the API server."""


@dataclass(frozen=True)
class Resource:
    """A type of object, by the names that the API server and users use."""

    api_version: str
    kind: str
    plural: str
    namespaced: bool = field(default=True, compare=False)
    """Whether its objects belong to a namespace; the `namespace` of others is empty."""
    optional: bool = field(default=False, compare=False)
    """Its CRD may be missing: the operator works without it, and watches it once installed."""

    @classmethod
    def of_kind(cls, info: KindInfo) -> Resource:
        """The type of the objects of a kind."""
        return cls(info.api_version, info.name, info.plural, namespaced=info.namespaced)

    @property
    def group(self) -> str:
        """API group; empty for the core group."""
        return self.api_version.rpartition("/")[0]

    @property
    def version(self) -> str:
        """API version without the group."""
        return self.api_version.rpartition("/")[2]

    def key(self, namespace: str, name: str) -> Key:
        """An object of this type that is met in a namespace, as an owner of what is there."""
        return Key(self, namespace if self.namespaced else "", name)


JOBS = Resource("batch/v1", "Job", "jobs")
PODS = Resource("v1", "Pod", "pods")
CONFIG_MAPS = Resource("v1", "ConfigMap", "configmaps")


@dataclass(frozen=True)
class Key:
    """One object of one type: an entry of the queue, or what a deletion names."""

    resource: Resource
    namespace: str
    name: str

    def __str__(self) -> str:
        path = f"{self.namespace}/{self.name}" if self.namespace else self.name
        return f"{self.resource.kind} {path}"


@dataclass(frozen=True)
class Runs:
    """The runs in the status of an object, by name."""

    open: Mapping[str, str] = field(default_factory=dict)
    """Runs that may still report progress and deliver results, with the UID of their Job.

    The UID is empty while no Job is recorded: then nobody may.
    """
    over: frozenset[str] = frozenset()
    """Runs whose answer is accepted: later deliveries are refused."""


@dataclass(frozen=True)
class Apply:
    """Server-side apply of a child, or of fields of the object itself.

    A child is written only if it is not as it was applied, so that a plan may list every child.
    Under another manager than the default, the fields are written each time.
    """

    manifest: Manifest
    reason: str
    manager: str = MANAGER
    """Field manager: applying again without a field removes that field."""


@dataclass(frozen=True)
class Patch:
    """Merge patch of an object that exists: of a child whose rest is immutable, or of the owner."""

    key: Key
    body: Manifest
    reason: str

    @classmethod
    def without_finalizer(
        cls, key: Key, finalizers: Sequence[str], released: str, version: str, reason: str
    ) -> Patch:
        """Removal of a finalizer of the object itself, whichever field manager owns it.

        Args:
            key: the object.
            finalizers: all that it has.
            released: the one that is removed.
            version: precondition: the resource version that has these finalizers.
            reason: why it is removed.
        """
        kept = [name for name in finalizers if name != released]
        return cls(key, {"metadata": {"resourceVersion": version, "finalizers": kept}}, reason)


@dataclass(frozen=True)
class Delete:
    """Deletion of a child, or of the object itself; its own children go with it."""

    key: Key
    uid: str  # precondition: never delete a namesake
    reason: str


class Call(Protocol):
    """A call outside the cluster; it is idempotent."""

    @property
    def reason(self) -> str:
        """Why it is made."""

    def describe(self) -> str:
        """The call in one line, for logs and messages."""


@dataclass(frozen=True)
class Event:
    """A Kubernetes event on the object."""

    reason: str
    message: str
    warning: bool = False


@dataclass(frozen=True)
class Note:
    """One rule that applied, and why: printed by `argmin plan`."""

    rule: str
    reason: str


@dataclass(frozen=True)
class Plan:
    """What one reconcile will do, in this order: patch, apply, delete, calls, events, status."""

    patch: tuple[Patch, ...] = ()
    apply: tuple[Apply, ...] = ()
    delete: tuple[Delete, ...] = ()
    calls: tuple[Call, ...] = ()
    following: tuple[Call, ...] = field(default=(), compare=False)
    """Calls that the next reconcile makes, once the status is written: printed by `argmin plan`."""
    status: Manifest | None = None
    """The complete status as JSON; `None` leaves it unchanged (the object is being deleted)."""
    uids: Mapping[tuple[str | int, ...], Key] = field(default_factory=dict)
    """Applied children whose UID belongs into that status, by its path there."""
    events: tuple[Event, ...] = ()
    """Emitted only if the status differs, just before it is written, so that none is repeated."""
    requeue_after: timedelta | None = None
    notes: tuple[Note, ...] = field(default=(), compare=False)


def record_uids(plan: Plan, read: Callable[[Key], Manifest | None]) -> Plan:
    """The plan after its children were applied: its status has the UIDs that they got.

    Args:
        plan: an executed plan.
        read: returns a child as the API server has returned it.
    """
    status = deepcopy(plan.status)
    for path, key in plan.uids.items():
        child = read(key)
        if status is not None and child is not None:
            parent: Any = status
            for step in path[:-1]:
                parent = parent[step]
            parent[path[-1]] = child["metadata"]["uid"]
    return replace(plan, status=status, uids={})


def list_entries(config_map: Manifest) -> frozenset[str]:
    """Names of all entries of a ConfigMap."""
    return frozenset(config_map.get("data") or ()) | frozenset(config_map.get("binaryData") or ())


class TerminalError(Exception):
    """A retry cannot help until the object or what it depends on changes.

    The engine writes condition `Stalled` with this reason and message.
    """

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason
        self.message = message


class Blocked(Exception):  # noqa: N818 - a state of the world rather than an error
    """Something outside this cluster stands in the way, and may go away by itself.

    The engine writes condition `Stalled` with this reason and message, or `Reconciling` where the
    object merely waits (`waiting`), and looks again after a while.
    """

    def __init__(
        self, reason: str, message: str, after: timedelta, *, waiting: bool = False
    ) -> None:
        super().__init__(message)
        self.reason = reason
        self.message = message
        self.after = after
        self.waiting = waiting


class Retry(Exception):  # noqa: N818 - an instruction to the engine rather than an error
    """Retry after a time that the kind gives, instead of the backoff."""

    def __init__(self, after: timedelta, message: str) -> None:
        super().__init__(message)
        self.after = after


class View(Protocol):
    """The read access that a kind has while it observes."""

    def children(self, resource: Resource, owner_uid: str) -> Sequence[Manifest]:
        """The children of an owner, from the cache."""

    def is_served(self, resource: Resource) -> bool:
        """Whether an optional type can be used: it is installed, and argmin may list it.

        Objects of the kinds that have it as a child are reconciled when that changes.
        """

    async def get(self, key: Key) -> Manifest | None:
        """One object, from the API server; `None` if it does not exist."""

    async def find(
        self, resource: Resource, namespace: str, labels: Mapping[str, str]
    ) -> Sequence[Manifest]:
        """The objects with these labels, from the API server."""

    async def list_entries(self, key: Key) -> frozenset[str] | None:
        """Names of the entries of a ConfigMap; `None` if it does not exist."""


Observed = TypeVar("Observed")
Object_ = TypeVar("Object_")
Wanted = TypeVar("Wanted")


class Kind(Protocol[Object_, Wanted, Observed]):
    """The interface of a kind, which is all that the engine depends on."""

    resource: Resource
    children: tuple[Resource, ...]
    """Types whose objects with argmin's label enqueue their owner."""

    def parse(self, manifest: Manifest) -> Object_:
        """Read the object; raises pydantic's `ValidationError` naming the fields."""

    def want(self, obj: Object_) -> Wanted:
        """Pure: the wanted runs of the object, computed once in each reconcile."""

    async def observe(self, obj: Object_, wanted: Wanted, view: View) -> Observed:
        """Observe the children and what the object depends on."""

    def decide(self, obj: Object_, wanted: Wanted, observed: Observed, now: datetime) -> Plan:
        """Pure: the same arguments give the same plan."""

    async def perform(self, call: Call) -> None:
        """Execute a call of the plan; raises `Blocked` if it is refused."""
