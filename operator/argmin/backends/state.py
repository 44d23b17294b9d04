"""The observed state of a run and its attempts; pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from argmin.api.answer import ExitCode, Reason, RunReport

NOT_KEPT = (Reason.UNDELIVERED, Reason.TRANSFER_FAILED)
"""Reasons of answers whose solution was not delivered."""


class RunPhase(StrEnum):
    """Phase of a run."""

    ABSENT = "Absent"
    QUEUED = "Queued"  # suspended by a queue, not by the user
    SUSPENDED = "Suspended"
    PENDING = "Pending"
    RUNNING = "Running"
    ENDING = "Ending"  # it has failed, and its last attempt is being stopped
    SUCCEEDED = "Succeeded"
    FAILED = "Failed"


class RunReason(StrEnum):
    """Why a run waits, or how it ended without an answer; Kubernetes' own reason if any."""

    # waiting
    UNSCHEDULABLE = "Unschedulable"
    IMAGE_PULL = "ImagePullBackOff"
    INVALID_IMAGE_NAME = "InvalidImageName"
    CONTAINER_CONFIG = "CreateContainerConfigError"
    CONTAINER_CREATION = "CreateContainerError"
    VOLUMES_NOT_READY = "VolumesNotReady"
    PODS_NOT_CREATED = "PodsNotCreated"
    PREPARING = "Preparing"  # another platform prepares an instance
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
    PLATFORM_FAILED = "PlatformFailed"  # the platform's own failure, as it reports
    NO_CAPACITY = "InsufficientCapacity"
    ACCESS_DENIED = "AccessDenied"
    ROLE_NOT_USABLE = "RoleNotUsable"
    KEY_NOT_USABLE = "KmsKeyNotUsable"
    NETWORK_NOT_USABLE = "NetworkNotUsable"
    VOLUME_FULL = "VolumeFull"
    SCRATCH_FULL = "ScratchFolderFull"  # evicted, for what it wrote itself
    NAME_TAKEN = "NameTaken"
    STORE_MISSING = "StoreMissing"
    UNSUITED = "UnsuitedToBackend"  # the run requests what its backend does not have
    FAILED = "Failed"


@dataclass(frozen=True)
class Attempt:
    """One attempt of a run, as observed by the backend."""

    name: str
    phase: RunPhase
    node: str | None = None
    exit_code: int | None = None
    reason: str | None = None
    """The reason of its answer, else a `RunReason`."""
    message: str | None = None
    answer: RunReport | None = None
    started: datetime | None = None
    finished: datetime | None = None
    stopped: bool = False
    """It was ended from outside: by eviction, loss of its node, suspension or deletion."""

    @property
    def is_over(self) -> bool:
        """Whether it has ended, by success or failure."""
        return self.phase in (RunPhase.SUCCEEDED, RunPhase.FAILED)

    @property
    def was_interrupted(self) -> bool:
        """Whether it was stopped before it finished: neither a result nor a failure."""
        if not self.is_over or self.reason == RunReason.SCRATCH_FULL:
            return False
        if self.exit_code == ExitCode.INTERRUPTED:
            return True
        # After SIGTERM it could not wait for the intake or its store: that is no failure of its
        # own either.
        unfinished = (Reason.INTERRUPTED, *NOT_KEPT)
        return self.stopped and (self.answer is None or self.answer.reason in unfinished)


@dataclass(frozen=True)
class RunState:
    """The state of a run."""

    phase: RunPhase
    attempts: tuple[Attempt, ...] = ()
    """In the order of creation; only those that the backend still has."""
    reason: RunReason | None = None
    """Why it waits or failed, from the backend."""
    message: str | None = None
    permanent: bool = False
    """It cannot start until somebody changes something: the image, a secret."""
    active_since: datetime | None = None
    """Start of its current active period; `None` while it is suspended."""
    held_since: datetime | None = None
    """When it was suspended, by the user or by a queue."""
    ended: datetime | None = None
    """When it succeeded or failed."""
    look_again: timedelta | None = None
    """Delay until it is observed again without an event; `None` if events report every change."""
