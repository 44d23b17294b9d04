"""What one run is, whichever backend executes it; pure."""

from __future__ import annotations

import posixpath
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from argmin.api.common import (
    EnvVar,
    LocalReference,
    Resources,
    Source,
    Toleration,
)
from argmin.api.outcome import Answer
from argmin.api.run import RunDocument
from argmin.plan import Resource


@dataclass(frozen=True)
class Defaults:
    """What a namespace's administrators have settled; looked up by namespace."""

    image: str
    intake_url: str
    resources: Resources = field(default_factory=Resources)


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
    env: tuple[EnvVar, ...] = ()
    resources: Resources = field(default_factory=Resources)
    node_selector: tuple[tuple[str, str], ...] = ()
    tolerations: tuple[Toleration, ...] = ()
    priority_class_name: str | None = None
    image_pull_secrets: tuple[LocalReference, ...] = ()
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


class RunPhase(StrEnum):
    """Where a run stands."""

    ABSENT = "Absent"
    QUEUED = "Queued"  # held by a queue, not by the user
    SUSPENDED = "Suspended"
    PENDING = "Pending"
    RUNNING = "Running"
    SUCCEEDED = "Succeeded"
    FAILED = "Failed"


@dataclass(frozen=True)
class Attempt:
    """One try of a run, as the backend saw it."""

    name: str
    phase: RunPhase
    node: str | None = None
    exit_code: int | None = None
    reason: str | None = None
    message: str | None = None
    answer: Answer | None = None
    started: datetime | None = None
    finished: datetime | None = None


@dataclass(frozen=True)
class RunState:
    """What is known of a run."""

    phase: RunPhase
    attempts: tuple[Attempt, ...] = ()
    reason: str | None = None
    """Why it waits or failed, in the backend's words: ImagePullBackOff, Unschedulable, …"""
    message: str | None = None
    permanent: bool = False
    """Waiting will not help until somebody changes something: the image, a secret, the quota."""
