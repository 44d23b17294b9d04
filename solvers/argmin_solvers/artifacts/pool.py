"""Moves files, some at a time, while the main thread looks after time and wishes to stop."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from itertools import islice
from typing import TypeVar

from argmin_solvers.artifacts.locations import Action, ObjectLocation
from argmin_solvers.artifacts.retry import Persistence
from argmin_solvers.artifacts.transfer_log import Listener
from argmin_solvers.errors import RunError
from argmin_solvers.process.interruption import Interruption

FILES_AT_ONCE = 10
_QUEUED_FILES = 100
_LOOK_SECONDS = 0.2

Result = TypeVar("Result")


@dataclass(frozen=True)
class Task:
    """One file that is to be moved."""

    location: ObjectLocation
    action: Action
    bytes: int
    move: Callable[[Callable[[int], None]], None]
    """Moves it once, telling the bytes as they go; raises what the store raises."""


@dataclass(frozen=True)
class Stopping:
    """What a request to stop means for transfers."""

    grace_seconds: float
    """How long they may go on after it."""
    failure: RunError
    """What becomes of the run where they are not done by then."""


class Workers:
    """A crew for the transfers of one phase.

    Args:
        interruption: who may ask to stop.
        stopping: what becomes of the transfers then.
        persistence: how failures are met.
        listener: who hears how it goes.
    """

    def __init__(
        self,
        interruption: Interruption,
        stopping: Stopping,
        persistence: Persistence,
        listener: Listener,
    ) -> None:
        self._interruption = interruption
        self._stopping = stopping
        self._persistence = persistence
        self._listener = listener
        self._pool = ThreadPoolExecutor(FILES_AT_ONCE, "transfer")

    def ask(self, call: Callable[[], Result], location: ObjectLocation, action: Action) -> Result:
        """What a store answers, with patience.

        Raises:
            RunError: SourceNotFound, TransferFailed; Interrupted.
        """
        future = self._pool.submit(self._persistence.persist, call, location, action)
        self._await({future})
        return future.result()

    def move(self, title: str, tasks: Sequence[Task]) -> None:
        """Move all files; the first one that cannot be moved ends it.

        Raises:
            RunError: SourceNotFound, TransferFailed; Interrupted.
        """
        if not tasks:
            return
        self._listener.started(title, len(tasks), sum(task.bytes for task in tasks))
        left = iter(tasks)
        pending: set[Future[None]] = set()
        # A few at a time: looking at a hundred thousand futures again and again is work too.
        while pending or (pending := self._submit(islice(left, _QUEUED_FILES))):
            pending = self._await(pending, all_of_them=False)
            pending |= self._submit(islice(left, _QUEUED_FILES - len(pending)))
        self._listener.finished()

    def close(self) -> None:
        """Send everybody home: what is still under way ends by itself, and nobody waits for it."""
        self._persistence.over.set()
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _submit(self, tasks: Iterable[Task]) -> set[Future[None]]:
        return {self._pool.submit(self._move_one, task) for task in tasks}

    def _move_one(self, task: Task) -> None:
        self._persistence.persist(lambda: self._try_once(task), task.location, task.action)

    def _try_once(self, task: Task) -> None:
        counted = 0

        def count(moved: int) -> None:
            nonlocal counted
            counted += moved
            self._listener.moved(moved)

        try:
            task.move(count)
        except BaseException:
            self._listener.moved(-counted)
            raise

    def _await(
        self, pending: set[Future[Result]], *, all_of_them: bool = True
    ) -> set[Future[Result]]:
        """Wait for one, or all; raises what a future raised, or the wish to stop."""
        while pending:
            done, pending = wait(pending, _LOOK_SECONDS, FIRST_COMPLETED)
            self._listener.looked_at()
            self._heed_wishes()
            for future in done:
                future.result()
            if done and not all_of_them:
                break
        return pending

    def _heed_wishes(self) -> None:
        seconds = self._interruption.seconds
        if seconds is not None and seconds >= self._stopping.grace_seconds:
            raise self._stopping.failure
