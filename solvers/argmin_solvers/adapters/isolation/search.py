"""A search in a process of its own: it can crash, be killed, and needs libraries of its own.

One solver a process: HiGHS and OR-Tools, which brings a HiGHS of its own, are not loaded together,
and a second solver that looks at an answer disturbs nothing of the first. The child
(`__main__`) gets the model in a file, prints to the same log, tells its progress through a
pipe, and leaves its finding in a file.
"""

from __future__ import annotations

import json
import os
import pickle
import signal
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from threading import Event, Thread
from typing import Any

from argmin.api.answer import Reason
from argmin.api.solve.solvers import SolverName
from argmin_solvers.adapters.base import Ending, Finding, Settings
from argmin_solvers.errors import RunError
from argmin_solvers.models.linear import LinearModel
from argmin_solvers.process.child import end_with_parent
from argmin_solvers.progress.sink import ProgressSink

_POLL_SECONDS = 0.02
_STOP_SECONDS = 15.0
"""How long a solver may take to write down what it has once it is asked to stop."""
_SHORT_SECONDS = 0.5
"""The same for one that cannot be asked."""


@dataclass(frozen=True)
class Request:
    """What the child is given; the settings are those of the search, in a folder of its own."""

    solver: SolverName
    model: LinearModel
    settings: Mapping[str, Any]
    progress: int  # the file descriptor to which it tells its progress


@dataclass(frozen=True)
class Failure:
    """A `RunError`, as the child sends it."""

    reason: Reason
    message: str
    permanent: bool


Reply = Finding | Failure


@dataclass(frozen=True)
class Apart:
    """A solver of linear models whose searches run in processes of their own."""

    name: SolverName
    stoppable: bool = True

    def search(self, model: LinearModel, settings: Settings, stop: Event) -> Finding:
        """Search for the best solution, as the solver's adapter does."""
        grace = _STOP_SECONDS if self.stoppable else _SHORT_SECONDS
        return search_apart(self.name, model, settings, stop, grace_seconds=grace)


def search_apart(
    name: SolverName,
    model: LinearModel,
    settings: Settings,
    stop: Event,
    *,
    quiet: bool = False,
    grace_seconds: float = _STOP_SECONDS,
) -> Finding:
    """Run a solver's search in a process of its own.

    The process is asked to stop once `stop` is set, is killed where it does not within
    `grace_seconds`, and dies with the thread that called. `quiet` keeps its log to itself.

    Raises:
        RunError: what the adapter raised; SolverFailed, where its process crashed.
    """
    with tempfile.TemporaryDirectory(prefix=f"{name}-", dir=settings.workdir) as folder:
        source, sink = os.pipe()
        try:
            request = Request(name, model, _describe(settings, Path(folder)), sink)
            place_request(Path(folder)).write_bytes(pickle.dumps(request, protocol=5))
            process = _start(Path(folder), sink, quiet)
        except BaseException:
            os.close(source)
            raise
        finally:
            os.close(sink)
        teller = Thread(target=_pass_on, args=(source, settings.progress), daemon=True)
        teller.start()
        was_asked = _wait(process, stop, grace_seconds)
        teller.join()
        return _read(name, Path(folder), process.returncode, was_asked)


def place_request(folder: Path) -> Path:
    """Where the child finds what it is to do."""
    return folder / "request.pickle"


def place_reply(folder: Path) -> Path:
    """Where the child leaves what it found."""
    return folder / "reply.pickle"


def _describe(settings: Settings, folder: Path) -> dict[str, Any]:
    """The settings without the sink, which has locks; what is told travels by the pipe."""
    kept = (field.name for field in fields(settings) if field.name != "progress")
    return {**{name: getattr(settings, name) for name in kept}, "workdir": folder}


def _start(folder: Path, sink: int, quiet: bool) -> subprocess.Popen[bytes]:
    sys.stdout.flush()
    output = subprocess.DEVNULL if quiet else None
    # -P: files of the folder in which the runner was started are no modules of the solver's.
    return subprocess.Popen(
        [sys.executable, "-P", "-m", "argmin_solvers.adapters.isolation", str(folder)],
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=output,
        pass_fds=(sink,),
        preexec_fn=end_with_parent(),  # noqa: PLW1509 - it takes no lock
    )


def _pass_on(source: int, progress: ProgressSink) -> None:
    """Tell what the child tells, until it is gone."""
    with open(source, "rb") as lines:
        for line in lines:
            try:
                news = json.loads(line)
            except ValueError:  # cut off as the child died
                continue
            progress.tell(**news)


def _wait(process: subprocess.Popen[bytes], stop: Event, grace_seconds: float) -> bool:
    """Wait for the end; whether the process was asked to stop before."""
    try:
        while not _ended_within(process, _POLL_SECONDS):
            if stop.is_set():
                process.terminate()
                if not _ended_within(process, grace_seconds):
                    process.kill()
                    process.wait()
                return True
    except BaseException:
        process.kill()
        process.wait()
        raise
    return stop.is_set()


def _ended_within(process: subprocess.Popen[bytes], seconds: float) -> bool:
    try:
        process.wait(seconds)
    except subprocess.TimeoutExpired:
        return False
    return True


def _read(name: SolverName, folder: Path, code: int, was_asked: bool) -> Finding:
    path = place_reply(folder)
    if not path.exists():
        if was_asked:
            return Finding(Ending.INTERRUPTED)
        raise RunError(Reason.SOLVER_FAILED, f"{name} {_tell_end(code)}")
    reply: Reply = pickle.loads(path.read_bytes())
    if isinstance(reply, Failure):
        raise RunError(reply.reason, reply.message, permanent=reply.permanent)
    return reply


def _tell_end(code: int) -> str:
    if code >= 0:
        return f"ended with exit code {code} and no result; its log says why"
    try:
        name = signal.Signals(-code).name
    except ValueError:
        name = f"signal {-code}"
    why = ", perhaps for want of memory" if name == "SIGKILL" else ""
    return f"crashed: its process was ended by {name}{why}"
