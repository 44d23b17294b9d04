"""What the rules of a kind need of a backend; pure, and nothing of any one backend or kind.

A kind says what it wants in a `Claim`. A backend answers with an `Execution`: what it knows of that
run, and the `Moves` by which it can be started, held, repaired or taken away. A move is data: the
engine carries it out.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from argmin.api.backend import BackendName, SageMakerStatus
from argmin.api.jobstatus import RunStatus
from argmin.backends.run import Run, RunState
from argmin.plan import Apply, Call, Delete, Patch


@dataclass(frozen=True)
class Place:
    """What the status tells of the backend of a run."""

    backend: BackendName = BackendName.PODS
    sage_maker: SageMakerStatus | None = None

    def to_fields(self) -> dict[str, Any]:
        """The fields of a status that hold it."""
        return {"backend": self.backend, "sage_maker": self.sage_maker}


@dataclass(frozen=True)
class Claim:
    """A run that is wanted, and what the status of its owner remembers of it and of older ones."""

    run: Run
    remembered_run: str | None = None
    """Name of the run that the status speaks of: this one, an older one, or none yet."""
    attempts: tuple[RunStatus, ...] = ()
    """Attempts of the remembered run."""
    place: Place = field(default_factory=Place)
    """Where the remembered run is executed."""
    finalizers: tuple[str, ...] = ()
    deadline: datetime | None = None
    """When the running time of the wanted run is used up, if it goes on from now."""
    is_finished: bool = False
    """The wanted run was declared over: it is looked at no more."""
    is_deleted: bool = False
    is_abandoned: bool = False
    """Its owner shall go, whatever becomes of what it has at others."""
    way_out: str = ""
    """For who deletes the owner and does not want to wait: how it goes at once, in words.

    Empty where it is not being deleted.
    """

    @property
    def is_known(self) -> bool:
        """Whether the status speaks of the wanted run."""
        return self.remembered_run == self.run.name


@dataclass(frozen=True)
class Moves:
    """What is to be done to a run's execution, and what the status then says of its place."""

    reason: str = ""
    patch: tuple[Patch, ...] = ()
    apply: tuple[Apply, ...] = ()
    delete: tuple[Delete, ...] = ()
    calls: tuple[Call, ...] = ()
    place: Place | None = None
    """Where the run is from now on; `None` where that stays as it is."""

    def __bool__(self) -> bool:
        return bool(self.patch or self.apply or self.delete or self.calls)


def join_moves(moves: Iterable[Moves]) -> Moves:
    """Several moves as one, in their order; the last place holds."""
    parts: Sequence[Moves] = [part for part in moves if part or part.place]
    return Moves(
        reason="; ".join(dict.fromkeys(part.reason for part in parts)),
        patch=tuple(patch for part in parts for patch in part.patch),
        apply=tuple(apply for part in parts for apply in part.apply),
        delete=tuple(delete for part in parts for delete in part.delete),
        calls=tuple(call for part in parts for call in part.calls),
        place=next((part.place for part in reversed(parts) if part.place), None),
    )


@dataclass(frozen=True)
class Wording:
    """How a backend speaks of its executions."""

    preparing: str
    running: str
    gone: str
    """Of an attempt that was running when it was last seen and is not there any more."""
    removed: str
    """Of an execution that somebody took away."""


@dataclass(frozen=True)
class Obstacle:
    """Why a run cannot be started as it is: a reason, and what to write instead."""

    reason: str
    message: str


@dataclass(frozen=True)
class Remains:
    """What an owner still has on a backend and should not have."""

    moves: Moves = field(default_factory=Moves)
    awaited: str = ""
    """What has to be over before anything new may start, in words; empty where nothing has."""
    look_again: timedelta | None = None
    warning: str = ""
    """What somebody should know of it."""


class Execution:
    """A run on its backend, as it was found; by itself one that is not there and has no moves.

    The methods take the run anew, because what is known of it by now may change its time left.
    """

    state: RunState
    """What is known of the run."""
    place: Place
    """What the status says of where it is."""
    wording: Wording
    """How to speak of it."""

    @property
    def exists(self) -> bool:
        """Whether it is there: waiting, running, or over and not taken away yet."""
        return False

    @property
    def is_going(self) -> bool:
        """Whether somebody is taking it away: another can be made when it is gone."""
        return False

    @property
    def is_held(self) -> bool:
        """Whether it is there and held."""
        return False

    @property
    def is_stuck(self) -> bool:
        """Whether it waits for long: something that it needs may have gone."""
        return False

    @property
    def needs_sources(self) -> bool:
        """Whether it is about to start, and all that the run refers to has to be there."""
        return not self.exists

    @property
    def is_bound(self) -> bool:
        """Whether something keeps its owner from going, until the backend has let go of it."""
        return False

    @property
    def made(self) -> datetime | None:
        """When it was made; `None` where it is not there or nobody says."""
        return None

    @property
    def not_before(self) -> datetime | None:
        """When another attempt may start; `None` for at once."""
        return None

    def is_active(self, run: Run) -> bool:
        """Whether it is there, and its running time counts."""
        return False

    def find_obstacle(self, run: Run) -> Obstacle | None:
        """Why it cannot be started here."""
        return None

    def make_way(self, run: Run) -> Moves:
        """Take away what stands in the way of a start."""
        return Moves()

    def start(self, run: Run, reason: str) -> Moves:
        """Start what is not there, or take the first step to that."""
        return Moves()

    def hold(self, run: Run) -> Moves:
        """Stop it, so that it can go on later."""
        return Moves()

    def withdraw(self, reason: str) -> Moves:
        """Take it away, so that another can be made."""
        return Moves()

    def repair(self, run: Run) -> Moves:
        """Bring back what is missing, and change what is not as the run wants it."""
        return Moves()

    def cut(self, run: Run, now: datetime) -> Moves:
        """Stop it where its time is up and the backend does not see to that by itself."""
        return Moves()
