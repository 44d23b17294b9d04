"""What the engine watches: types, namespaces, and which owner an object belongs to."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from argmin.api.base import LABEL_KIND, LABEL_NAME
from argmin.plan import Key, Kind, Manifest, Resource


@dataclass(frozen=True)
class Scope:
    """The types of all kinds and their children, in the watched namespaces."""

    owners: tuple[Resource, ...]
    children: tuple[Resource, ...]
    namespaces: tuple[str | None, ...] = (None,)
    """`None` alone means the whole cluster."""
    parents: Mapping[Resource, frozenset[Resource]] = field(default_factory=dict)
    """The kinds that have a type as a child."""

    @classmethod
    def of(cls, kinds: Iterable[Kind[Any, Any, Any]], namespaces: Iterable[str] = ()) -> Scope:
        """The scope of some kinds; no namespaces means the whole cluster."""
        kinds = tuple(kinds)
        parents: dict[Resource, set[Resource]] = {}
        # A type that one kind cannot do without is missed by all: its first mention decides.
        for child, owner in sorted(
            ((child, kind.resource) for kind in kinds for child in kind.children),
            key=lambda pair: pair[0].optional,
        ):
            parents.setdefault(child, set()).add(owner)
        return cls(
            owners=tuple(kind.resource for kind in kinds),
            children=tuple(parents),
            namespaces=tuple(namespaces) or (None,),
            parents={child: frozenset(owners) for child, owners in parents.items()},
        )

    @property
    def resources(self) -> tuple[Resource, ...]:
        """Every type, children first: an owner is never in the cache without its children."""
        return (*self.children, *self.owners)

    def selector(self, resource: Resource) -> str:
        """The label selector of a type: none for custom resources, argmin's label for children."""
        return LABEL_NAME if resource in self.children else ""

    def namespaces_of(self, resource: Resource) -> tuple[str | None, ...]:
        """The namespaces in which the objects of a type are watched."""
        return self.namespaces if resource.namespaced else (None,)

    def owner_of(
        self, resource: Resource, manifest: Manifest, controllers: Iterable[Key] = ()
    ) -> Key | None:
        """The custom resource to reconcile for an object: itself, or its nearest known controller.

        Without a known controller the labels decide: the object lost its owner reference, or it is
        listed before its owner.
        """
        metadata = manifest["metadata"]
        namespace = metadata.get("namespace", "")
        if resource in self.owners:
            return Key(resource, namespace, metadata["name"])
        known = next((key for key in controllers if key.resource in self.owners), None)
        if known is not None:
            return known
        labels = metadata.get("labels") or {}
        for owner in self.owners:
            if owner.kind == labels.get(LABEL_KIND) and LABEL_NAME in labels:
                return Key(owner, namespace if owner.namespaced else "", labels[LABEL_NAME])
        return None
