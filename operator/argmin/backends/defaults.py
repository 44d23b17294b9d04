"""Defaults for the runs of a namespace, set by its administrators; pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from pydantic import Field

from argmin.api.backend import Backend, BackendName, BackendSettings
from argmin.api.base import ApiModel
from argmin.api.pod import Resources
from argmin.api.scalars import DecimalText
from argmin.api.storage import S3Store


class Prices(ApiModel):
    """Price of an instance hour, as configured by the administrators."""

    currency: str = "USD"
    per_hour: Mapping[str, DecimalText] = Field(default_factory=dict)
    """By instance type."""


@dataclass(frozen=True)
class Defaults:
    """Defaults that the administrators have set for a namespace."""

    image: str
    intake_url: str
    resources: Resources = field(default_factory=Resources)
    backend: BackendName = BackendName.PODS
    store: S3Store | None = None
    """Store for the results of jobs that name none; without one, results go to ConfigMaps."""
    backend_settings: BackendSettings = field(default_factory=BackendSettings)
    """Settings of the backends that a job's own override."""
    prices: Prices = field(default_factory=Prices)

    def complete_settings(self, asked: Backend | None) -> BackendSettings:
        """The settings of a run on its backend: those of its spec, then these."""
        return self.backend_settings.complete(asked)
