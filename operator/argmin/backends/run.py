"""The definition of one run, independent of its backend; pure."""

from __future__ import annotations

import posixpath
from collections.abc import Mapping
from dataclasses import dataclass, field

from argmin.api.backend import BackendName, BackendSettings
from argmin.api.pod import ConfigMapKeyRef, EnvVar, LocalReference, Resources, Toleration
from argmin.api.run import RunDocument
from argmin.api.sources import Source
from argmin.api.storage import S3Store
from argmin.backends.defaults import Prices
from argmin.plan import Key, Resource


@dataclass(frozen=True)
class Owner:
    """The custom resource that a run belongs to."""

    resource: Resource
    namespace: str
    """Empty for a cluster-scoped owner."""
    name: str
    uid: str

    @property
    def key(self) -> Key:
        """Its key in the work queue."""
        return Key(self.resource, self.namespace, self.name)


@dataclass(frozen=True)
class RunInput:
    """A file or folder that the run finds under `<root>/input/<name>`."""

    name: str
    source: Source
    file: str = ""
    """Name of the file in that folder; empty where the source itself names it."""


@dataclass(frozen=True)
class Run:
    """One run: what to execute, and with which resources and inputs."""

    name: str
    """Deterministic: the same owner and spec yield the same name, which no other run has."""
    namespace: str
    """Namespace of its Job, pods and ConfigMaps; not its owner's where that is cluster-scoped."""
    owner: Owner
    document: RunDocument
    inputs: tuple[RunInput, ...]
    image: str
    backend: BackendName = BackendName.PODS
    backend_settings: BackendSettings = field(default_factory=BackendSettings)
    """Settings of the backends, with the namespace's defaults."""
    store: S3Store | None = None
    """Store of the folders with results, one for each run."""
    store_field: str = "spec.artifacts.s3"
    """Where that store is configured: a field of the spec, or a value of the chart."""
    contents: Mapping[ConfigMapKeyRef, bytes] = field(default_factory=dict)
    """Contents of the ConfigMaps that the run refers to, if they were read."""
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
    """Seconds of running time left; `None` for no limit."""
    suspend: bool = False
    violations: tuple[str, ...] = ()
    """What the policy of its namespace does not allow: it is not started."""


def build_environment(run: Run) -> Mapping[str, str]:
    """argmin's own variables of a run: the paths of its inputs and outputs.

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
