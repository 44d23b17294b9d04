"""Processes that solve model after model: one for the linear solvers, one for OR-Tools.

HiGHS and OR-Tools cannot be loaded into one process. A worker that crashes or hangs is a finding;
its successor goes on with the next question.
"""

from __future__ import annotations

import os
import tempfile
from dataclasses import dataclass
from multiprocessing import get_context
from multiprocessing.connection import Connection
from multiprocessing.context import SpawnProcess
from pathlib import Path

from argmin.api.answer import Outcome
from tests.hunt.asking import Question, Task, Told
from tests.hunt.writing import Format

HANG_SECONDS = 60.0
"""A worker that tells nothing for so long hangs: a solve has five seconds and its proof as many."""

_READY = "ready"
_SUFFIXES = {Format.LP: "lp", Format.MPS: "mps", Format.CP_SAT: "txt"}


def serve(connection: Connection) -> None:
    """Answer tasks until there are no more; the entry of a worker's process."""
    _silence()
    from tests.hunt.solving import answer

    connection.send(_READY)
    with tempfile.TemporaryDirectory(prefix="argmin-hunt-", dir=_find_memory()) as folder:
        (Path(folder) / "source").mkdir()
        while True:
            try:
                task: Task | None = connection.recv()
            except EOFError:
                return
            if task is None:
                return
            path = Path(folder) / "source" / f"model.{_SUFFIXES[task.format]}"
            path.write_text(task.text)
            for question in task.questions:
                connection.send(answer(question, task.format, path, Path(folder)))


def _find_memory() -> str | None:
    """Where files are kept in memory: thousands are written, and none is kept."""
    return "/dev/shm" if os.access("/dev/shm", os.W_OK) else None


def _silence() -> None:
    """Solvers print; nobody reads it."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    if "ARGMIN_HUNT_LOG" not in os.environ:
        os.dup2(nowhere, 2)


class WorkerError(Exception):
    """A worker cannot even start: no finding, but a fault of the hunt or its installation."""


class Worker:
    """One process, started when it is first asked, and anew after it broke."""

    def __init__(self, hang_seconds: float = HANG_SECONDS) -> None:
        self._hang = hang_seconds
        self._connection: Connection | None = None
        self._process: SpawnProcess | None = None

    def ask(self, task: Task) -> list[Told]:
        """The answers; of a question at which the process breaks, that it does.

        Raises:
            WorkerError: there is no process to ask.
        """
        told: list[Told] = []
        while len(told) < len(task.questions):
            left = task.questions[len(told) :]
            self._send(Task(task.format, task.text, left))
            for question in left:
                told.append(self._receive(question))
                if self._connection is None:
                    break
        return told

    def close(self) -> None:
        """End the process."""
        if self._process is not None:
            self._process.kill()
            self._process.join()
        self._connection = self._process = None

    def _send(self, task: Task) -> None:
        connection = self._connection or self._start()
        connection.send(task)

    def _start(self) -> Connection:
        context = get_context("spawn")
        ours, theirs = context.Pipe()
        self._process = context.Process(target=serve, args=(theirs,), daemon=True)
        self._process.start()
        theirs.close()
        try:
            assert ours.recv() == _READY
        except EOFError:
            why = "a worker ends before it is asked anything: ARGMIN_HUNT_LOG=1 shows why"
            raise WorkerError(why) from None
        self._connection = ours
        return ours

    def _receive(self, question: Question) -> Told:
        assert self._connection is not None
        assert self._process is not None
        try:
            if self._connection.poll(self._hang):
                told: Told = self._connection.recv()
                return told
            reason, message = "Hang", f"nothing was told for {self._hang:g} s"
        except (EOFError, ConnectionError):
            self._process.join()
            reason, message = "Crash", f"the process ended with {self._process.exitcode}"
        self.close()
        return Told(question.name, Outcome.ERROR, reason, message)


@dataclass
class Team:
    """The workers for one model at a time; each question goes to the process of its solver."""

    linear: Worker
    constraint: Worker

    def ask(self, task: Task) -> list[Told]:
        """The answers to all questions."""
        worker = self.constraint if task.format is Format.CP_SAT else self.linear
        return worker.ask(task)

    def close(self) -> None:
        """End both processes."""
        self.linear.close()
        self.constraint.close()


def make_team() -> Team:
    """A team whose processes start when they are needed."""
    return Team(Worker(), Worker())
