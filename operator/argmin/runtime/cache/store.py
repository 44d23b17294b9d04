"""The cache of objects, from watch events and from the responses to the operator's own writes.

Objects are stored as JSON bytes without unused fields, to keep a thousand finished jobs small;
every reader gets a copy of its own.
"""

from __future__ import annotations

import json
from collections import OrderedDict, defaultdict
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass

from argmin.api.conditions import is_finished
from argmin.plan import PODS, Key, Manifest, Resource
from argmin.runtime.cache.ownership import list_own_fields

_TOMBSTONES = 10_000
"""Maximum number of tombstones, by which a late response does not restore a deleted object."""

_UNREAD_ANNOTATION = "kubectl.kubernetes.io/last-applied-configuration"
_POD_SPEC_READ = ("nodeName",)
_LONGEST_CHAIN = 4
"""Maximum depth of owner references that are followed: a pod, its Job, the Job's owner."""
_FINISHED_LIMIT = 4096
"""Maximum bytes of a finished object; a larger one is stored without its spec."""


@dataclass(frozen=True)
class _Entry:
    key: Key
    uid: str
    version: int
    owners: tuple[str, ...]
    controller: str
    body: bytes
    is_whole: bool


class Cache:
    """Objects by resource, name and owner uid; only a newer resource version replaces an object."""

    def __init__(self, bulky: Collection[Resource] = ()) -> None:
        """Large finished objects of the `bulky` types are stored without their spec."""
        self._bulky = frozenset(bulky)
        self._reconciled: set[tuple[Resource, str]] = set()
        self._entries: dict[tuple[Resource, str], _Entry] = {}
        self._by_uid: dict[str, _Entry] = {}
        self._uid_of: dict[Key, str] = {}
        self._owned: dict[tuple[Resource, str], set[str]] = defaultdict(set)
        self._tombstones: OrderedDict[str, int] = OrderedDict()
        self._missing: set[Resource] = set()

    def __len__(self) -> int:
        return len(self._entries)

    def get(self, key: Key) -> Manifest | None:
        """The object with this key, or `None`; without its spec if `is_whole` is false."""
        entry = self._find(key)
        return None if entry is None else _thaw(entry)

    def is_whole(self, key: Key) -> bool:
        """Whether an object is stored with its spec."""
        entry = self._find(key)
        return entry is None or entry.is_whole

    def mark_reconciled(self, key: Key) -> None:
        """Record that the cached version of an object has been reconciled successfully."""
        entry = self._find(key)
        if entry is not None:
            self._reconciled.add((key.resource, entry.uid))

    def list_unreconciled(self, resource: Resource) -> list[Key]:
        """The objects of a type that have changed since their last successful reconcile."""
        return [
            entry.key
            for entry in self._iterate(resource)
            if (resource, entry.uid) not in self._reconciled
        ]

    def children(self, resource: Resource, owner_uid: str) -> list[Manifest]:
        """The objects that name `owner_uid` in their ownerReferences, by name."""
        found = (self._entries[resource, uid] for uid in self._owned.get((resource, owner_uid), ()))
        return [
            _thaw(entry) for entry in sorted(found, key=lambda e: (e.key.namespace, e.key.name))
        ]

    def list_controllers(self, manifest: Manifest) -> Iterator[Key]:
        """The controller of an object, the controller of that, and so on, as far as cached."""
        uid = _find_controller(manifest)
        for _ in range(_LONGEST_CHAIN):
            entry = self._by_uid.get(uid)
            if entry is None:
                return
            yield entry.key
            uid = entry.controller

    def keys(self, resource: Resource) -> list[Key]:
        """The names of all objects of a type."""
        return [key for key in self._uid_of if key.resource == resource]

    def count(self, resource: Resource) -> int:
        """Number of objects of a type."""
        return sum(1 for kind, _ in self._entries if kind == resource)

    def put(self, resource: Resource, manifest: Manifest) -> bool:
        """Store an object; returns whether it changed the cache.

        A version older than the cached one, or than the object's deletion, changes nothing.
        """
        entry = _freeze(resource, manifest, resource in self._bulky)
        if entry.version <= self._tombstones.get(entry.uid, 0):
            return False
        known = self._find(entry.key)
        if known is not None and known.version >= entry.version:
            return False
        if known is not None:
            self._drop(known)
        self._entries[resource, entry.uid] = entry
        self._by_uid[entry.uid] = entry
        self._uid_of[entry.key] = entry.uid
        for owner in entry.owners:
            self._owned[resource, owner].add(entry.uid)
        return True

    def remove(self, resource: Resource, manifest: Manifest) -> bool:
        """Remove a deleted object, given its last state; returns whether it was cached.

        A newer cached version stays: the object had only left the selector of the watch.
        """
        return self._add_tombstone(resource, manifest["metadata"]["uid"], version_of(manifest))

    def forget(self, key: Key, uid: str) -> None:
        """Remove an object that this process has deleted; one with another uid stays."""
        entry = self._entries.get((key.resource, uid))
        if entry is not None:
            self._add_tombstone(key.resource, uid, entry.version)

    def evict_absent(
        self, resource: Resource, namespace: str | None, present: set[str], version: int
    ) -> list[Manifest]:
        """Remove what a complete LIST of a type at resource version `version` does not contain.

        Objects newer than the list stay. Returns the removed objects.
        """
        gone = [
            entry
            for entry in self._iterate(resource)
            if entry.uid not in present
            and entry.version <= version
            and namespace in (None, entry.key.namespace)
        ]
        for entry in gone:
            self._add_tombstone(resource, entry.uid, version)
        return [_thaw(entry) for entry in gone]

    def is_served(self, resource: Resource) -> bool:
        """Whether the last LIST of an optional type found it; true of every other type."""
        return resource not in self._missing

    def admit(self, resource: Resource) -> bool:
        """Record that the API server serves an optional type; returns whether that is new."""
        is_new = resource in self._missing
        self._missing.discard(resource)
        return is_new

    def evict_all(self, resource: Resource) -> None:
        """Record that an optional type is not served, and remove its objects.

        If the type is served again, its objects are stored as they arrive.
        """
        self._missing.add(resource)
        for entry in list(self._iterate(resource)):
            self._drop(entry)

    def _add_tombstone(self, resource: Resource, uid: str, version: int) -> bool:
        entry = self._entries.get((resource, uid))
        if entry is not None and entry.version > version:
            return False
        self._tombstones[uid] = max(version, self._tombstones.pop(uid, 0))
        if len(self._tombstones) > _TOMBSTONES:
            self._tombstones.popitem(last=False)
        if entry is not None:
            self._drop(entry)
        return entry is not None

    def _iterate(self, resource: Resource) -> Iterator[_Entry]:
        return (entry for (kind, _), entry in self._entries.items() if kind == resource)

    def _find(self, key: Key) -> _Entry | None:
        uid = self._uid_of.get(key)
        return None if uid is None else self._entries[key.resource, uid]

    def _drop(self, entry: _Entry) -> None:
        resource = entry.key.resource
        del self._entries[resource, entry.uid]
        del self._by_uid[entry.uid]
        del self._uid_of[entry.key]
        self._reconciled.discard((resource, entry.uid))
        for owner in entry.owners:
            owned = self._owned[resource, owner]
            owned.discard(entry.uid)
            if not owned:
                del self._owned[resource, owner]


def version_of(manifest: Manifest) -> int:
    """The resource version as the number that orders the states of one type of object."""
    return int(manifest["metadata"]["resourceVersion"])


def _freeze(resource: Resource, manifest: Manifest, is_bulky: bool) -> _Entry:
    metadata = manifest["metadata"]
    trimmed = trim(resource, manifest)
    body = _pack(trimmed)
    is_whole = (
        not is_bulky or len(body) <= _FINISHED_LIMIT or not is_finished(trimmed.get("status"))
    )
    return _Entry(
        key=Key(resource, metadata.get("namespace", ""), metadata["name"]),
        uid=metadata["uid"],
        version=version_of(manifest),
        owners=tuple(owner["uid"] for owner in metadata.get("ownerReferences") or ()),
        controller=_find_controller(manifest),
        body=body if is_whole else _pack(_without(trimmed, ("spec",))),
        is_whole=is_whole,
    )


def _find_controller(manifest: Manifest) -> str:
    """UID of the controlling owner of an object; empty if it has none."""
    owners = manifest["metadata"].get("ownerReferences") or ()
    return next((owner["uid"] for owner in owners if owner.get("controller")), "")


def _pack(manifest: Manifest) -> bytes:
    return json.dumps(manifest, separators=(",", ":")).encode()


def _thaw(entry: _Entry) -> Manifest:
    manifest: Manifest = json.loads(entry.body)
    return manifest


def trim(resource: Resource, manifest: Manifest) -> Manifest:
    """The object without the fields that no kind reads, such as most of a pod's spec."""
    metadata = _without(manifest["metadata"], ("managedFields",))
    if own := list_own_fields(manifest):
        metadata["managedFields"] = own
    if _UNREAD_ANNOTATION in (metadata.get("annotations") or {}):
        metadata["annotations"] = _without(metadata["annotations"], (_UNREAD_ANNOTATION,))
    stamp = {"apiVersion": resource.api_version, "kind": resource.kind}
    trimmed = {**stamp, **manifest, "metadata": metadata}
    if resource == PODS:
        spec = manifest.get("spec") or {}
        trimmed["spec"] = {field: spec[field] for field in _POD_SPEC_READ if field in spec}
    if "binaryData" in manifest:
        trimmed["binaryData"] = dict.fromkeys(manifest["binaryData"] or {}, "")
    return trimmed


def _without(mapping: Manifest, fields: Iterable[str]) -> Manifest:
    return {name: value for name, value in mapping.items() if name not in fields}
