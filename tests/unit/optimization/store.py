"""An API server's object store in memory, as honest as these tests need it.

Server-side apply by one manager, merge patch, deletion with a uid precondition and with the
collection of what the deleted object owned; Jobs and ConfigMaps refuse what Kubernetes refuses.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Any

from argmin.api.base import MANAGER
from argmin.api.scalars import format_time
from argmin.optimization.build_run import OPTIMIZATION_JOBS
from argmin.plan import CONFIG_MAPS, JOBS, PODS, Key, Manifest, Resource, list_entries

_RESOURCES = {resource.kind: resource for resource in (JOBS, PODS, CONFIG_MAPS, OPTIMIZATION_JOBS)}
_STEERING = {"suspend", "parallelism", "activeDeadlineSeconds", "backoffLimit"}
"""Fields of a Job's spec that can be changed while it lives."""


class PreconditionError(Exception):
    """What the API server says with 409 to a write that means another object."""


class ImmutableError(Exception):
    """What the API server says with 422 to a change of what cannot be changed."""


class Store:
    """The objects; also what a kind observes through (`argmin.plan.View`)."""

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self.objects: dict[Key, Manifest] = {}
        self.writes: list[str] = []
        self.reads: list[Key] = []
        self.whole: list[Key] = []
        """Those of the reads that brought all that an object holds."""
        self.unseen: set[Resource] = set()
        """Types whose watch is broken: only a read of the API server itself finds them."""
        self.on_write: Callable[[], None] = lambda: None
        """Called before each write; it may raise, and then nothing is written."""
        self._clock = clock
        self._count = 0
        self._finalizers: dict[tuple[Key, str], list[str]] = {}

    def children(self, resource: Resource, owner_uid: str) -> list[Manifest]:
        if resource in self.unseen:
            return []
        return [clone(found) for found in self.of(resource) if owner_uid in _list_owners(found)]

    def is_served(self, resource: Resource) -> bool:
        return True

    async def get(self, key: Key) -> Manifest | None:
        self.reads.append(key)
        self.whole.append(key)
        found: Manifest | None = clone(self.objects.get(key))
        return found

    async def list_entries(self, key: Key) -> frozenset[str] | None:
        self.reads.append(key)
        found = self.objects.get(key)
        return None if found is None else list_entries(found)

    async def find(
        self, resource: Resource, namespace: str, labels: Mapping[str, str]
    ) -> list[Manifest]:
        return [
            clone(found)
            for found in self.of(resource)
            if found["metadata"]["namespace"] == namespace
            and labels.items() <= found["metadata"].get("labels", {}).items()
        ]

    def apply(self, manifest: Manifest, manager: str = MANAGER) -> None:
        resource = _RESOURCES[manifest["kind"]]
        key = Key(resource, manifest["metadata"]["namespace"], manifest["metadata"]["name"])
        if resource == OPTIMIZATION_JOBS:
            self._apply_finalizers(key, manifest["metadata"], manager)
        elif key not in self.objects:
            self.create(key, manifest)
        else:
            self._change(key, _merge(self.objects[key], manifest), "apply")

    def _apply_finalizers(self, key: Key, wanted: Manifest, manager: str) -> None:
        """A set, of which each manager owns a part; the last one to go lets the object go."""
        found = self.objects.get(key)
        if found is None or found["metadata"]["uid"] != wanted["uid"]:
            raise PreconditionError(f"{key}: another uid")
        before = found["metadata"].get("finalizers", [])
        owned = self._finalizers.get((key, manager), [])
        kept = [name for name in before if name not in owned or name in wanted["finalizers"]]
        after = [*kept, *(name for name in wanted["finalizers"] if name not in kept)]
        if "deletionTimestamp" in found["metadata"] and set(after) - set(before):
            raise ImmutableError(f"{key}: no new finalizers where the object is being deleted")
        metadata = {**found["metadata"], "finalizers": after}
        self._change(key, {**found, "metadata": metadata}, "apply")
        self._finalizers[key, manager] = wanted["finalizers"]
        if "deletionTimestamp" in metadata and not after:
            self._remove(key)

    def create(self, key: Key, manifest: Manifest) -> None:
        self._count += 1
        made = clone(manifest)
        stamp = {
            "uid": f"uid-{self._count}",
            "creationTimestamp": format_time(self._clock()),
            **made["metadata"],
        }
        self._write(f"create {key}")
        self.objects[key] = made | {"metadata": stamp}

    def patch(self, key: Key, body: Manifest) -> None:
        """Merge patch; the finalizers that it removes belong to no manager any more."""
        if key not in self.objects:
            return
        self._change(key, _merge_patch(self.objects[key], body), "patch")
        metadata = self.objects[key]["metadata"]
        left = metadata.get("finalizers", [])
        for part, owned in self._finalizers.items():
            if part[0] == key:
                self._finalizers[part] = [name for name in owned if name in left]
        if "deletionTimestamp" in metadata and not left:
            self._remove(key)

    def delete(self, key: Key, uid: str) -> None:
        found = self.objects.get(key)
        if found is None or found["metadata"]["uid"] != uid:
            return
        if found["metadata"].get("finalizers"):
            if "deletionTimestamp" not in found["metadata"]:
                self._write(f"delete {key}")
                found["metadata"]["deletionTimestamp"] = format_time(self._clock())
            return
        self._write(f"delete {key}")
        self._remove(key)

    def _remove(self, key: Key) -> None:
        uid = self.objects.pop(key)["metadata"]["uid"]
        for owned in [k for k, o in self.objects.items() if uid in _list_owners(o)]:
            if owned in self.objects:  # collected by the cluster, whatever happens to us
                self.writes.append(f"delete {owned}")
                self._remove(owned)

    def write_status(self, key: Key, status: Manifest) -> bool:
        """Replace a status; whether that changed anything."""
        found = self.objects[key]
        if found.get("status", {}) == status:
            return False
        self._write(f"status {key}")
        found["status"] = clone(status)
        return True

    def in_order(self) -> list[Manifest]:
        """All objects, by type and name."""
        return [self.objects[key] for key in sorted(self.objects, key=str)]

    def restore(self, other: Store) -> None:
        """Hold the same objects as another store, each a copy."""
        self.objects = {key: clone(found) for key, found in other.objects.items()}
        self._count = other._count
        self._finalizers = dict(other._finalizers)

    def of(self, resource: Resource) -> list[Manifest]:
        """All objects of a type, by name; live, for the controllers of the tests to change."""
        found = ((key.name, obj) for key, obj in self.objects.items() if key.resource == resource)
        return [obj for _, obj in sorted(found, key=lambda entry: entry[0])]

    def _change(self, key: Key, wanted: Manifest, verb: str) -> None:
        before = self.objects[key]
        if wanted == before:
            return
        _refuse_immutable(key, before, wanted)
        self._write(f"{verb} {key}")
        self.objects[key] = wanted

    def _write(self, what: str) -> None:
        self.on_write()
        self.writes.append(what)


def _list_owners(manifest: Manifest) -> list[str]:
    return [owner["uid"] for owner in manifest["metadata"].get("ownerReferences", [])]


def _merge(before: Any, wanted: Any) -> Any:
    if not isinstance(before, dict) or not isinstance(wanted, dict):
        return clone(wanted)
    merged = {name: _merge(before.get(name), value) for name, value in wanted.items()}
    return {**before, **merged}


def _merge_patch(before: Any, body: Any) -> Any:
    """RFC 7386: null removes."""
    if not isinstance(body, dict):
        return clone(body)
    base = before if isinstance(before, dict) else {}
    merged = {name: _merge_patch(base.get(name), value) for name, value in body.items()}
    return {name: value for name, value in {**base, **merged}.items() if value is not None}


def _refuse_immutable(key: Key, before: Manifest, wanted: Manifest) -> None:
    if before.get("immutable") and before["data"] != wanted["data"]:
        raise ImmutableError(f"{key}: data is immutable")
    if key.resource == JOBS:
        changed = _list_changes(before["spec"], wanted["spec"])
        if changed - _STEERING:
            raise ImmutableError(f"{key}: {changed - _STEERING} are immutable")


def _list_changes(before: Manifest, wanted: Manifest) -> set[str]:
    return {name for name in {*before, *wanted} if before.get(name) != wanted.get(name)}


def iterate_values(value: Any) -> Iterator[Any]:
    """Every value inside a JSON value, itself included."""
    yield value
    nested = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    for item in nested:
        yield from iterate_values(item)


def clone(value: Any) -> Any:
    """A deep copy of a JSON value, faster than the general one."""
    return json.loads(json.dumps(value))
