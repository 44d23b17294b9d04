"""What one run is, whichever backend executes it; pure."""

from __future__ import annotations

import posixpath
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from pydantic import Field

from argmin.api.backend import BackendName, SageMakerBackend
from argmin.api.common import (
    ApiModel,
    ConfigMapKeyRef,
    DecimalText,
    EnvVar,
    LocalReference,
    Resources,
    Toleration,
)
from argmin.api.outcome import Answer, ExitCode, Reason
from argmin.api.run import RunDocument
from argmin.api.sources import Source
from argmin.api.storage import S3Store
from argmin.plan import Resource


class Prices(ApiModel):
    """What an hour of an instance costs, as the administrators have it from their contract."""

    currency: str = "USD"
    per_hour: Mapping[str, DecimalText] = Field(default_factory=dict)
    """By instance type."""


@dataclass(frozen=True)
class Defaults:
    """What a namespace's administrators have settled; looked up by namespace."""

    image: str
    intake_url: str
    resources: Resources = field(default_factory=Resources)
    backend: BackendName = BackendName.PODS
    store: S3Store | None = None
    """Where results go of jobs that name no store; without one, into ConfigMaps."""
    sage_maker: SageMakerBackend = field(default_factory=SageMakerBackend)
    """What holds on SageMaker where a job says nothing."""
    prices: Prices = field(default_factory=Prices)


@dataclass(frozen=True)
class Owner:
    """The custom resource that a run belongs to."""

    resource: Resource
    namespace: str
    name: str
    uid: str


@dataclass(frozen=True)
class RunInput:
    """A file or folder that the run finds under `<root>/input/<name>`."""

    name: str
    source: Source
    file: str = ""
    """Name of the file in that folder; empty where the source itself names it."""


@dataclass(frozen=True)
class Run:
    """One run: what to execute, on what, with what."""

    name: str
    """Deterministic: the same owner and the same spec give the same name."""
    owner: Owner
    document: RunDocument
    inputs: tuple[RunInput, ...]
    image: str
    backend: BackendName = BackendName.PODS
    sage_maker: SageMakerBackend = field(default_factory=SageMakerBackend)
    """Settings of that backend, with the namespace's defaults."""
    store: S3Store | None = None
    """Where the folders of results are; this run has one of its own there."""
    store_field: str = "spec.artifacts.s3"
    """What names that store: a field of the spec, or a value of the chart."""
    contents: Mapping[ConfigMapKeyRef, bytes] = field(default_factory=dict)
    """What the ConfigMaps hold that the run refers to, where somebody has read them."""
    prices: Prices = field(default_factory=Prices)
    env: tuple[EnvVar, ...] = ()
    resources: Resources = field(default_factory=Resources)
    node_selector: tuple[tuple[str, str], ...] = ()
    tolerations: tuple[Toleration, ...] = ()
    priority_class_name: str | None = None
    image_pull_secrets: tuple[LocalReference, ...] = ()
    service_account_name: str | None = None
    queue_labels: tuple[tuple[str, str], ...] = ()
    backoff_limit: int = 3
    deadline_seconds: int | None = None
    """Seconds of running time left; `None` is without end."""
    suspend: bool = False


def build_environment(run: Run) -> Mapping[str, str]:
    """argmin's own variables of a run: where its program finds its inputs and outputs.

    `ARGMIN_INPUT_<NAME>` and `ARGMIN_OUTPUT_<NAME>`, in capitals and with `_` for `-`, are
    absolute paths of folders; an input that the image holds is at the image's own path. They make
    a program independent of the backend: only their values differ.
    """
    root = run.document.root
    inputs = {
        _name_variable("INPUT", i.name): i.source.image.path
        if i.source.image
        else posixpath.join(root, "input", i.name)
        for i in run.inputs
    }
    return inputs | {_name_variable("OUTPUT", o.name): o.path for o in run.document.outputs}


def _name_variable(direction: str, name: str) -> str:
    return f"ARGMIN_{direction}_{name.upper().replace('-', '_')}"


NOT_KEPT = (Reason.UNDELIVERED, Reason.TRANSFER_FAILED)
"""Reasons of answers whose solution nobody has taken."""


class RunPhase(StrEnum):
    """Where a run stands."""

    ABSENT = "Absent"
    QUEUED = "Queued"  # held by a queue, not by the user
    SUSPENDED = "Suspended"
    PENDING = "Pending"
    RUNNING = "Running"
    ENDING = "Ending"  # it has failed, and its last attempt is being stopped
    SUCCEEDED = "Succeeded"
    FAILED = "Failed"


class RunReason(StrEnum):
    """Why a run waits, or how it ended without an answer: Kubernetes' word where it has one."""

    # waiting
    UNSCHEDULABLE = "Unschedulable"
    IMAGE_PULL = "ImagePullBackOff"
    INVALID_IMAGE_NAME = "InvalidImageName"
    CONTAINER_CONFIG = "CreateContainerConfigError"
    CONTAINER_CREATION = "CreateContainerError"
    VOLUMES_NOT_READY = "VolumesNotReady"
    PODS_NOT_CREATED = "PodsNotCreated"
    PREPARING = "Preparing"  # another platform readies an instance
    # ended
    OOM_KILLED = "OOMKilled"
    EVICTED = "Evicted"
    PREEMPTED = "Preempted"
    NODE_LOST = "NodeLost"
    STOPPED = "Stopped"
    CANNOT_START = "ContainerCannotRun"
    CRASHED = "Crashed"
    DEADLINE_EXCEEDED = "DeadlineExceeded"
    BACKOFF_LIMIT_EXCEEDED = "BackoffLimitExceeded"
    PLATFORM_FAILED = "PlatformFailed"  # the platform's own failure, as it says itself
    NO_CAPACITY = "InsufficientCapacity"
    ACCESS_DENIED = "AccessDenied"
    ROLE_NOT_USABLE = "RoleNotUsable"
    KEY_NOT_USABLE = "KmsKeyNotUsable"
    NETWORK_NOT_USABLE = "NetworkNotUsable"
    VOLUME_FULL = "VolumeFull"
    NAME_TAKEN = "NameTaken"
    STORE_MISSING = "StoreMissing"
    UNSUITED = "UnsuitedToBackend"  # the run asks for what its backend does not have
    FAILED = "Failed"


@dataclass(frozen=True)
class Attempt:
    """One try of a run, as the backend saw it."""

    name: str
    phase: RunPhase
    node: str | None = None
    exit_code: int | None = None
    reason: str | None = None
    """That of its answer, else a `RunReason`."""
    message: str | None = None
    answer: Answer | None = None
    started: datetime | None = None
    finished: datetime | None = None
    stopped: bool = False
    """Something outside ended it: an eviction, a lost node, a suspension, a deletion."""

    @property
    def is_over(self) -> bool:
        """Whether it has ended, one way or another."""
        return self.phase in (RunPhase.SUCCEEDED, RunPhase.FAILED)

    @property
    def was_interrupted(self) -> bool:
        """Whether it was stopped before its work was done: neither a result nor a failure."""
        if not self.is_over:
            return False
        if self.exit_code == ExitCode.INTERRUPTED:
            return True
        # Told to stop, it could not wait for its intake or its store: that is no failure of its
        # own either.
        unfinished = (Reason.INTERRUPTED, *NOT_KEPT)
        return self.stopped and (self.answer is None or self.answer.reason in unfinished)


@dataclass(frozen=True)
class RunState:
    """What is known of a run."""

    phase: RunPhase
    attempts: tuple[Attempt, ...] = ()
    """In the order of their creation; only those that the backend still knows."""
    reason: RunReason | None = None
    """Why it waits or failed, in the backend's words."""
    message: str | None = None
    permanent: bool = False
    """Waiting will not help until somebody changes something: the image, a secret."""
    active_since: datetime | None = None
    """Since when it has been active without a break; `None` while it is held."""
    held_since: datetime | None = None
    """Since when it has been held, by the user or by a queue."""
    ended: datetime | None = None
    """When it succeeded or failed."""
    look_again: timedelta | None = None
    """When to look again though nothing was heard; `None` where whatever happens will be heard."""
