"""Whether a child still is as it was applied, by its digest and its managed fields; pure.

Design note 0019 has the reasons and the limits.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from argmin.api.base import GROUP, MANAGER
from argmin.plan import Manifest

APPLIED_DIGEST = f"{GROUP}/applied-digest"
"""Annotation of a child: digest of the manifest that was applied last, without the annotation."""

_DIGEST_LENGTH = 32
_EMPTY: tuple[object, ...] = (None, {}, [])
_IDENTITY = ("name", "namespace")
"""Metadata of a manifest that no manager owns."""


def stamp(manifest: Manifest) -> Manifest:
    """The manifest with the digest of itself as an annotation."""
    text = json.dumps(manifest, sort_keys=True, separators=(",", ":"))
    digest = hashlib.sha256(text.encode()).hexdigest()[:_DIGEST_LENGTH]
    metadata = manifest["metadata"]
    annotations = {**(metadata.get("annotations") or {}), APPLIED_DIGEST: digest}
    return {**manifest, "metadata": {**metadata, "annotations": annotations}}


def find_digest(manifest: Manifest) -> str:
    """The digest that an object is annotated with; empty if it has none."""
    return (manifest["metadata"].get("annotations") or {}).get(APPLIED_DIGEST) or ""


def list_own_fields(manifest: Manifest) -> list[Manifest]:
    """The entries of `managedFields` for what argmin applies to an object that it has stamped."""
    if not find_digest(manifest):
        return []
    return [
        entry
        for entry in manifest["metadata"].get("managedFields") or ()
        if (entry.get("manager"), entry.get("operation")) == (MANAGER, "Apply")
        and not entry.get("subresource")
    ]


def is_as_applied(stamped: Manifest, found: Manifest) -> bool:
    """Whether an object has all fields of a stamped manifest, each still owned by argmin.

    Whoever else changes or removes a field that was applied takes it out of argmin's own.
    """
    version = stamped["apiVersion"]
    entries = (e for e in list_own_fields(found) if e.get("apiVersion") == version)
    owned = next(entries, {}).get("fieldsV1")
    if not owned or find_digest(found) != find_digest(stamped):
        return False
    metadata = {n: v for n, v in stamped["metadata"].items() if n not in _IDENTITY}
    wanted = {n: v for n, v in stamped.items() if n not in ("apiVersion", "kind")}
    return _owns({**wanted, "metadata": metadata}, found, owned)


def _owns(wanted: Any, found: Any, owned: Manifest) -> bool:
    """Whether a value is owned; `owned` is its set of fields, in the form of `fieldsV1`."""
    if not isinstance(wanted, dict | list):
        return True
    if not owned:  # as a whole, or nothing inside it is owned any more
        return _includes(found, wanted)
    if isinstance(wanted, list):
        return all(_owns_item(item, found, owned) for item in wanted)
    return all(
        (value in _EMPTY and (value is None or live in _EMPTY))
        or (f"f:{name}" in owned and _owns(value, live, owned[f"f:{name}"]))
        for name, value in wanted.items()
        for live in [_enter(found, name)]
    )


def _owns_item(item: Any, found: Any, owned: Manifest) -> bool:
    """Whether an item of a list is owned: as a member of a set, or by its key in a list-map."""
    for name, fields in owned.items():
        form, _, text = name.partition(":")
        if form == "v" and json.loads(text) == item:
            return True
        if form == "k" and _matches(item, key := json.loads(text)):
            live = (each for each in found or () if _matches(each, key))
            return _owns(item, next(live, None), fields)
    return False


def _matches(item: Any, key: Mapping[str, Any]) -> bool:
    """Whether an item of a list-map has a key; what it leaves out is defaulted."""
    return isinstance(item, dict) and all(item.get(name, v) == v for name, v in key.items())


def _includes(found: Any, wanted: Any) -> bool:
    """Whether a value has everything that is wanted; more may have been defaulted."""
    if isinstance(wanted, dict):
        return isinstance(found, dict) and all(
            _includes(found.get(name), value) for name, value in wanted.items()
        )
    if isinstance(wanted, list) and isinstance(found, list):
        return len(found) == len(wanted) and all(map(_includes, found, wanted))
    return bool(found == wanted)


def _enter(found: Any, name: str) -> Any:
    return found.get(name) if isinstance(found, dict) else None
