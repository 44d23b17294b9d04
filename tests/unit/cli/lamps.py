"""Two kinds that argmin does not have: of the whole cluster and of a namespace, without runs."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from argmin.api.base import ApiModel
from argmin.api.kind_info import Column, KindInfo, Lifecycle
from argmin.api.optimization.spec import Metadata


class LampSpec(ApiModel):
    """How bright a lamp is to be."""

    lumens: int = 800


class Lamp(ApiModel):
    """A light, as a custom resource."""

    api_version: str = "argmin.dev/v1alpha1"
    kind: str = "Lamp"
    metadata: Metadata
    spec: LampSpec = Field(default_factory=LampSpec)
    status: dict[str, Any] = Field(default_factory=dict)


_COLUMNS = (
    Column("State", "string", ".status.state", "Where the lamp stands."),
    Column("Lit", "string", ".status.conditions[?(@.type=='Ready')].reason", "Why it is lit."),
    Column("Bulb", "date", ".status.changed", "Since the bulb was changed."),
    Column("Age", "date", ".metadata.creationTimestamp", "Since creation."),
    Column("Lumens", "integer", ".spec.lumens", "Its light.", wide=True),
)

LAMP_KIND = KindInfo(
    name="Lamp",
    plural="lamps",
    short_name="lp",
    model=Lamp,
    columns=_COLUMNS,
    namespaced=False,
    lifecycle=Lifecycle.SERVING,
)
TORCH_KIND = KindInfo(
    name="Torch",
    plural="torches",
    short_name="to",
    model=Lamp,
    columns=_COLUMNS,
    lifecycle=Lifecycle.BOUNDED,
)
