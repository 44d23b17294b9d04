"""What the watches have seen, and what our own writes returned: one memory of the cluster.

Objects are kept as JSON bytes, without what nobody reads, so that a thousand finished jobs weigh
little; every reader gets a copy of its own.
"""

from __future__ import annotations

import json
from collections import OrderedDict, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from argmin.plan import PODS, Key, Manifest, Resource

_GRAVES = 10_000
"""How many gone objects are remembered, so that a late response resurrects none."""

_UNREAD_ANNOTATION = "kubectl.kubernetes.io/last-applied-configuration"
_POD_SPEC_READ = ("nodeName",)


@dataclass(frozen=True)
class _Entry:
    key: Key
    uid: str
    version: int
    owners: tuple[str, ...]
    body: bytes


class Cache:
    """Objects by resource, by name and by the uid of their owner; the newer version wins."""

    def __init__(self) -> None:
        self._entries: dict[tuple[Resource, str], _Entry] = {}
        self._uid_of: dict[Key, str] = {}
        self._owned: dict[tuple[Resource, str], set[str]] = defaultdict(set)
        self._graves: OrderedDict[str, int] = OrderedDict()

    def __len__(self) -> int:
        return len(self._entries)

    def get(self, key: Key) -> Manifest | None:
        """The object of a name, or `None`."""
        uid = self._uid_of.get(key)
        return None if uid is None else _thaw(self._entries[key.resource, uid])

    def children(self, resource: Resource, owner_uid: str) -> list[Manifest]:
        """The objects that name `owner_uid` in their ownerReferences, by name."""
        found = (self._entries[resource, uid] for uid in self._owned.get((resource, owner_uid), ()))
        return [
            _thaw(entry) for entry in sorted(found, key=lambda e: (e.key.namespace, e.key.name))
        ]

    def keys(self, resource: Resource) -> list[Key]:
        """The names of all objects of a type."""
        return [key for key in self._uid_of if key.resource == resource]

    def count(self, resource: Resource) -> int:
        """How many objects of a type there are."""
        return sum(1 for kind, _ in self._entries if kind == resource)

    def put(self, resource: Resource, manifest: Manifest) -> bool:
        """Take in an object; whether it was news.

        A version older than what is known, or than the object's deletion, changes nothing.
        """
        entry = _freeze(resource, manifest)
        if entry.version <= self._graves.get(entry.uid, 0):
            return False
        known = self._find_namesake(entry)
        if known is not None and known.version >= entry.version:
            return False
        if known is not None:
            self._drop(known)
        self._entries[resource, entry.uid] = entry
        self._uid_of[entry.key] = entry.uid
        for owner in entry.owners:
            self._owned[resource, owner].add(entry.uid)
        return True

    def remove(self, resource: Resource, manifest: Manifest) -> bool:
        """Forget an object that is gone since its last state; whether it was known.

        What is known of it from a later moment stays: it had only left the watch's sight.
        """
        return self._bury(resource, manifest["metadata"]["uid"], version_of(manifest))

    def forget(self, key: Key, uid: str) -> None:
        """Forget an object that we have deleted ourselves; a namesake stays."""
        entry = self._entries.get((key.resource, uid))
        if entry is not None:
            self._bury(key.resource, uid, entry.version)

    def evict_absent(
        self, resource: Resource, namespace: str | None, present: set[str], version: int
    ) -> list[Manifest]:
        """Forget what a complete list of a type, taken at `version`, no longer has.

        Objects newer than the list stay. Returns what was forgotten.
        """
        gone = [
            entry
            for entry in self._iterate(resource)
            if entry.uid not in present
            and entry.version <= version
            and namespace in (None, entry.key.namespace)
        ]
        for entry in gone:
            self._bury(resource, entry.uid, version)
        return [_thaw(entry) for entry in gone]

    def _bury(self, resource: Resource, uid: str, version: int) -> bool:
        entry = self._entries.get((resource, uid))
        if entry is not None and entry.version > version:
            return False
        self._graves[uid] = max(version, self._graves.pop(uid, 0))
        if len(self._graves) > _GRAVES:
            self._graves.popitem(last=False)
        if entry is not None:
            self._drop(entry)
        return entry is not None

    def _iterate(self, resource: Resource) -> Iterator[_Entry]:
        return (entry for (kind, _), entry in self._entries.items() if kind == resource)

    def _find_namesake(self, entry: _Entry) -> _Entry | None:
        uid = self._uid_of.get(entry.key)
        return None if uid is None else self._entries[entry.key.resource, uid]

    def _drop(self, entry: _Entry) -> None:
        resource = entry.key.resource
        del self._entries[resource, entry.uid]
        del self._uid_of[entry.key]
        for owner in entry.owners:
            owned = self._owned[resource, owner]
            owned.discard(entry.uid)
            if not owned:
                del self._owned[resource, owner]


def version_of(manifest: Manifest) -> int:
    """The resource version as the number that orders the states of one type of object."""
    return int(manifest["metadata"]["resourceVersion"])


def _freeze(resource: Resource, manifest: Manifest) -> _Entry:
    metadata = manifest["metadata"]
    return _Entry(
        key=Key(resource, metadata.get("namespace", ""), metadata["name"]),
        uid=metadata["uid"],
        version=version_of(manifest),
        owners=tuple(owner["uid"] for owner in metadata.get("ownerReferences") or ()),
        body=json.dumps(_trim(resource, manifest), separators=(",", ":")).encode(),
    )


def _thaw(entry: _Entry) -> Manifest:
    manifest: Manifest = json.loads(entry.body)
    return manifest


def _trim(resource: Resource, manifest: Manifest) -> Manifest:
    """The object without what no kind reads; most of a pod's weight is its specification."""
    metadata = _without(manifest["metadata"], ("managedFields",))
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
