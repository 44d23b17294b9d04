"""What the kinds of the tests share: the head of a child, and conditions of a status."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from argmin.api.base import LABEL_KIND, LABEL_MANAGED_BY, LABEL_NAME, MANAGER
from argmin.api.conditions import RECONCILING, STALLED, condition, set_condition
from argmin.api.meta import Condition, Metadata
from argmin.backends.pods.job import build_owner_reference
from argmin.backends.run import Owner
from argmin.plan import Manifest, Resource


def name_owner(resource: Resource, metadata: Metadata) -> Owner:
    """An object as the owner of its children."""
    namespace = metadata.namespace if resource.namespaced else ""
    return Owner(resource, namespace, metadata.name, metadata.uid)


def build_child(
    owner: Owner, resource: Resource, namespace: str, name: str, **content: Any
) -> Manifest:
    """A child of an object: labelled, owned, and no part of a run."""
    labels = {
        LABEL_NAME: owner.name,
        LABEL_KIND: owner.resource.kind,
        LABEL_MANAGED_BY: MANAGER,
    }
    return {
        "apiVersion": resource.api_version,
        "kind": resource.kind,
        "metadata": {
            "name": name,
            "namespace": namespace,
            "labels": labels,
            "ownerReferences": [build_owner_reference(owner)],
        },
        **content,
    }


def set_conditions(
    before: tuple[Condition, ...],
    now: datetime,
    generation: int,
    **wanted: tuple[bool, str, str],
) -> tuple[Condition, ...]:
    """The conditions with others in their place: by type whether it holds, reason, message.

    `Stalled` and `Reconciling` belong to every kind: the engine sets them when a reconcile fails,
    and the kind has to say that they hold no longer.
    """
    _, reason, message = next(iter(wanted.values()))
    is_done = any(holds for holds, _, _ in wanted.values())
    common = {STALLED: (False, "NotStalled", ""), RECONCILING: (not is_done, reason, message)}
    for kind, (holds, reason, message) in (common | wanted).items():
        before = set_condition(before, condition(kind, holds, reason, message, now, generation))
    return before
