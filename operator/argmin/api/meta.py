"""Metadata and conditions, as Kubernetes has them."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from pydantic import (
    Field,
)

from argmin.api.base import ApiModel
from argmin.api.scalars import Name, Timestamp


class ConditionStatus(StrEnum):
    """The three values of a condition."""

    TRUE = "True"
    FALSE = "False"
    UNKNOWN = "Unknown"


class Condition(ApiModel):
    """A `metav1.Condition`: one aspect of the state, for people, tools and `kubectl wait`."""

    type: Annotated[str, Field(max_length=64)] = Field(
        description="Which aspect of the state this is, such as Complete; unique in the list."
    )
    status: ConditionStatus = Field(
        description="Whether the condition holds; Unknown where that could not be found out."
    )
    reason: Annotated[str, Field(max_length=128)] = Field(
        description="Cause of the status in one CamelCase word, stable for scripts."
    )
    message: Annotated[str, Field(max_length=4096)] = Field(
        default="", description="The same for people, with details; its wording may change."
    )
    last_transition_time: Timestamp = Field(
        description="When status last changed to another value; UTC."
    )
    observed_generation: int | None = Field(
        default=None, description="metadata.generation that the condition is about."
    )


class Metadata(ApiModel):
    """The part of `ObjectMeta` that argmin reads."""

    name: Name
    namespace: Name = "default"
    uid: str = ""
    generation: int = 0
    resource_version: str = ""
    labels: dict[str, str] = Field(default_factory=dict)
    annotations: dict[str, str] = Field(default_factory=dict)
    finalizers: tuple[str, ...] = ()
    creation_timestamp: Timestamp | None = None
    deletion_timestamp: Timestamp | None = None
