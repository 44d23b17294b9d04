"""What the engine looks at: types, namespaces, and whose child an object is."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from argmin.api.common import LABEL_KIND, LABEL_NAME
from argmin.plan import Key, Kind, Manifest, Resource


@dataclass(frozen=True)
class Scope:
    """The types of all kinds and their children, in the namespaces that are served."""

    owners: tuple[Resource, ...]
    children: tuple[Resource, ...]
    namespaces: tuple[str | None, ...] = (None,)
    """`None` alone is the whole cluster."""

    @classmethod
    def of(cls, kinds: Iterable[Kind[Any, Any]], namespaces: Iterable[str] = ()) -> Scope:
        """The scope of some kinds; no namespaces means the whole cluster."""
        kinds = tuple(kinds)
        children = {child: None for kind in kinds for child in kind.children}
        return cls(
            owners=tuple(kind.resource for kind in kinds),
            children=tuple(children),
            namespaces=tuple(namespaces) or (None,),
        )

    @property
    def resources(self) -> tuple[Resource, ...]:
        """Every type, children first: an owner is never seen without its children."""
        return (*self.children, *self.owners)

    def selector(self, resource: Resource) -> str:
        """Label selector of what concerns us: all custom resources, and only labelled children."""
        return LABEL_NAME if resource in self.children else ""

    def owner_of(self, resource: Resource, manifest: Manifest) -> Key | None:
        """The custom resource that an object concerns: itself, or the one its labels name."""
        metadata = manifest["metadata"]
        namespace = metadata.get("namespace", "")
        if resource in self.owners:
            return Key(resource, namespace, metadata["name"])
        labels = metadata.get("labels") or {}
        for owner in self.owners:
            if owner.kind == labels.get(LABEL_KIND) and LABEL_NAME in labels:
                return Key(owner, namespace, labels[LABEL_NAME])
        return None
