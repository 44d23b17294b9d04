"""The registration of a kind: what everything that is not of one kind reads of it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from argmin.api.base import API_VERSION, GROUP, ApiModel
from argmin.api.conditions import COMPLETE, FAILED, READY


@dataclass(frozen=True)
class Column:
    """A column of `kubectl get`."""

    name: str
    type: str
    """Of OpenAPI: string, integer, date."""
    path: str
    """JSONPath in the object."""
    description: str
    wide: bool = False
    """Shown by `--output wide` alone."""


@dataclass(frozen=True)
class Gauge:
    """A Prometheus gauge of each object, read from a field of its status."""

    name: str
    description: str
    path: tuple[str, ...]
    """Names of the fields from the status down to a number, or to a decimal number as text."""


class Lifecycle(Enum):
    """How objects of a kind end; the value is the condition of success, then those of failure."""

    BOUNDED = (COMPLETE, FAILED)
    """Runs once: ends with Complete or Failed."""
    SERVING = (READY,)
    """Runs until it is deleted: Ready is what a user waits for."""

    @property
    def success(self) -> str:
        """Type of the condition that is `True` where the object is what its user wanted."""
        return self.ends[0]

    @property
    def ends(self) -> tuple[str, ...]:
        """Types of the conditions of which one ends the wait for an object."""
        ends: tuple[str, ...] = self.value
        return ends


@dataclass(frozen=True)
class KindInfo:
    """A kind: CRD, reference, roles of the chart, command line and gauges are made from it."""

    name: str
    plural: str
    short_name: str
    model: type[ApiModel]
    """Of the whole object, with `spec` and `status`."""
    columns: tuple[Column, ...]
    namespaced: bool = True
    lifecycle: Lifecycle = Lifecycle.BOUNDED
    gauges: tuple[Gauge, ...] = ()

    @property
    def api_version(self) -> str:
        """Group and version."""
        return API_VERSION

    @property
    def full_name(self) -> str:
        """What names the kind among those of other groups, and its CRD."""
        return f"{self.plural}.{GROUP}"

    @property
    def plural_name(self) -> str:
        """Several objects of the kind, as they are called in a sentence."""
        return f"{self.name}{self.plural.removeprefix(self.name.lower())}"

    @property
    def spellings(self) -> frozenset[str]:
        """The names that a user may write for the kind, in lower case."""
        names = (self.name, self.short_name, self.plural, self.full_name)
        return frozenset(name.lower() for name in names)
