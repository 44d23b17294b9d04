"""Runs as local processes, by the real runner: attempts, deadline, stop, and where outputs go."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import psutil
import pytest

from argmin.api.answer import ExitCode, Outcome, Reason
from argmin.api.optimization.spec import OptimizationJob
from argmin.api.progress import Progress, Search
from argmin.api.task import ProgramTask
from argmin.backends.defaults import Defaults
from argmin.backends.local.backend import LocalRun, Workspace, execute, localise_run, prepare
from argmin.backends.local.inputs import Sources
from argmin.backends.local.process import Ending, Stop
from argmin.backends.local.progress import read_progress
from argmin.backends.run import Run
from argmin.backends.state import Attempt, RunPhase, RunReason
from argmin.optimization.build_run import build_run


class Recorder:
    """Hears a run, and asks it to stop when a word is printed."""

    def __init__(self, stop: Stop, stop_word: str | None = None) -> None:
        self.lines: list[str] = []
        self.progress: list[Progress] = []
        self.attempts = 0
        self.retried: list[Attempt] = []
        self._stop = stop
        self._stop_word = stop_word

    def attempt_started(self, number: int) -> None:
        self.attempts = number

    def progressed(self, progress: Progress) -> None:
        self.progress.append(progress)

    def lines_printed(self, lines: Sequence[str]) -> None:
        self.lines.extend(lines)
        if self._stop_word in lines:
            self._stop.ask()

    def stopping(self, ending: Ending) -> None:
        self.lines.append(f"stopping: {ending}")

    def retrying(self, attempt: Attempt, pause: float) -> None:
        self.retried.append(attempt)


def run_of(root: Path, program: str, **spec: Any) -> Run:
    script = {"source": {"inline": program}, **spec.pop("script", {})}
    job = OptimizationJob.model_validate(
        {"metadata": {"name": "steel"}, "spec": {"script": script, **spec}}
    )
    return build_run(job, Defaults(image="", intake_url="http://intake"), str(root))


def prepare_program(root: Path, program: str, **spec: Any) -> LocalRun:
    local = prepare(run_of(root, program, **spec), Workspace(root), Sources())
    return replace(local, first_pause_seconds=0.01)


_OBJECTIVE = "from argmin_solvers import report; report(objective=3)\n"
_LONG = "import time; print('ready', flush=True); time.sleep(3600)\n"


@pytest.fixture
def stop() -> Stop:
    return Stop()


async def test_a_run_succeeds_with_the_answer_of_the_runner(tmp_path: Path, stop: Stop) -> None:
    recorder = Recorder(stop)
    state = await execute(prepare_program(tmp_path, _OBJECTIVE + "print('hi')"), recorder, stop)
    assert state.phase is RunPhase.SUCCEEDED
    (attempt,) = state.attempts
    assert attempt.answer is not None
    assert attempt.answer.solve.outcome is Outcome.FEASIBLE
    assert "hi" in recorder.lines


async def test_an_answer_beyond_the_room_of_a_pod_s_message_is_read_whole(
    tmp_path: Path, stop: Stop
) -> None:
    program = (
        "from argmin_solvers import report\nreport(**{f'metric{n}': n for n in range(1000)})\n"
    )
    state = await execute(prepare_program(tmp_path, program), Recorder(stop), stop)
    (attempt,) = state.attempts
    assert attempt.answer is not None
    assert len(attempt.answer.metrics) == 256
    assert attempt.answer.message == "the program ended with exit code 0"


async def test_progress_is_heard_while_the_run_works(tmp_path: Path, stop: Stop) -> None:
    heard = tmp_path / "heard"
    program = (
        "import pathlib, time\nfrom argmin_solvers import report\nreport(objective=7, bound=3)\n"
        "until = time.monotonic() + 60\n"
        f"while not pathlib.Path({str(heard)!r}).exists() and time.monotonic() < until:\n"
        "    time.sleep(0.02)\n"
    )

    class EventHealth(Recorder):
        def progressed(self, progress: Progress) -> None:
            super().progressed(progress)
            heard.touch()

    recorder = EventHealth(stop)
    await execute(prepare_program(tmp_path, program), recorder, stop)
    assert [
        (told.flatten().objective, told.flatten().best_bound) for told in recorder.progress
    ] == [("7.0", "3.0")]


def test_what_cannot_be_read_is_no_news(tmp_path: Path) -> None:
    path = tmp_path / "progress.jsonl"
    assert read_progress(path) == (0, None)
    path.write_text('{"search": {"objective": "4.0"}}\nnonsense\n')
    assert read_progress(path) == (42, None)
    path.write_text('{"step": 1}\n{"search": {"objective": "3.0"}}\n{"searc')
    end, progress = read_progress(path)
    assert progress == Progress(search=Search(objective="3.0"))
    assert read_progress(path, end) == (end, None)


async def test_a_failing_program_is_tried_again_up_to_the_limit(tmp_path: Path, stop: Stop) -> None:
    recorder = Recorder(stop)
    local = prepare_program(tmp_path, "raise SystemExit('no')", backoffLimit=1)
    state = await execute(local, recorder, stop)
    assert (state.phase, state.reason) == (RunPhase.FAILED, RunReason.BACKOFF_LIMIT_EXCEEDED)
    assert [a.exit_code for a in state.attempts] == [ExitCode.PROGRAM_FAILED] * 2
    assert len(recorder.retried) == 1


async def test_another_attempt_starts_with_empty_outputs_and_may_succeed(
    tmp_path: Path, stop: Stop
) -> None:
    marker = tmp_path / "been-here"
    program = f"""
import os, pathlib
output = pathlib.Path(os.environ["ARGMIN_OUTPUT_DATA"])
assert list(output.iterdir()) == []
(output / "out.txt").write_text("x")
marker = pathlib.Path({str(marker)!r})
if not marker.exists():
    marker.touch()
    raise SystemExit(1)
"""
    outputs = [{"name": "data", "path": "/opt/ml/processing/data"}]
    local = prepare_program(tmp_path, program, outputs=outputs)
    state = await execute(local, Recorder(stop), stop)
    assert state.phase is RunPhase.SUCCEEDED
    assert [a.phase for a in state.attempts] == [RunPhase.FAILED, RunPhase.SUCCEEDED]
    assert (tmp_path / "data" / "out.txt").exists()


async def test_what_a_rerun_cannot_help_is_not_tried_again(tmp_path: Path, stop: Stop) -> None:
    local = prepare_program(tmp_path, "print(1)")
    Path(local.run.document.task.path).unlink()
    state = await execute(local, Recorder(stop), stop)
    (attempt,) = state.attempts
    assert attempt.exit_code == ExitCode.INVALID_INPUT
    assert attempt.reason == Reason.SOURCE_NOT_FOUND


async def test_a_stopped_run_keeps_the_answer_so_far(tmp_path: Path, stop: Stop) -> None:
    recorder = Recorder(stop, stop_word="ready")
    state = await execute(prepare_program(tmp_path, _OBJECTIVE + _LONG), recorder, stop)
    assert state.phase is RunPhase.SUCCEEDED
    assert state.attempts[0].answer is not None
    assert state.attempts[0].answer.solve.objective == "3.0"
    assert state.attempts[0].reason == Reason.INTERRUPTED


async def test_a_run_that_is_stopped_with_nothing_in_hand_is_not_tried_again(
    tmp_path: Path, stop: Stop
) -> None:
    state = await execute(prepare_program(tmp_path, _LONG), Recorder(stop, "ready"), stop)
    assert (state.phase, state.reason) == (RunPhase.FAILED, RunReason.STOPPED)
    assert [a.exit_code for a in state.attempts] == [ExitCode.INTERRUPTED]


async def test_the_deadline_stops_a_run(tmp_path: Path, stop: Stop) -> None:
    local = prepare_program(tmp_path, _LONG)
    local = replace(local, run=replace(local.run, deadline_seconds=1))
    state = await execute(local, Recorder(stop), stop)
    assert (state.phase, state.reason) == (RunPhase.FAILED, RunReason.DEADLINE_EXCEEDED)


def ends_soon(pid: int) -> bool:
    try:
        _, alive = psutil.wait_procs([psutil.Process(pid)], timeout=10)
    except psutil.NoSuchProcess:
        return True
    return not alive


async def test_a_crash_of_the_runner_is_told_with_its_exit_code(tmp_path: Path, stop: Stop) -> None:
    note = tmp_path / "program.pid"
    program = (
        f"import os, signal; open({str(note)!r}, 'w').write(str(os.getpid()));"
        " os.kill(os.getppid(), signal.SIGKILL); signal.pause()"
    )
    local = prepare_program(tmp_path, program, backoffLimit=0)
    state = await execute(local, Recorder(stop), stop)
    assert ends_soon(int(note.read_text())), "the program outlived its runner"
    (attempt,) = state.attempts
    assert (attempt.reason, attempt.exit_code) == (RunReason.CRASHED, 137)
    assert attempt.message == "exit code 137: the runner ended without an answer"


def test_outputs_are_moved_under_the_root_and_keep_their_shape() -> None:
    run = run_of(
        Path("/work"),
        "x",
        script={"args": ["--out=/opt/ml/processing/output/a", "/opt/ml/processing", "-v", "a=b"]},
        outputs=[
            {"name": "a", "path": "/opt/ml/processing/output/a"},
            {"name": "b", "path": "/data/results"},
            {"name": "c", "path": "/opt/ml/processing/c"},
        ],
    )
    local = localise_run(run)
    assert {o.name: o.path for o in local.document.outputs} == {
        "a": "/work/output/a",
        "b": "/work/output/b",
        "c": "/work/c",
    }
    assert isinstance(local.document.task, ProgramTask)
    assert local.document.task.args == ("--out=/work/output/a", "/work", "-v", "a=b")
    assert local.document.intake is None


def test_the_user_s_environment_is_inherited_and_argmin_s_own_wins(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LICENCE_SERVER", "here")
    monkeypatch.setenv("ARGMIN_OUTPUT_DATA", "elsewhere")
    monkeypatch.setenv("REGION", "south")
    outputs = [{"name": "data", "path": "/data"}]
    env = [{"name": "REGION", "value": "north"}]
    local = prepare_program(tmp_path, "x", outputs=outputs, env=env)
    assert local.environment["LICENCE_SERVER"] == "here"
    assert local.environment["REGION"] == "north"
    assert local.environment["ARGMIN_OUTPUT_DATA"] == f"{tmp_path}/output/data"
