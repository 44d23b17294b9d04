"""A small kind for tests of the engine: a Greeting, said in a ConfigMap."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Literal

from pydantic import Field

from argmin.api.base import LABEL_KIND, LABEL_MANAGED_BY, LABEL_NAME, MANAGER, ApiModel
from argmin.api.conditions import READY, STALLED, condition, set_condition
from argmin.api.meta import Condition, Metadata
from argmin.plan import (
    CONFIG_MAPS,
    Apply,
    Call,
    Delete,
    Event,
    Key,
    Manifest,
    Plan,
    Resource,
    Retry,
    TerminalError,
    View,
)

GREETINGS = Resource("test.argmin.dev/v1", "Greeting", "greetings")

Fault = Literal["terminal", "retry", "defect", "refused"]


class GreetingSpec(ApiModel):
    """`fault` is what goes wrong on the way; `copies` how many ConfigMaps say it."""

    message: str = Field(min_length=3)
    copies: int = 1
    fault: Fault | None = None


class GreetingStatus(ApiModel):
    observed_generation: int | None = None
    state: str | None = None
    said: str | None = None
    conditions: tuple[Condition, ...] = ()


class Greeting(ApiModel):
    metadata: Metadata
    spec: GreetingSpec
    status: GreetingStatus = Field(default_factory=GreetingStatus)


@dataclass
class GreetingKind:
    """Says a greeting; `decided` counts the decisions."""

    resource: Resource = GREETINGS
    children: tuple[Resource, ...] = (CONFIG_MAPS,)
    decided: int = 0
    performed: list[str] = field(default_factory=list)

    def parse(self, manifest: Manifest) -> Greeting:
        return Greeting.model_validate(manifest)

    def want(self, obj: Greeting) -> int:
        return obj.spec.copies

    async def observe(self, obj: Greeting, wanted: int, view: View) -> Sequence[Manifest]:
        return view.children(CONFIG_MAPS, obj.metadata.uid)

    def decide(
        self, obj: Greeting, wanted: int, observed: Sequence[Manifest], now: datetime
    ) -> Plan:
        self.decided += 1
        _go_wrong(obj.spec.fault)
        copies = {build_copy(obj, n)["metadata"]["name"]: n for n in range(wanted)}
        there = {child["metadata"]["name"]: child for child in observed}
        return Plan(
            apply=tuple(
                Apply(build_copy(obj, n), "it is not said")
                for name, n in copies.items()
                if name not in there or there[name].get("data") != {"message": obj.spec.message}
            ),
            delete=tuple(
                Delete(
                    Key(CONFIG_MAPS, obj.metadata.namespace, name),
                    child["metadata"]["uid"],
                    "extra",
                )
                for name, child in there.items()
                if name not in copies
            ),
            status=_describe(obj, now).to_wire(),
            events=(Event("Greeted", f"said {obj.spec.message}"),),
        )

    async def perform(self, call: Call) -> None:
        self.performed.append(call.describe())


def build_copy(obj: Greeting, number: int) -> Manifest:
    """The ConfigMap that says it; one with an impossible name where it shall be refused."""
    name = "Not A Name" if obj.spec.fault == "refused" else f"{obj.metadata.name}-{number}"
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {
            "name": name,
            "namespace": obj.metadata.namespace,
            "labels": {
                LABEL_NAME: obj.metadata.name,
                LABEL_KIND: GREETINGS.kind,
                LABEL_MANAGED_BY: MANAGER,
            },
            "ownerReferences": [
                {
                    "apiVersion": GREETINGS.api_version,
                    "kind": GREETINGS.kind,
                    "name": obj.metadata.name,
                    "uid": obj.metadata.uid,
                    "controller": True,
                }
            ],
        },
        "data": {"message": obj.spec.message},
    }


def _go_wrong(fault: Fault | None) -> None:
    match fault:
        case "terminal":
            raise TerminalError("NothingToSay", "spec.message says nothing: write a greeting")
        case "retry":
            raise Retry(timedelta(seconds=0.1), "not now")
        case "defect":
            raise ZeroDivisionError("a defect")


def _describe(obj: Greeting, now: datetime) -> GreetingStatus:
    conditions = obj.status.conditions
    generation = obj.metadata.generation
    for kind, holds in ((READY, True), (STALLED, False)):
        conditions = set_condition(
            conditions, condition(kind, holds, "Greeted", "", now, generation)
        )
    return GreetingStatus(
        observed_generation=generation,
        state="Ready",
        said=obj.spec.message,
        conditions=conditions,
    )


def greeting(name: str, message: str = "hello", **spec: Any) -> Manifest:
    """A Greeting as a user writes it."""
    return {
        "apiVersion": GREETINGS.api_version,
        "kind": GREETINGS.kind,
        "metadata": {"name": name},
        "spec": {"message": message, **spec},
    }


def _list_map(key: str, properties: Manifest) -> Manifest:
    return {
        "type": "array",
        "x-kubernetes-list-type": "map",
        "x-kubernetes-list-map-keys": [key],
        "items": {"type": "object", "properties": properties, "required": [key]},
    }


_TEXT = {"type": "string"}
_SCHEMA: Manifest = {
    "type": "object",
    "properties": {
        "spec": {
            "type": "object",
            "properties": {"message": _TEXT, "copies": {"type": "integer"}, "fault": _TEXT},
        },
        "status": {
            "type": "object",
            "properties": {
                "observedGeneration": {"type": "integer"},
                "state": _TEXT,
                "said": _TEXT,
                "note": _TEXT,
                "conditions": _list_map(
                    "type",
                    {
                        **dict.fromkeys(
                            ("type", "status", "reason", "message", "lastTransitionTime"), _TEXT
                        ),
                        "observedGeneration": {"type": "integer"},
                    },
                ),
            },
        },
    },
}

GREETING_CRD: Manifest = {
    "apiVersion": "apiextensions.k8s.io/v1",
    "kind": "CustomResourceDefinition",
    "metadata": {"name": f"{GREETINGS.plural}.{GREETINGS.group}"},
    "spec": {
        "group": GREETINGS.group,
        "scope": "Namespaced",
        "names": {"plural": GREETINGS.plural, "kind": GREETINGS.kind, "singular": "greeting"},
        "versions": [
            {
                "name": GREETINGS.version,
                "served": True,
                "storage": True,
                "subresources": {"status": {}},
                "schema": {"openAPIV3Schema": _SCHEMA},
            }
        ],
    },
}
