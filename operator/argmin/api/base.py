"""What all kinds share: the base model, rules, scalar types and pieces of pod specifications."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar, Self

from pydantic import (
    BaseModel,
    ConfigDict,
    JsonValue,
    model_validator,
)
from pydantic.alias_generators import to_camel

GROUP = "argmin.dev"
VERSION = "v1alpha1"
API_VERSION = f"{GROUP}/{VERSION}"
LABEL_NAME = f"{GROUP}/name"
LABEL_KIND = f"{GROUP}/kind"
LABEL_MANAGED_BY = "app.kubernetes.io/managed-by"
MANAGER = "argmin"
LABEL_QUEUE = "kueue.x-k8s.io/queue-name"


@dataclass(frozen=True)
class Rule:
    """One law about an object, checked in two places with one message.

    `cel` is evaluated by the API server at `kubectl apply`; `holds` by the operator and by
    `argmin run`, which see objects that no API server has checked. Both say `message`, which
    tells what to write instead.
    """

    cel: str
    message: str
    holds: Callable[[Any], bool]
    reason: str = "FieldValueInvalid"

    def as_validation(self) -> dict[str, str]:
        """The entry of `x-kubernetes-validations`."""
        return {"rule": self.cel, "message": self.message, "reason": self.reason}


def _publish_rules(schema: dict[str, Any], model: type[BaseModel]) -> None:
    rules: tuple[Rule, ...] = getattr(model, "RULES", ())
    if rules:
        schema["x-kubernetes-validations"] = [rule.as_validation() for rule in rules]


class ApiModel(BaseModel):
    """Base of all API objects: camelCase on the wire, frozen, lenient to unknown fields."""

    model_config = ConfigDict(
        alias_generator=to_camel,
        populate_by_name=True,
        frozen=True,
        extra="ignore",
        json_schema_extra=_publish_rules,
    )

    RULES: ClassVar[tuple[Rule, ...]] = ()

    @model_validator(mode="after")
    def _obey_rules(self) -> Self:
        broken = [rule.message for rule in self.RULES if not rule.holds(self)]
        if broken:
            raise ValueError("; ".join(broken))
        return self

    def to_wire(self) -> dict[str, Any]:
        """JSON-ready camelCase mapping without the fields that are unset."""
        return self.model_dump(mode="json", by_alias=True, exclude_none=True)


def list_map(key: str) -> dict[str, JsonValue]:
    """Schema extension of a list whose entries are merged by `key`, as server-side apply wants."""
    return {"x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": [key]}
