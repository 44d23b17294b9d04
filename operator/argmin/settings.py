"""The operator's settings, from its environment."""

from __future__ import annotations

import json
import os
import socket
from collections.abc import Mapping
from datetime import timedelta
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from argmin.api.backend import BackendName, SageMakerBackend
from argmin.api.base import ApiModel
from argmin.api.pod import Resources
from argmin.api.storage import S3Store
from argmin.aws.rate_limit import Rates
from argmin.backends.defaults import Defaults, Prices
from argmin.backends.policy import Policy, PolicySettings, merge_settings
from argmin.backends.sagemaker.connection import DelegationSettings


def _split(value: object) -> object:
    if not isinstance(value, str):
        return value
    return [name.strip() for name in value.split(",") if name.strip()]


def _read_json(value: object) -> object:
    try:
        return json.loads(value) if isinstance(value, str) else value
    except json.JSONDecodeError as error:
        raise ValueError(f'write JSON, such as {{"limits": {{"cpu": "1"}}}}: {error}') from None


def _read_backend(value: object) -> object:
    if value not in (BackendName.PODS, BackendName.SAGE_MAKER):
        raise ValueError("write pods or sageMaker")
    return value


_Json = BeforeValidator(_read_json)
_BackendChoice = Annotated[BackendName, BeforeValidator(_read_backend)]


class Team(ApiModel):
    """What differs in one namespace."""

    backend: _BackendChoice | None = None
    store: S3Store | None = None
    sage_maker: SageMakerBackend = Field(default_factory=SageMakerBackend)
    policy: PolicySettings = Field(default_factory=PolicySettings)


_Port = Annotated[int, Field(ge=1, le=65535)]


def _name_process() -> str:
    return f"{socket.gethostname()}-{os.getpid()}"


class Settings(BaseModel):
    """What the chart tells the operator; each field names its environment variable."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    solvers_image: str = Field(alias="ARGMIN_SOLVERS_IMAGE", min_length=1)
    intake_url: str = Field(default="", alias="ARGMIN_INTAKE_URL")
    default_resources: Annotated[Resources, _Json] = Field(
        default_factory=Resources, alias="ARGMIN_DEFAULT_RESOURCES"
    )
    default_backend: _BackendChoice = Field(
        default=BackendName.PODS, alias="ARGMIN_DEFAULT_BACKEND"
    )
    default_store: Annotated[S3Store | None, _Json] = Field(
        default=None, alias="ARGMIN_DEFAULT_STORE"
    )
    default_sage_maker: Annotated[SageMakerBackend, _Json] = Field(
        default_factory=SageMakerBackend, alias="ARGMIN_SAGEMAKER_DEFAULTS"
    )
    prices: Annotated[Prices, _Json] = Field(default_factory=Prices, alias="ARGMIN_PRICES")
    policy: Annotated[PolicySettings, _Json] = Field(
        default_factory=PolicySettings, alias="ARGMIN_POLICY"
    )
    teams: Annotated[dict[str, Team], _Json] = Field(default_factory=dict, alias="ARGMIN_TEAMS")
    """By namespace."""
    event_queue_url: str = Field(default="", alias="ARGMIN_EVENT_QUEUE_URL")
    """SQS queue with the state changes of SageMaker jobs."""
    aws_threads: int = Field(default=16, ge=1, le=64, alias="ARGMIN_AWS_THREADS")
    """Calls to AWS at once."""
    aws_reads_per_second: float = Field(
        default=2.0, gt=0, le=100, alias="ARGMIN_AWS_READS_PER_SECOND"
    )
    """SageMaker's Describe and List, each, for one account and region."""
    aws_writes_per_second: float = Field(
        default=2.0, gt=0, le=100, alias="ARGMIN_AWS_WRITES_PER_SECOND"
    )
    sage_maker_poll_seconds: float = Field(
        default=30.0, ge=1, le=600, alias="ARGMIN_SAGEMAKER_POLL_SECONDS"
    )
    """How soon SageMaker is asked again about a young job, where no event tells of it.

    Other pauses follow from it: see `argmin.backends.sagemaker.polling`.
    """
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

    @property
    def aws_rates(self) -> Rates:
        """How often AWS may be called."""
        return Rates(reads=self.aws_reads_per_second, writes=self.aws_writes_per_second)

    @property
    def delegation(self) -> DelegationSettings:
        """How to deal with AWS."""
        return DelegationSettings(
            queue_url=self.event_queue_url,
            shortest_pause=timedelta(seconds=self.sage_maker_poll_seconds),
            threads=self.aws_threads,
            rates=self.aws_rates,
        )

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
            sage_maker=team.sage_maker.complete(self.default_sage_maker),
            prices=self.prices,
        )
