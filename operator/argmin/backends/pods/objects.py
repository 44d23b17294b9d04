"""Jobs, pods and ConfigMaps of the cluster: only the fields that argmin reads."""

from __future__ import annotations

import base64
from typing import Annotated, Any, TypeVar

from pydantic import BeforeValidator, Field

from argmin.api.base import ApiModel
from argmin.api.meta import ConditionStatus
from argmin.api.scalars import CleanText, Timestamp
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
"""A list of the API, where null means empty."""


class OwnerReference(ApiModel):
    """A `metav1.OwnerReference`."""

    api_version: str = ""
    kind: str = ""
    name: str = ""
    uid: str = ""
    controller: bool | None = None
    block_owner_deletion: bool | None = None


class LiveMetadata(ApiModel):
    """The fields of `ObjectMeta` that are read of a child."""

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
    reason: CleanText = ""
    message: CleanText = ""
    last_transition_time: Timestamp | None = None


class LiveJobSpec(ApiModel):
    """The mutable fields of a Job's spec."""

    suspend: bool = False
    parallelism: int | None = None
    active_deadline_seconds: int | None = None
    backoff_limit: int | None = None


class LiveJobStatus(ApiModel):
    """The status that the Job controller writes."""

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
        """Its key in the cluster."""
        return Key(JOBS, self.metadata.namespace, self.metadata.name)

    @property
    def is_being_deleted(self) -> bool:
        """Whether it is being deleted."""
        return self.metadata.deletion_timestamp is not None

    @property
    def is_finished(self) -> bool:
        """Whether it is complete or failed."""
        return self.find(COMPLETE) is not None or self.find(FAILED) is not None

    @property
    def keeps_old_start(self) -> bool:
        """Whether it was active before and is suspended, or resumed and not yet started again.

        Its start time is then that of the former period: the Job controller writes a new one
        only after it has observed the resumption.
        """
        held = self.spec.suspend or self.find(SUSPENDED) is not None
        return held and self.status.start_time is not None


class Waiting(ApiModel):
    """A container that has not started."""

    reason: CleanText = ""
    message: CleanText = ""


class Running(ApiModel):
    """A container that runs."""

    started_at: Timestamp | None = None


class Terminated(ApiModel):
    """A container that has ended."""

    exit_code: int = 0
    reason: CleanText = ""
    message: CleanText = ""
    started_at: Timestamp | None = None
    finished_at: Timestamp | None = None


class ContainerState(ApiModel):
    """At most one of the three is set."""

    waiting: Waiting | None = None
    running: Running | None = None
    terminated: Terminated | None = None


class ContainerStatus(ApiModel):
    """The status that the kubelet writes for a container."""

    name: str
    image: str = ""
    state: ContainerState = Field(default_factory=ContainerState)


class LivePodSpec(ApiModel):
    """The node that a pod is assigned to."""

    node_name: str | None = None


class LivePodStatus(ApiModel):
    """The status of a pod, from the kubelet, the scheduler and others."""

    phase: str = "Pending"
    reason: CleanText = ""
    message: CleanText = ""
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
        """The state of a container; empty if the kubelet has not reported it."""
        found = (c.state for c in self.status.container_statuses if c.name == name)
        return next(found, ContainerState())


class LiveConfigMap(ApiModel):
    """A ConfigMap."""

    metadata: LiveMetadata
    data: dict[str, str] | None = None
    binary_data: dict[str, str] | None = None

    @property
    def key(self) -> Key:
        """Its key in the cluster."""
        return Key(CONFIG_MAPS, self.metadata.namespace, self.metadata.name)

    @property
    def contents(self) -> dict[str, bytes]:
        """Its entries; the API server accepts only base64 as binary data."""
        texts = {key: text.encode() for key, text in (self.data or {}).items()}
        return texts | {k: base64.b64decode(v) for k, v in (self.binary_data or {}).items()}


def _find_true(conditions: tuple[LiveCondition, ...], kind: str) -> LiveCondition | None:
    return next((c for c in conditions if c.type == kind and c.status == "True"), None)
