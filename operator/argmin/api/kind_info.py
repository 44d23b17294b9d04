"""What everything that is not of one kind needs to know of a kind: one registration for all."""

from __future__ import annotations

from dataclasses import dataclass

from argmin.api.base import GROUP, ApiModel


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
class KindInfo:
    """A kind: the CRD, the reference and the chart's roles are generated from it."""

    name: str
    plural: str
    short_name: str
    model: type[ApiModel]
    """Of the whole object, with `spec` and `status`."""
    columns: tuple[Column, ...]
    namespaced: bool = True

    @property
    def full_name(self) -> str:
        """What names the kind among those of other groups, and its CRD."""
        return f"{self.plural}.{GROUP}"
