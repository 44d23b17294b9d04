"""The interface between the rules of a kind and a backend; pure, independent of either.

A kind describes what it wants in a `RunSet`: its runs by name, and what its status records of them
and of former ones. A backend returns an `Execution` for each run: its observed state, and the
`Actions` that start, suspend, repair or delete it. Actions are data: the engine executes them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from argmin.api.backend import AttemptStatus, BackendFields, BackendName
from argmin.backends.run import Owner, Run
from argmin.backends.state import RunState
from argmin.plan import Apply, Call, Delete, Key, Patch


@dataclass(frozen=True)
class OwnerState:
    """The object that runs belong to, as far as it matters to them."""

    owner: Owner
    finalizers: tuple[str, ...] = ()
    resource_version: str = ""
    """Of the object as it was read: the precondition for the removal of a finalizer."""
    is_deleted: bool = False
    """It is being deleted: nothing starts, and what it has outside the cluster is stopped."""
    is_abandoned: bool = False
    """It is to be deleted without waiting for what it has outside of the cluster."""
    force_delete_hint: str = ""
    """How to delete it without waiting, as a message; empty if it is not being deleted."""


@dataclass(frozen=True)
class RunMemory:
    """What the status of the owner records of one run."""

    backend_ref: BackendFields = field(
        default_factory=lambda: BackendFields(backend=BackendName.PODS)
    )
    """Its backend, and its identity there."""
    attempts: tuple[AttemptStatus, ...] = ()
    active_since: datetime | None = None
    """Start of the period of running time that counts now; `None` while none does."""
    active_seconds: int | None = None
    """Running time used before that, in seconds."""
    is_finished: bool = False
    """It has finished by the status: it is no longer observed."""
    namespace: str = ""
    """Of its Job and ConfigMaps; empty for its owner's. Only read if the run is not wanted."""


@dataclass(frozen=True)
class RunRequest:
    """A wanted run of an owner, and what the status records of it."""

    run: Run
    owner: OwnerState
    memory: RunMemory | None = None
    """`None` for a run that the status does not record yet."""
    removed: tuple[RunMemory, ...] = ()
    """The runs of its owner that are not wanted any more."""

    @property
    def is_known(self) -> bool:
        """Whether the status records the run."""
        return self.memory is not None

    @property
    def attempts(self) -> tuple[AttemptStatus, ...]:
        """Its recorded attempts."""
        return self.memory.attempts if self.memory else ()

    @property
    def is_finished(self) -> bool:
        """Whether the status records that it has finished."""
        return self.memory is not None and self.memory.is_finished

    @property
    def deadline(self) -> datetime | None:
        """When its running time ends, if it runs from now on; `None` if none counts."""
        limit, memory = self.run.deadline_seconds, self.memory
        if limit is None or memory is None or memory.active_since is None:
            return None
        return memory.active_since + timedelta(seconds=max(0, limit - (memory.active_seconds or 0)))

    @property
    def is_idle(self) -> bool:
        """Whether nothing of it is to run any more."""
        return self.is_finished or self.owner.is_deleted


@dataclass(frozen=True)
class RunSet:
    """The runs of one owner.

    What the owner has on a backend and that belongs to no run of the set is cleaned up.
    """

    owner: OwnerState
    requests: Mapping[str, RunRequest]
    """The wanted runs, by name."""
    removed: Mapping[str, RunMemory] = field(default_factory=dict)
    """Runs that the status records and that are not wanted any more, by name."""


def build_run_set(
    owner: OwnerState, runs: Iterable[Run], memories: Mapping[str, RunMemory]
) -> RunSet:
    """The set of the wanted runs of an owner.

    Args:
        owner: the object that they belong to.
        runs: the wanted runs; the part of a name after its last `-` is different in each, since
            names of other platforms are shorter and keep only that part.
        memories: what the status records, by run name, also of runs that are not wanted any more.
            One of those is to be recorded until `Leftovers` awaits nothing of it.
    """
    wanted = {run.name: run for run in runs}
    removed = {name: memory for name, memory in memories.items() if name not in wanted}
    former = tuple(removed.values())
    requests = {n: RunRequest(r, owner, memories.get(n), former) for n, r in wanted.items()}
    return RunSet(owner, requests, removed)


@dataclass(frozen=True)
class Actions:
    """Writes and calls for a run's execution, and its backend in the status afterwards."""

    reason: str = ""
    patch: tuple[Patch, ...] = ()
    apply: tuple[Apply, ...] = ()
    delete: tuple[Delete, ...] = ()
    calls: tuple[Call, ...] = ()
    following: tuple[Call, ...] = ()
    """Calls that the next reconcile makes, once what this one does is recorded."""
    backend_ref: BackendFields | None = None
    """The new backend of the run; `None` if that stays as it is."""
    job: Key | None = None
    """The applied Job, whose UID is to be recorded with the backend."""

    def __bool__(self) -> bool:
        return bool(self.patch or self.apply or self.delete or self.calls)


def merge_actions(actions: Iterable[Actions]) -> Actions:
    """Several actions as one, in their order; the last `backend_ref` and `job` are used.

    Runs of one owner may each apply the same to it: that is done once.
    """
    parts: Sequence[Actions] = [part for part in actions if part or part.backend_ref]
    return Actions(
        reason="; ".join(dict.fromkeys(part.reason for part in parts)),
        patch=tuple(patch for part in parts for patch in part.patch),
        apply=_drop_repeated(apply for part in parts for apply in part.apply),
        delete=tuple(delete for part in parts for delete in part.delete),
        calls=tuple(call for part in parts for call in part.calls),
        following=tuple(call for part in parts for call in part.following),
        backend_ref=next((part.backend_ref for part in reversed(parts) if part.backend_ref), None),
        job=next((part.job for part in reversed(parts) if part.job), None),
    )


def _drop_repeated(applies: Iterable[Apply]) -> tuple[Apply, ...]:
    kept: list[Apply] = []
    for apply in applies:
        if all((a.manifest, a.manager) != (apply.manifest, apply.manager) for a in kept):
            kept.append(apply)
    return tuple(kept)


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
    """What an owner still has on a backend, and belongs to no run that may go on."""

    actions: Actions = field(default_factory=Actions)
    """They stop and delete it, and release the owner once nothing is left outside the cluster."""
    awaited: str = ""
    """Message about what has to end before anything new may start; empty for none."""
    look_again: timedelta | None = None
    warning: str = ""
    """Message of a warning event; empty for none."""
    refs: Mapping[str, BackendFields] = field(default_factory=dict)
    """The backends of runs whose end was observed, by run name, as the status is to record them."""


def merge_leftovers(leftovers: Iterable[Leftovers]) -> Leftovers:
    """The leftovers of several backends as one, in their order."""
    parts = tuple(leftovers)
    pauses = [part.look_again for part in parts if part.look_again is not None]
    return Leftovers(
        actions=merge_actions(part.actions for part in parts),
        awaited="; ".join(part.awaited for part in parts if part.awaited),
        look_again=min(pauses, default=None),
        warning="; ".join(part.warning for part in parts if part.warning),
        refs={name: ref for part in parts for name, ref in part.refs.items()},
    )


class Execution:
    """A run as observed on its backend; the defaults are those of one that does not exist.

    The methods take the run as an argument, since the observed state may change its remaining time.
    """

    state: RunState
    """The observed state of the run."""
    backend_ref: BackendFields
    """Its backend as the status reports it."""
    messages: BackendMessages
    """Messages of its backend."""

    @property
    def exists(self) -> bool:
        """Whether it exists: waiting, running, or ended and not deleted yet."""
        return False

    @property
    def has_begun(self) -> bool:
        """Whether something of it exists where it is executed, not only in the status."""
        return self.exists

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
