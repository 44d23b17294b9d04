"""The operator's settings, from its environment."""

from __future__ import annotations

import os
import socket
from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import BeforeValidator, ConfigDict, Field

from argmin.api.backend import Backend, BackendName, BackendSettings
from argmin.api.pod import Resources
from argmin.api.storage import S3Store
from argmin.backends.defaults import Defaults, Prices
from argmin.backends.environment import JSON_TEXT
from argmin.backends.policy import Policy, PolicySettings, merge_settings
from argmin.backends.registry import ConnectionSettings


def _split(value: object) -> object:
    if not isinstance(value, str):
        return value
    return [name.strip() for name in value.split(",") if name.strip()]


_BACKENDS = [str(field.alias) for field in Backend.model_fields.values()]


def _read_backend(value: object) -> object:
    if value not in _BACKENDS:
        raise ValueError(f"write {' or '.join(_BACKENDS)}")
    return value


_BackendChoice = Annotated[BackendName, BeforeValidator(_read_backend)]


class Team(BackendSettings):
    """What differs in one namespace, with its settings of each backend."""

    backend: _BackendChoice | None = None
    store: S3Store | None = None
    policy: PolicySettings = Field(default_factory=PolicySettings)


_Port = Annotated[int, Field(ge=1, le=65535)]


def _name_process() -> str:
    return f"{socket.gethostname()}-{os.getpid()}"


class Settings(ConnectionSettings):
    """What the chart tells the operator; each field names its environment variable."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    solvers_image: str = Field(alias="ARGMIN_SOLVERS_IMAGE", min_length=1)
    intake_url: str = Field(default="", alias="ARGMIN_INTAKE_URL")
    default_resources: Annotated[Resources, JSON_TEXT] = Field(
        default_factory=Resources, alias="ARGMIN_DEFAULT_RESOURCES"
    )
    default_backend: _BackendChoice = Field(
        default=BackendName.PODS, alias="ARGMIN_DEFAULT_BACKEND"
    )
    default_store: Annotated[S3Store | None, JSON_TEXT] = Field(
        default=None, alias="ARGMIN_DEFAULT_STORE"
    )
    prices: Annotated[Prices, JSON_TEXT] = Field(default_factory=Prices, alias="ARGMIN_PRICES")
    policy: Annotated[PolicySettings, JSON_TEXT] = Field(
        default_factory=PolicySettings, alias="ARGMIN_POLICY"
    )
    teams: Annotated[dict[str, Team], JSON_TEXT] = Field(default_factory=dict, alias="ARGMIN_TEAMS")
    """By namespace."""
    namespaces: Annotated[tuple[str, ...], BeforeValidator(_split)] = Field(
        default=(), alias="WATCH_NAMESPACES"
    )
    pod_name: str = Field(default_factory=_name_process, alias="POD_NAME")
    """Who we are in the lease: no two processes may share it."""
    pod_namespace: str = Field(default="", alias="POD_NAMESPACE")
    intake_port: _Port = Field(default=8080, alias="ARGMIN_INTAKE_PORT")
    admin_port: _Port = Field(default=8081, alias="ARGMIN_ADMIN_PORT")
    host: str = Field(default="", alias="ARGMIN_HOST")
    workers: int = Field(default=16, ge=1, le=256, alias="ARGMIN_WORKERS")
    resync_seconds: float = Field(default=600.0, ge=10, alias="ARGMIN_RESYNC_SECONDS")
    lease_seconds: int = Field(default=15, ge=5, le=300, alias="ARGMIN_LEASE_SECONDS")
    """How long a standby waits for a leader that says nothing any more."""
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        default="info", alias="ARGMIN_LOG_LEVEL"
    )
    log_format: Literal["json", "console"] = Field(default="json", alias="ARGMIN_LOG_FORMAT")

    @classmethod
    def read(cls, environment: Mapping[str, str]) -> Settings:
        """Read the environment.

        Raises:
            ValidationError: naming the variables that are missing or wrong.
        """
        return cls.model_validate({k: v for k, v in environment.items() if v != ""})

    def policy_of(self, namespace: str) -> Policy:
        """What holds in a namespace: its own settings, then those of all namespaces."""
        team = self.teams.get(namespace, Team())
        merged = merge_settings(self.policy, team.policy, namespace)
        return Policy(self._choose_defaults(team), *merged)

    def _choose_defaults(self, team: Team) -> Defaults:
        return Defaults(
            image=self.solvers_image,
            intake_url=self.intake_url,
            resources=self.default_resources,
            backend=team.backend or self.default_backend,
            store=team.store or self.default_store,
            backend_settings=self.backend_settings.complete(team),
            prices=self.prices,
        )
