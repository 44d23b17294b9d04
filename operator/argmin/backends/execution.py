"""The interface between the rules of a kind and a backend; pure, independent of either.

A kind describes what it wants in a `RunRequest`. A backend returns an `Execution`: the observed
state of that run, and the `Actions` that start, suspend, repair or delete it. Actions are data: the
engine executes them.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from argmin.api.backend import BackendName, SageMakerStatus
from argmin.api.optimization.status import AttemptStatus
from argmin.backends.run import Run
from argmin.backends.state import RunState
from argmin.plan import Apply, Call, Delete, Patch


@dataclass(frozen=True)
class BackendRef:
    """The backend of a run, and its identity there, as in the status."""

    backend: BackendName = BackendName.PODS
    sage_maker: SageMakerStatus | None = None

    def to_fields(self) -> dict[str, Any]:
        """The fields of a status that record it."""
        return {"backend": self.backend, "sage_maker": self.sage_maker}


@dataclass(frozen=True)
class RunRequest:
    """A wanted run, and what its owner's status records of it and of older runs."""

    run: Run
    remembered_run: str | None = None
    """Name of the run that the status describes: this one, an older one, or none yet."""
    attempts: tuple[AttemptStatus, ...] = ()
    """Attempts of the remembered run."""
    backend_ref: BackendRef = field(default_factory=BackendRef)
    """The backend of the remembered run."""
    finalizers: tuple[str, ...] = ()
    deadline: datetime | None = None
    """When the running time of the wanted run ends, if it runs from now on."""
    is_finished: bool = False
    """The wanted run has finished by the status: it is no longer observed."""
    is_deleted: bool = False
    is_abandoned: bool = False
    """The owner is to be deleted without waiting for what it has outside of the cluster."""
    force_delete_hint: str = ""
    """How to delete the owner without waiting, as a message; empty if it is not being deleted."""

    @property
    def is_known(self) -> bool:
        """Whether the status describes the wanted run."""
        return self.remembered_run == self.run.name


@dataclass(frozen=True)
class Actions:
    """Writes and calls for a run's execution, and its backend in the status afterwards."""

    reason: str = ""
    patch: tuple[Patch, ...] = ()
    apply: tuple[Apply, ...] = ()
    delete: tuple[Delete, ...] = ()
    calls: tuple[Call, ...] = ()
    backend_ref: BackendRef | None = None
    """The new backend of the run; `None` if that stays as it is."""

    def __bool__(self) -> bool:
        return bool(self.patch or self.apply or self.delete or self.calls)


def merge_actions(actions: Iterable[Actions]) -> Actions:
    """Several actions as one, in their order; the last `backend_ref` is used."""
    parts: Sequence[Actions] = [part for part in actions if part or part.backend_ref]
    return Actions(
        reason="; ".join(dict.fromkeys(part.reason for part in parts)),
        patch=tuple(patch for part in parts for patch in part.patch),
        apply=tuple(apply for part in parts for apply in part.apply),
        delete=tuple(delete for part in parts for delete in part.delete),
        calls=tuple(call for part in parts for call in part.calls),
        backend_ref=next((part.backend_ref for part in reversed(parts) if part.backend_ref), None),
    )


@dataclass(frozen=True)
class BackendMessages:
    """Messages of a backend about its executions."""

    preparing: str
    running: str
    gone: str
    """For an attempt that was running when last observed and no longer exists."""
    removed: str
    """For an execution that was deleted by somebody else."""


@dataclass(frozen=True)
class FailedPrecondition:
    """Why a run cannot be started: a reason, and a message that says what to write instead."""

    reason: str
    message: str


@dataclass(frozen=True)
class Leftovers:
    """What an owner still has on a backend and should not have."""

    actions: Actions = field(default_factory=Actions)
    awaited: str = ""
    """Message about what has to end before anything new may start; empty for none."""
    look_again: timedelta | None = None
    warning: str = ""
    """Message of a warning event; empty for none."""


class Execution:
    """A run as observed on its backend; the defaults are those of one that does not exist.

    The methods take the run as an argument, since the observed state may change its remaining time.
    """

    state: RunState
    """The observed state of the run."""
    backend_ref: BackendRef
    """Its backend as the status reports it."""
    messages: BackendMessages
    """Messages of its backend."""

    @property
    def exists(self) -> bool:
        """Whether it exists: waiting, running, or ended and not deleted yet."""
        return False

    @property
    def is_being_deleted(self) -> bool:
        """Whether it is being deleted: another can be created when it is gone."""
        return False

    @property
    def is_suspended(self) -> bool:
        """Whether it exists and is suspended."""
        return False

    @property
    def is_stuck(self) -> bool:
        """Whether it has waited for long: something that it needs may be missing."""
        return False

    @property
    def needs_sources(self) -> bool:
        """Whether it is about to start, and all that the run refers to has to exist."""
        return not self.exists

    @property
    def is_bound(self) -> bool:
        """Whether a finalizer keeps its owner until the backend has released it."""
        return False

    @property
    def made(self) -> datetime | None:
        """When it was created; `None` if it does not exist or that is unknown."""
        return None

    @property
    def not_before(self) -> datetime | None:
        """When another attempt may start; `None` for at once."""
        return None

    def is_active(self, run: Run) -> bool:
        """Whether it exists, and its running time counts."""
        return False

    def find_failed_precondition(self, run: Run) -> FailedPrecondition | None:
        """Why it cannot be started on this backend; `None` if it can."""
        return None

    def delete_stale_config_map(self, run: Run) -> Actions:
        """Delete what prevents a start."""
        return Actions()

    def start(self, run: Run, reason: str) -> Actions:
        """Create the execution, or take the first step to that."""
        return Actions()

    def suspend(self, run: Run) -> Actions:
        """Stop it, so that it can be resumed later."""
        return Actions()

    def delete_job(self, reason: str) -> Actions:
        """Delete it, so that another can be created."""
        return Actions()

    def repair(self, run: Run) -> Actions:
        """Recreate what is missing, and patch what differs from the run."""
        return Actions()

    def enforce_deadline(self, run: Run, now: datetime) -> Actions:
        """Stop it if its running time is over and the backend has no deadline of its own."""
        return Actions()
