"""The input and the result of a rule of a run's life; pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum

from argmin.backends.attempts import remember_attempts
from argmin.backends.execution import Actions, Execution, RunMemory, RunRequest
from argmin.backends.rules.active_time import close_period, count_remaining
from argmin.backends.run import Run
from argmin.backends.state import Attempt, RunPhase, RunState


@dataclass(frozen=True)
class RunContext:
    """One run and its observed state at one moment."""

    request: RunRequest
    execution: Execution
    """The execution of the run on its backend."""
    state: RunState
    """Its state there."""
    run: Run
    """The run, with its remaining running time."""
    memory: RunMemory
    """What the status is to record of it: attempts, backend, running time."""
    now: datetime

    @property
    def is_out_of_time(self) -> bool:
        """Whether the running time of the closed periods has used up the deadline."""
        left = count_remaining(self.request.run.deadline_seconds, self.memory)
        return left is not None and left <= 0

    @property
    def is_running(self) -> bool:
        """Whether an attempt runs."""
        return any(a.phase is RunPhase.RUNNING for a in self.state.attempts)


class Stage(StrEnum):
    """Where a run stands that has not ended."""

    PENDING = "Pending"
    QUEUED = "Queued"
    RUNNING = "Running"
    SUSPENDING = "Suspending"  # it is suspended, and its last attempt is being stopped
    SUSPENDED = "Suspended"
    STALLED = "Stalled"  # it cannot go on until somebody acts: worth a warning


@dataclass(frozen=True)
class RunChange:
    """What the status is to say of a run that has not ended."""

    stage: Stage
    reason: str
    message: str


@dataclass(frozen=True)
class RunEnd:
    """How a run has ended. What its answer means is the kind's to say."""

    reason: str
    message: str
    attempt: Attempt | None = None
    """The attempt that decides; `None` if it is not there any more."""
    has_answer: bool = False
    """It succeeded, and `attempt` has its answer."""
    is_out_of_time: bool = False
    """Its running time is used up: a kept solution of an earlier attempt is its answer."""


@dataclass(frozen=True)
class RunResult:
    """The result of a rule: its reason, its actions, and what the status is to say."""

    reason: str
    actions: Actions = field(default_factory=Actions)
    change: RunChange | RunEnd | None = None
    memory: RunMemory | None = None
    """What the status is to record; `None` for that of the context."""
    requeue_after: timedelta | None = None
    stop: bool = False
    """No further rule is evaluated."""


RunRule = Callable[[RunContext], RunResult | None]
"""A rule returns a result, or `None` if it does not apply."""


def build_context(
    request: RunRequest,
    execution: Execution,
    now: datetime,
    judge: Callable[[Attempt], Attempt] = lambda attempt: attempt,
) -> RunContext:
    """The context of a run, with all that was observed in its memory.

    Args:
        request: a run that has not finished by the status.
        execution: what was observed of it.
        now: the time, in whole seconds.
        judge: the kind's own check of an attempt's answer, which may reject it.
    """
    state = replace(execution.state, attempts=tuple(map(judge, execution.state.attempts)))
    memory = request.memory or RunMemory()
    attempts = remember_attempts(memory.attempts, state.attempts, now, execution.messages.gone)
    memory = replace(memory, attempts=attempts, backend_ref=execution.backend_ref)
    memory = _close_period(request.run, execution, state, memory, now)
    left = count_remaining(request.run.deadline_seconds, memory)
    # Kubernetes allows no deadline of zero: one second is the minimum.
    run = replace(request.run, deadline_seconds=None if left is None else max(1, left))
    return RunContext(request, execution, state, run, memory, now)


def _close_period(
    run: Run, execution: Execution, state: RunState, memory: RunMemory, now: datetime
) -> RunMemory:
    """Close the active period if the run is suspended or gone, or is to be suspended now.

    A Job that somebody has just suspended runs on until its controller notices: its period goes on.
    """
    is_held = execution.is_suspended and state.held_since is not None
    if is_held or not execution.exists:
        return close_period(memory, state.held_since or now)
    return close_period(memory, now) if run.suspend else memory


def find_last(attempts: Iterable[Attempt]) -> Attempt | None:
    """The last of some attempts."""
    return next(reversed(list(attempts)), None)
