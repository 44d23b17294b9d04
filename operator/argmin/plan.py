"""The vocabulary between the kinds and the engine: what a reconcile may ask for.

A kind observes, then decides on a `Plan`; the engine acts on it. Nothing here does I/O, so that
a plan can be printed, compared and replayed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Protocol, TypeVar

from argmin.api.common import MANAGER

Manifest = dict[str, Any]
"""A Kubernetes object as JSON: only at the edges, to and from the API server."""


@dataclass(frozen=True)
class Resource:
    """A type of object, by the names that the API server and people use."""

    api_version: str
    kind: str
    plural: str

    @property
    def group(self) -> str:
        """API group; empty for the core group."""
        return self.api_version.rpartition("/")[0]

    @property
    def version(self) -> str:
        """API version without the group."""
        return self.api_version.rpartition("/")[2]


JOBS = Resource("batch/v1", "Job", "jobs")
PODS = Resource("v1", "Pod", "pods")
CONFIG_MAPS = Resource("v1", "ConfigMap", "configmaps")


@dataclass(frozen=True)
class Key:
    """One object of one type; what the queue holds and what a deletion names."""

    resource: Resource
    namespace: str
    name: str

    def __str__(self) -> str:
        return f"{self.resource.kind} {self.namespace}/{self.name}"


@dataclass(frozen=True)
class Apply:
    """Server-side apply of a child, or of fields of the object: it creates, or restores them."""

    manifest: Manifest
    reason: str
    manager: str = MANAGER
    """Whose fields these are: one that applies again without a field gives it up."""


@dataclass(frozen=True)
class Patch:
    """Merge patch of a child that exists, where the rest of it is immutable."""

    key: Key
    body: Manifest
    reason: str


@dataclass(frozen=True)
class Delete:
    """Deletion of a child, or of the object itself; its own children go with it."""

    key: Key
    uid: str  # precondition: never delete a namesake
    reason: str


class Call(Protocol):
    """Something to do outside the cluster; doing it twice does no harm."""

    @property
    def reason(self) -> str:
        """Why it is done."""

    def describe(self) -> str:
        """What it does, in one line, for people."""


@dataclass(frozen=True)
class Event:
    """A Kubernetes event on the object."""

    reason: str
    message: str
    warning: bool = False


@dataclass(frozen=True)
class Note:
    """One rule that spoke, and why: what `argmin plan` prints."""

    rule: str
    reason: str


@dataclass(frozen=True)
class Plan:
    """What one reconcile will do, in this order: patch, apply, delete, calls, events, status."""

    patch: tuple[Patch, ...] = ()
    apply: tuple[Apply, ...] = ()
    delete: tuple[Delete, ...] = ()
    calls: tuple[Call, ...] = ()
    status: Manifest | None = None
    """The whole status in its wire form; `None` leaves it alone (the object is going)."""
    events: tuple[Event, ...] = ()
    """Recorded only where the status differs, just before it is written: none is repeated."""
    requeue_after: timedelta | None = None
    notes: tuple[Note, ...] = field(default=(), compare=False)


class TerminalError(Exception):
    """Trying again cannot help until the object or what it depends on changes.

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
    """Try again after a while that the kind knows better than a backoff does."""

    def __init__(self, after: timedelta, message: str) -> None:
        super().__init__(message)
        self.after = after


class View(Protocol):
    """What a kind may look at while it observes."""

    def children(self, resource: Resource, owner_uid: str) -> Sequence[Manifest]:
        """The children of an owner, from the cache of the watches."""

    async def get(self, key: Key) -> Manifest | None:
        """One object from the API server itself; `None` where it does not exist."""

    async def find(
        self, resource: Resource, namespace: str, labels: Mapping[str, str]
    ) -> Sequence[Manifest]:
        """The objects with these labels from the API server itself."""


Observed = TypeVar("Observed")
Object_ = TypeVar("Object_")


class Kind(Protocol[Object_, Observed]):
    """A kind as the engine sees it: the only thing that the engine knows of one."""

    resource: Resource
    children: tuple[Resource, ...]
    """Types whose objects, labelled as ours, wake their owner."""

    def parse(self, manifest: Manifest) -> Object_:
        """Read the object; raises pydantic's `ValidationError` naming the fields."""

    async def observe(self, obj: Object_, view: View) -> Observed:
        """Look at the children and at what the object depends on."""

    def decide(self, obj: Object_, observed: Observed, now: datetime) -> Plan:
        """Pure: the same arguments give the same plan."""

    async def perform(self, call: Call) -> None:
        """Do what a plan asks for outside the cluster; raises `Blocked` where it cannot."""
