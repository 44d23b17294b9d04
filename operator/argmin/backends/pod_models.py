"""Jobs, pods and ConfigMaps as they live in the cluster: only the fields that argmin reads."""

from __future__ import annotations

import base64
from typing import Annotated, Any, TypeVar

from pydantic import BeforeValidator, Field

from argmin.api.common import ApiModel, ConditionStatus, Timestamp
from argmin.plan import CONFIG_MAPS, JOBS, Key

COMPLETE = "Complete"
FAILED = "Failed"
FAILURE_TARGET = "FailureTarget"
SUSPENDED = "Suspended"
DISRUPTION_TARGET = "DisruptionTarget"
POD_SCHEDULED = "PodScheduled"
POD_READY_TO_START = "PodReadyToStartContainers"

T = TypeVar("T")


def _none_is_empty(value: Any) -> Any:
    return () if value is None else value


Entries = Annotated[tuple[T, ...], BeforeValidator(_none_is_empty)]
"""A list of Kubernetes, where null is empty."""


class OwnerReference(ApiModel):
    """A `metav1.OwnerReference`."""

    api_version: str = ""
    kind: str = ""
    name: str = ""
    uid: str = ""
    controller: bool | None = None
    block_owner_deletion: bool | None = None


class LiveMetadata(ApiModel):
    """The part of `ObjectMeta` that is read of a child."""

    name: str
    namespace: str = "default"
    uid: str = ""
    labels: dict[str, str] = Field(default_factory=dict)
    owner_references: Entries[OwnerReference] = ()
    creation_timestamp: Timestamp | None = None
    deletion_timestamp: Timestamp | None = None


class LiveCondition(ApiModel):
    """A condition of a Job or a pod."""

    type: str
    status: str = ConditionStatus.UNKNOWN
    reason: str = ""
    message: str = ""
    last_transition_time: Timestamp | None = None


class LiveJobSpec(ApiModel):
    """The fields of a Job's spec that can be changed while it lives."""

    suspend: bool = False
    parallelism: int | None = None
    active_deadline_seconds: int | None = None
    backoff_limit: int | None = None


class LiveJobStatus(ApiModel):
    """What the Job controller says."""

    conditions: Entries[LiveCondition] = ()
    start_time: Timestamp | None = None
    completion_time: Timestamp | None = None
    failed: int = 0


class LiveJob(ApiModel):
    """A `batch/v1` Job."""

    metadata: LiveMetadata
    spec: LiveJobSpec = Field(default_factory=LiveJobSpec)
    status: LiveJobStatus = Field(default_factory=LiveJobStatus)

    def find(self, kind: str) -> LiveCondition | None:
        """The condition of a type if it is `True`."""
        return _find_true(self.status.conditions, kind)

    @property
    def key(self) -> Key:
        """Its name in the cluster."""
        return Key(JOBS, self.metadata.namespace, self.metadata.name)

    @property
    def is_going(self) -> bool:
        """Whether it is being deleted."""
        return self.metadata.deletion_timestamp is not None

    @property
    def is_finished(self) -> bool:
        """Whether its controller is done with it."""
        return self.find(COMPLETE) is not None or self.find(FAILED) is not None

    @property
    def keeps_old_start(self) -> bool:
        """Whether it was active before and is held, or not yet started again.

        Its start time is then that of the former period: the Job controller writes a new one
        only after it has seen the resumption.
        """
        held = self.spec.suspend or self.find(SUSPENDED) is not None
        return held and self.status.start_time is not None


class Waiting(ApiModel):
    """A container that has not started."""

    reason: str = ""
    message: str = ""


class Running(ApiModel):
    """A container that runs."""

    started_at: Timestamp | None = None


class Terminated(ApiModel):
    """A container that has ended."""

    exit_code: int = 0
    reason: str = ""
    message: str = ""
    started_at: Timestamp | None = None
    finished_at: Timestamp | None = None


class ContainerState(ApiModel):
    """At most one of the three is there."""

    waiting: Waiting | None = None
    running: Running | None = None
    terminated: Terminated | None = None


class ContainerStatus(ApiModel):
    """What the kubelet says of a container."""

    name: str
    image: str = ""
    state: ContainerState = Field(default_factory=ContainerState)


class LivePodSpec(ApiModel):
    """Where a pod was sent."""

    node_name: str | None = None


class LivePodStatus(ApiModel):
    """What the kubelet, the scheduler and others say of a pod."""

    phase: str = "Pending"
    reason: str = ""
    message: str = ""
    start_time: Timestamp | None = None
    conditions: Entries[LiveCondition] = ()
    container_statuses: Entries[ContainerStatus] = ()


class LivePod(ApiModel):
    """A pod."""

    metadata: LiveMetadata
    spec: LivePodSpec = Field(default_factory=LivePodSpec)
    status: LivePodStatus = Field(default_factory=LivePodStatus)

    def find(self, kind: str) -> LiveCondition | None:
        """The condition of a type if it is `True`."""
        return _find_true(self.status.conditions, kind)

    def find_container(self, name: str) -> ContainerState:
        """The state of a container; empty where nothing is known of it."""
        found = (c.state for c in self.status.container_statuses if c.name == name)
        return next(found, ContainerState())


class LiveConfigMap(ApiModel):
    """A ConfigMap."""

    metadata: LiveMetadata
    data: dict[str, str] | None = None
    binary_data: dict[str, str] | None = None

    @property
    def key(self) -> Key:
        """Its name in the cluster."""
        return Key(CONFIG_MAPS, self.metadata.namespace, self.metadata.name)

    @property
    def contents(self) -> dict[str, bytes]:
        """Its entries; the API server takes no binary data that is not base64."""
        texts = {key: text.encode() for key, text in (self.data or {}).items()}
        return texts | {k: base64.b64decode(v) for k, v in (self.binary_data or {}).items()}

    @property
    def keys(self) -> frozenset[str]:
        """Names of all its entries."""
        return frozenset(self.data or {}) | frozenset(self.binary_data or {})


def _find_true(conditions: tuple[LiveCondition, ...], kind: str) -> LiveCondition | None:
    return next((c for c in conditions if c.type == kind and c.status == "True"), None)
