"""Sets of fields and server-side apply, as the API server has them, without a schema.

A path is a tuple of elements as in `fieldsV1`: `f:name` in a map, `k:{…}` in a list-map, `v:…` in a
set. Lists that are neither are atomic.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any

Path = tuple[str, ...]
Manifest = dict[str, Any]

_KEYS = {"ownerReferences": "uid", "conditions": "type", "containers": "name", "attempts": "name"}
_SETS = ("finalizers",)
_ATOMIC_ITEMS = ("ownerReferences",)
_IDENTITY = frozenset(
    ("apiVersion", "kind")
) | frozenset(
    ("metadata", name)
    for name in ("name", "namespace", "uid", "generation", "resourceVersion", "creationTimestamp")
)  # fmt: skip


def clone(value: Any) -> Any:
    """A deep copy of a JSON value, faster than the general one."""
    return json.loads(json.dumps(value))


def list_paths(manifest: Manifest) -> frozenset[Path]:
    """The fields that a manifest sets, without those that identify the object."""
    metadata = {
        n: v for n, v in manifest.get("metadata", {}).items() if ("metadata", n) not in _IDENTITY
    }
    rest = {n: v for n, v in manifest.items() if n not in _IDENTITY and n != "metadata"}
    return frozenset(_walk({**rest, **({"metadata": metadata} if metadata else {})}, ()))


def _walk(value: Any, path: Path) -> Iterator[Path]:
    name = path[-1].removeprefix("f:") if path else ""
    if isinstance(value, dict) and value:
        for each, inner in value.items():
            yield from _walk(inner, (*path, f"f:{each}"))
    elif isinstance(value, list) and value and name in _KEYS:
        for item in value:
            element = (*path, _name_item(name, item))
            yield element
            if name not in _ATOMIC_ITEMS:
                yield from _walk(item, element)
    elif isinstance(value, list) and value and name in _SETS:
        yield from ((*path, f"v:{json.dumps(item)}") for item in value)
    else:
        yield path


def _name_item(name: str, item: Manifest) -> str:
    return "k:" + json.dumps({_KEYS[name]: item[_KEYS[name]]}, separators=(",", ":"))


def read(value: Any, path: Path) -> Any:
    """The value at a path; `None` if there is none."""
    for element in path:
        form, _, text = element.partition(":")
        if form == "f":
            value = value.get(text) if isinstance(value, dict) else None
        else:
            value = next((item for item in value or () if _is_item(item, form, text)), None)
    return value


def write(root: Manifest, path: Path, wanted: Any) -> None:
    """Set the value at a path, making what is missing on the way."""
    holder: Any = root
    for element, after in zip(path, (*path[1:], ""), strict=True):
        form, _, text = element.partition(":")
        empty: Any = [] if after[:2] in ("k:", "v:") else {}
        if form == "f":
            if not after:
                holder[text] = clone(wanted)
            elif not isinstance(holder.get(text), type(empty)):
                holder[text] = empty
            holder = holder[text]
        else:
            holder = _write_item(holder, form, text, clone(wanted) if not after else None)


def _write_item(items: list[Any], form: str, text: str, wanted: Any) -> Any:
    place = next((n for n, item in enumerate(items) if _is_item(item, form, text)), None)
    if place is None:
        items.append(json.loads(text) if wanted is None else wanted)
        return items[-1]
    if wanted is not None:
        items[place] = {**items[place], **wanted} if isinstance(wanted, dict) else wanted
    return items[place]


def remove(root: Manifest, path: Path) -> None:
    """Remove the value at a path, and what is empty then."""
    if not path or read(root, path) is None:
        return
    holder, (form, _, text) = read(root, path[:-1]), path[-1].partition(":")
    if form == "f":
        del holder[text]
    else:
        holder[:] = [item for item in holder if not _is_item(item, form, text)]
    if not holder and path[:-1] not in ((), ("f:spec",), ("f:metadata",)):
        remove(root, path[:-1])


def _is_item(item: Any, form: str, text: str) -> bool:
    wanted = json.loads(text)
    if form == "v":
        return bool(item == wanted)
    return isinstance(item, dict) and all(item.get(n) == v for n, v in wanted.items())


def arrange(merged: Any, applied: Any) -> None:
    """Put the items of list-maps in the order in which they were applied, others after them."""
    for name, value in applied.items():
        found = merged.get(name)
        if isinstance(value, dict) and isinstance(found, dict):
            arrange(found, value)
        elif name in _KEYS and isinstance(found, list):
            merged[name] = _arrange_items(found, value, _KEYS[name])


def _arrange_items(found: list[Manifest], applied: list[Manifest], key: str) -> list[Manifest]:
    order = {item[key]: place for place, item in enumerate(applied)}
    return sorted(found, key=lambda item: order.get(item[key], len(order)))


def pack(paths: Iterable[Path]) -> Manifest:
    """A set of fields as `fieldsV1`."""
    paths = set(paths)
    packed: Manifest = {}
    for path in sorted(paths):
        inner = packed
        for element in path:
            inner = inner.setdefault(element, {})
        if any(other[: len(path)] == path for other in paths if len(other) > len(path)):
            inner["."] = {}
    return packed


def list_changes(before: Manifest, after: Manifest) -> frozenset[Path]:
    """The fields whose value differs between two states of an object."""
    paths = list_paths(before) | list_paths(after)
    return frozenset(path for path in paths if read(before, path) != read(after, path))
