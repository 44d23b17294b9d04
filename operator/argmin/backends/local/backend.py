"""Runs as processes of this machine: the same document and the same runner as in a pod."""

from __future__ import annotations

import asyncio
import math
import os
import posixpath
import random
import shutil
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

from argmin.api.answer import ExitCode, RunReport
from argmin.api.files import Output
from argmin.api.progress import PROGRESS_FILE
from argmin.api.run import DOCUMENT_FILE, DOCUMENT_INPUT, RESULT_OUTPUT, ROOT, ProgressChannel
from argmin.api.task import ProgramTask
from argmin.api.untrusted import ANSWER, UntrustedError, read_document
from argmin.backends.local.inputs import Sources, place_inputs, resolve_environment
from argmin.backends.local.process import Ended, Ending, ProcessListener, Stop, supervise
from argmin.backends.local.progress import ProgressListener, following
from argmin.backends.local.stores import localise_transfers, place_credentials
from argmin.backends.run import Run, build_environment
from argmin.backends.state import Attempt, RunPhase, RunReason, RunState

GRACE_SECONDS = 30.0
"""Seconds for a runner to stop after SIGTERM, as in a pod."""
FIRST_PAUSE_SECONDS = 1.0
LONGEST_PAUSE_SECONDS = 10.0
ANSWER_LIMIT_BYTES = ANSWER.bytes
"""Bytes, more than any answer has: here it is a file, without the limit of a pod's message."""


class Listener(ProcessListener, ProgressListener, Protocol):
    """Callbacks for the events of a run."""

    def attempt_started(self, number: int) -> None:
        """An attempt, counted from 1, has started."""

    def retrying(self, attempt: Attempt, pause: float) -> None:
        """An attempt failed; another follows after a pause, in seconds."""


@dataclass(frozen=True)
class Workspace:
    """The folder of a local run; `root` replaces `/opt/ml/processing`."""

    root: Path

    @property
    def document(self) -> Path:
        """The job document."""
        return self.root / "input" / DOCUMENT_INPUT / DOCUMENT_FILE

    @property
    def termination_log(self) -> Path:
        """The file to which the runner writes its answer."""
        return self.root / "termination.json"

    @property
    def progress(self) -> Path:
        """The file to which the runner writes its progress."""
        return self.root / PROGRESS_FILE

    @property
    def result(self) -> Path:
        """argmin's own output: solution.json, proof.json, run.log."""
        return self.root / "output" / RESULT_OUTPUT


def localise_run(run: Run) -> Run:
    """The run with all its outputs under its own root.

    Paths under `/opt/ml/processing` are rebased to `root`, in outputs and in the arguments of a
    script; an output elsewhere goes to `<root>/output/<name>`. Portable programs read the paths
    from `ARGMIN_OUTPUT_<NAME>`.
    """
    document = run.document
    outputs = tuple(
        Output(name=output.name, path=_relocate_output(output, document.root))
        for output in document.outputs
    )
    task = document.task
    if isinstance(task, ProgramTask):
        args = tuple(_relocate(arg, document.root) for arg in task.args)
        task = task.model_copy(update={"args": args})
    update = {
        "outputs": outputs,
        "task": task,
        "intake": None,
        "progress": ProgressChannel.FILE,
        "answer_limit_bytes": ANSWER_LIMIT_BYTES,
    }
    return replace(run, document=document.model_copy(update=update))


def _relocate_output(output: Output, root: str) -> str:
    if output.path.startswith(f"{ROOT}/"):
        return posixpath.join(root, posixpath.relpath(output.path, ROOT))
    return posixpath.join(root, "output", output.name)


def _relocate(argument: str, root: str) -> str:
    option, equals, value = argument.rpartition("=")
    if value == ROOT or value.startswith(f"{ROOT}/"):
        return f"{option}{equals}{root}{value.removeprefix(ROOT)}"
    return argument


@dataclass(frozen=True)
class LocalRun:
    """A run whose files are prepared on this machine."""

    run: Run
    workspace: Workspace
    environment: Mapping[str, str]
    grace_seconds: float = GRACE_SECONDS
    first_pause_seconds: float = FIRST_PAUSE_SECONDS
    """Pause before the second attempt; doubled before each further one."""


def prepare(run: Run, workspace: Workspace, sources: Sources, *, uploads: bool = False) -> LocalRun:
    """Write the document, the inputs and the credentials.

    With `uploads`, what the run writes goes to its stores too, as it does from a pod.

    Raises:
        MissingSourceError: the run refers to something that `sources` does not have.
    """
    local = localise_run(run)
    local = localise_transfers(local, sources.secrets, workspace.root, uploads=uploads)
    given = resolve_environment(local, sources)
    place_inputs(local, sources, workspace.root)
    place_credentials(local, sources, workspace.root)
    workspace.document.parent.mkdir(parents=True, exist_ok=True)
    workspace.document.write_text(local.document.model_dump_json(by_alias=True, exclude_none=True))
    return LocalRun(local, workspace, _build_process_environment(local, workspace, given))


def _build_process_environment(
    run: Run, workspace: Workspace, given: Mapping[str, str]
) -> dict[str, str]:
    inherited = {k: v for k, v in os.environ.items() if not k.startswith("ARGMIN_")}
    # As in the image, `python` is the runner's own where the user sets no PATH.
    path = os.pathsep.join((str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)))
    return {
        **inherited,
        "PATH": path,
        **given,
        **build_environment(run),
        "ARGMIN_TERMINATION_LOG": str(workspace.termination_log),
    }


async def execute(local: LocalRun, listener: Listener, stop: Stop) -> RunState:
    """Run attempts until one succeeds, fails permanently, the limit or deadline ends, or a stop."""
    seconds = local.run.deadline_seconds
    deadline = None if seconds is None else asyncio.get_running_loop().time() + seconds
    attempts: list[Attempt] = []
    ending: Ending | None = None
    while ending is None:
        listener.attempt_started(len(attempts) + 1)
        ended, attempt = await _try_once(local, len(attempts) + 1, deadline, listener, stop)
        attempts.append(attempt)
        if ended.ending is not Ending.EXITED or not _is_worth_another(local.run, attempts):
            ending = ended.ending
        else:
            pause = _choose_pause(local.first_pause_seconds, len(attempts))
            listener.retrying(attempt, pause)
            ending = await _pause(pause, deadline, stop)
    return _conclude(local.run, ending, attempts)


async def _try_once(
    local: LocalRun, number: int, deadline: float | None, listener: Listener, stop: Stop
) -> tuple[Ended, Attempt]:
    workspace = local.workspace
    _clear_outputs(local)
    clock = asyncio.get_running_loop().time
    started = datetime.now(UTC)
    async with following(workspace.progress, listener):
        ended = await supervise(
            (sys.executable, "-m", "argmin_solvers", "--document", str(workspace.document)),
            local.environment,
            workspace.root,
            listener,
            None if deadline is None else max(0.0, deadline - clock()),
            local.grace_seconds,
            stop,
        )
    answer, message = read_answer(workspace.termination_log)
    attempt = Attempt(
        name=f"{local.run.name}-{number}",
        phase=RunPhase.SUCCEEDED if ended.exit_code == ExitCode.OK else RunPhase.FAILED,
        exit_code=ended.exit_code,
        reason=str(answer.reason) if answer else RunReason.CRASHED,
        message=answer.message if answer else f"exit code {ended.exit_code}: {message}",
        answer=answer,
        started=started,
        finished=datetime.now(UTC),
        # After a stop by the user the solution so far is the answer: no attempt follows.
        stopped=ended.ending is Ending.DEADLINE,
    )
    return ended, attempt


def _clear_outputs(local: LocalRun) -> None:
    """Delete the outputs of the previous attempt: like a new pod, each starts with none."""
    workspace = local.workspace
    for file in (workspace.termination_log, workspace.progress):
        file.unlink(missing_ok=True)
    for folder in [workspace.result, *(Path(o.path) for o in local.run.document.outputs)]:
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True, exist_ok=True)


def read_answer(file: Path) -> tuple[RunReport | None, str | None]:
    """The answer in a file of the runner, else a message why there is none."""
    try:
        with file.open("rb") as answer:
            return read_document(RunReport, answer.read(ANSWER.bytes + 1), ANSWER), None
    except FileNotFoundError:
        return None, "the runner ended without an answer"
    except UntrustedError as error:
        return None, f"the runner's answer cannot be read: {error}"


def _is_worth_another(run: Run, attempts: Sequence[Attempt]) -> bool:
    last = attempts[-1]
    failed = last.phase is RunPhase.FAILED and last.exit_code not in ExitCode.PERMANENT
    return failed and len(attempts) <= run.backoff_limit


def _conclude(run: Run, ending: Ending, attempts: Sequence[Attempt]) -> RunState:
    last = attempts[-1]
    succeeded = last.phase is RunPhase.SUCCEEDED and not last.was_interrupted
    reason, message = (None, None) if succeeded else _explain(run, ending, attempts)
    return RunState(
        RunPhase.SUCCEEDED if succeeded else RunPhase.FAILED,
        tuple(attempts),
        reason=reason,
        message=message,
        active_since=attempts[0].started,
        ended=last.finished,
    )


def _explain(run: Run, ending: Ending, attempts: Sequence[Attempt]) -> tuple[RunReason, str | None]:
    if ending is Ending.DEADLINE:
        return (
            RunReason.DEADLINE_EXCEEDED,
            f"the run was not finished within spec.activeDeadlineSeconds: {run.deadline_seconds}",
        )
    if ending is Ending.STOPPED:
        return RunReason.STOPPED, attempts[-1].message
    if len(attempts) > run.backoff_limit > 0:
        return RunReason.BACKOFF_LIMIT_EXCEEDED, attempts[-1].message
    return RunReason.FAILED, attempts[-1].message


def _choose_pause(first_seconds: float, failures: int) -> float:
    longest = min(first_seconds * 2.0 ** (failures - 1), LONGEST_PAUSE_SECONDS)
    return longest * random.uniform(0.5, 1.0)


async def _pause(seconds: float, deadline: float | None, stop: Stop) -> Ending | None:
    """Wait; returns the ending if a stop request or the deadline came first."""
    left = math.inf if deadline is None else deadline - asyncio.get_running_loop().time()
    try:
        await asyncio.wait_for(stop.asked.wait(), max(0.0, min(seconds, left)))
    except TimeoutError:
        return Ending.DEADLINE if left < seconds else None
    return Ending.STOPPED
