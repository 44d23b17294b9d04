"""An API server in memory, as honest as the tests of the engine need it.

Server-side apply with managed fields, merge patches, deletion with a uid precondition, finalizers,
the garbage collector, generations, and a log of all writes. There are no schemas: what a field may
hold is tested on a real API server.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from argmin.api.base import MANAGER
from argmin.api.scalars import format_time
from argmin.plan import Key, Manifest, Resource
from argmin.runtime.kube.errors import ApiError, ConflictError, NotFoundError, error_of
from tests.worlds.fields import (
    Path,
    arrange,
    clone,
    list_changes,
    list_paths,
    pack,
    read,
    remove,
    write,
)

USER = "kubectl-edit"
_UNVERSIONED = frozenset({"ConfigMap", "Secret", "Event"})
"""Types whose generation does not move."""

Manager = tuple[str, str, str]
"""Name, operation and subresource."""
Listener = Callable[[Resource, str, Manifest], None]


@dataclass
class Stored:
    """An object, and which manager owns which of its fields."""

    manifest: Manifest
    fields: dict[Manager, frozenset[Path]] = field(default_factory=dict)

    @property
    def uid(self) -> str:
        return str(self.manifest["metadata"]["uid"])

    @property
    def owners(self) -> list[str]:
        return [o["uid"] for o in self.manifest["metadata"].get("ownerReferences") or ()]


class ApiServer:
    """The objects of a cluster; every method either changes something and says so, or not."""

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self.writes: list[str] = []
        """What changed an object, as `verb Kind namespace/name`; of the operator alone."""
        self.requests: list[str] = []
        """Every request of the operator that may write, whether it changed anything or not."""
        self.missing: set[Resource] = set()
        """Types that are not installed."""
        self.refusals: dict[tuple[str, Resource], ApiError] = {}
        """What is answered to a verb on a type, such as `list`."""
        self.unknown: dict[Resource, str] = {}
        """A field of the spec of a type that its schema does not have: it is dropped."""
        self.listeners: list[Listener] = []
        self._clock = clock
        self._version = 100
        self._made: Counter[Key] = Counter()
        self._objects: dict[Key, Stored] = {}

    # What the operator, users and controllers do.

    def find(self, key: Key) -> Manifest | None:
        self._check("get", key.resource)
        stored = self._objects.get(key)
        return None if stored is None else _render(key.resource, stored)

    def list_all(
        self, resource: Resource, namespace: str | None = None, labels: Mapping[str, str] = {}
    ) -> list[Manifest]:
        """The objects of a type, by name; a label with an empty value has any."""
        self._check("list", resource)
        return [
            _render(resource, stored)
            for key, stored in sorted(self._objects.items(), key=lambda entry: str(entry[0]))
            if key.resource == resource
            and namespace in (None, "", key.namespace)
            and _has_labels(stored.manifest, labels)
        ]

    @property
    def version(self) -> str:
        return str(self._version)

    def create(self, resource: Resource, manifest: Manifest, by: str = USER) -> Manifest:
        self._check("create", resource)
        key = key_of(resource, manifest)
        if key in self._objects:
            raise ConflictError(f"{key} exists", 409, "AlreadyExists")
        return self._make(key, manifest, (by, "Update", ""))

    def apply(
        self, resource: Resource, manifest: Manifest, by: str = MANAGER, subresource: str = ""
    ) -> Manifest:
        """Server-side apply, with force."""
        self._check("patch", resource)
        key, manager = key_of(resource, manifest), (by, "Apply", subresource)
        manifest = clone(manifest)
        manifest.get("spec", {}).pop(self.unknown.get(resource, ""), None)
        stored = self._objects.get(key)
        uid = manifest["metadata"].get("uid")
        if stored is None and (uid or subresource):
            raise (error_of(409, "no existing object was found") if uid else NotFoundError("gone"))
        if stored is None:
            return self._make(key, manifest, manager)
        if uid not in (None, stored.uid):
            raise ConflictError(f"{key}: another uid", 409, "Conflict")
        parts = ("status",) if subresource else tuple(n for n in manifest if n != "status")
        paths = list_paths({name: manifest[name] for name in parts if name in manifest})
        return self._change(key, _merge(stored, manifest, paths, manager), manager, paths)

    def patch(self, key: Key, body: Manifest, by: str = USER, subresource: str = "") -> Manifest:
        """Merge patch; of the status only through its subresource."""
        self._check("patch", key.resource)
        stored = self._objects.get(key)
        if stored is None:
            raise NotFoundError(f"{key} is not found", 404)
        version = body.get("metadata", {}).get("resourceVersion")
        if version not in (None, stored.manifest["metadata"]["resourceVersion"]):
            raise ConflictError(f"{key}: another resource version", 409, "Conflict")
        kept = {name: v for name, v in body.items() if (name == "status") == bool(subresource)}
        if body.get("metadata", {}).get("managedFields") == [{}]:
            stored.fields = {}
            return self._announce(key, stored, "MODIFIED")
        return self._change(key, _merge_patch(stored.manifest, kept), (by, "Update", subresource))

    def replace(self, key: Key, manifest: Manifest, by: str = USER) -> Manifest:
        """Store another state of an object, its status included: what a controller does."""
        wanted = clone(manifest)
        wanted["metadata"].pop("managedFields", None)
        return self._change(key, wanted, (by, "Update", ""))

    def delete(self, key: Key, uid: str = "", by: str = USER) -> Manifest | None:
        """Delete; the object that finalizers keep, or `None` if it is gone."""
        self._check("delete", key.resource)
        stored = self._objects.get(key)
        if stored is None:
            raise NotFoundError(f"{key} is not found", 404)
        if uid and uid != stored.uid:
            raise ConflictError(f"{key}: another uid", 409, "Conflict")
        metadata = stored.manifest["metadata"]
        if not metadata.get("finalizers"):
            self._note("delete", key, by)
            self._remove(key)
            return None
        if "deletionTimestamp" in metadata:
            return _render(key.resource, stored)
        going = {"metadata": {"deletionTimestamp": format_time(self._clock())}}
        return self._change(key, _merge_patch(stored.manifest, going), (by, "delete", ""))

    def install(self, resource: Resource) -> None:
        self.missing.discard(resource)

    def uninstall(self, resource: Resource) -> None:
        """Remove a type and its objects; no watch says so."""
        self._objects = {k: v for k, v in self._objects.items() if k.resource != resource}
        self.missing.add(resource)

    @property
    def keys(self) -> list[Key]:
        return sorted(self._objects, key=str)

    # How it does it.

    def _check(self, verb: str, resource: Resource) -> None:
        if resource in self.missing:
            raise NotFoundError(f"cannot {verb} {resource.kind}: 404 page not found", 404)
        if (verb, resource) in self.refusals:
            raise self.refusals[verb, resource]

    def _make(self, key: Key, manifest: Manifest, manager: Manager) -> Manifest:
        self._made[key] += 1
        head = {"apiVersion": key.resource.api_version, "kind": key.resource.kind}
        made = {**clone(manifest), **head}
        made["metadata"] |= {
            "uid": f"uid-of-{str(key).replace(' ', '-').replace('/', '-')}-{self._made[key]}",
            "creationTimestamp": format_time(self._clock()),
            "generation": 1,
        }
        stored = self._objects[key] = Stored(made, {manager: list_paths(manifest)})
        self._note("create", key, manager[0])
        rendered = self._announce(key, stored, "ADDED")
        self._collect()
        return rendered

    def _change(
        self,
        key: Key,
        wanted: Manifest,
        manager: Manager,
        applied: frozenset[Path] | None = None,
    ) -> Manifest:
        """Store another state of an object; `applied` are the fields of a server-side apply."""
        stored = self._objects[key]
        changes = list_changes(stored.manifest, wanted)
        fields = {
            other: left
            for other, owned in stored.fields.items()
            if other != manager and (left := owned - changes)
        }
        own = stored.fields.get(manager, frozenset())
        present = frozenset(path for path in changes if read(wanted, path) is not None)
        fields[manager] = (own - changes) | present if applied is None else applied
        if not fields[manager]:
            del fields[manager]
        if wanted == stored.manifest and fields == stored.fields:
            return _render(key.resource, stored)
        if wanted.get("spec") != stored.manifest.get("spec") and key.resource.kind not in (
            _UNVERSIONED
        ):
            wanted["metadata"]["generation"] += 1
        stored.manifest, stored.fields = wanted, fields
        verb = f"{manager[1].lower()} {manager[2]}".strip()
        self._note(verb if manager[1] in ("Apply", "delete") else "patch", key, manager[0])
        rendered = self._announce(key, stored, "MODIFIED")
        if "deletionTimestamp" in wanted["metadata"] and not wanted["metadata"].get("finalizers"):
            self._remove(key)
        return rendered

    def _note(self, verb: str, key: Key, by: str) -> None:
        if by.startswith(MANAGER):
            self.writes.append(f"{verb} {key}")

    def _announce(self, key: Key, stored: Stored, change: str) -> Manifest:
        self._version += 1
        stored.manifest["metadata"]["resourceVersion"] = str(self._version)
        for listener in self.listeners:
            listener(key.resource, change, _render(key.resource, stored))
        return _render(key.resource, stored)

    def _remove(self, key: Key) -> None:
        self._announce(key, self._objects.pop(key), "DELETED")
        self._collect()

    def _collect(self) -> None:
        """The garbage collector: what had owners and has none left goes."""
        alive = {stored.uid for stored in self._objects.values()}
        for key, stored in list(self._objects.items()):
            if key in self._objects and stored.owners and not alive & set(stored.owners):
                self.delete(key, by="garbage-collector")


def key_of(resource: Resource, manifest: Manifest) -> Key:
    """The key of an object."""
    metadata = manifest["metadata"]
    return Key(resource, metadata.get("namespace") or "", metadata["name"])


def _render(resource: Resource, stored: Stored) -> Manifest:
    rendered: Manifest = clone(stored.manifest)
    rendered["metadata"]["managedFields"] = [
        {
            "manager": name,
            "operation": operation,
            "apiVersion": resource.api_version,
            "fieldsType": "FieldsV1",
            "fieldsV1": pack(paths),
            **({"subresource": subresource} if subresource else {}),
        }
        for (name, operation, subresource), paths in sorted(stored.fields.items())
    ]
    return rendered


def _merge(
    stored: Stored, manifest: Manifest, paths: frozenset[Path], manager: Manager
) -> Manifest:
    """The object with the fields of a manifest, without those that its manager gave up."""
    merged: Manifest = clone(stored.manifest)
    others = frozenset[Path]().union(*(p for m, p in stored.fields.items() if m != manager))
    for path in sorted(stored.fields.get(manager, frozenset()) - paths - others):
        if not any(kept[: len(path)] == path for kept in paths | others):
            remove(merged, path)
    for path in sorted(paths):
        write(merged, path, read(manifest, path))
    arrange(merged, manifest)
    return merged


def _merge_patch(before: Any, body: Any) -> Any:
    """RFC 7386: null removes."""
    if not isinstance(body, dict):
        return clone(body)
    base = before if isinstance(before, dict) else {}
    merged = {name: _merge_patch(base.get(name), value) for name, value in body.items()}
    return {name: clone(v) for name, v in {**base, **merged}.items() if v is not None}


def _has_labels(manifest: Manifest, labels: Mapping[str, str]) -> bool:
    found = manifest["metadata"].get("labels") or {}
    return all(name in found and value in ("", found[name]) for name, value in labels.items())
