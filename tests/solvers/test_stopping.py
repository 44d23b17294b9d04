"""Solvers that do not survive a request to stop, and output that nobody can read."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from threading import Event
from typing import ClassVar

import pytest

from argmin.api.answer import ExitCode, Outcome, Reason
from argmin.api.solve.solvers import SolverName
from argmin_solvers.adapters import cbc
from argmin_solvers.adapters.base import Settings, Solve
from argmin_solvers.adapters.isolation import executable
from argmin_solvers.adapters.isolation.executable import SolverProcess
from argmin_solvers.errors import RunError
from argmin_solvers.process.interruption import Interruption
from argmin_solvers.solve.run import Supervision
from tests.solvers.problems import finish, mps, solve, start_runner, write_document

PRINTING = [sys.executable, "-c"]


class Breaking:
    """A solver that fails as soon as it is asked to stop."""

    name: ClassVar = SolverName.CBC
    takes: ClassVar[tuple[type, ...]] = ()

    def __init__(self, error: Exception) -> None:
        self._error = error

    def version(self) -> str:
        return "1"

    def refusal(self, model: object) -> str | None:
        return None

    def solve(self, model: object, settings: Settings, stop: Event) -> Solve:
        stop.wait(60)
        raise self._error


each_error = pytest.mark.parametrize(
    "error", [RunError(Reason.SOLVER_FAILED, "exit code -9"), ValueError("a file cut short")]
)


@each_error
def test_a_solver_that_fails_over_its_time_limit_is_unknown(
    error: Exception, tmp_path: Path
) -> None:
    supervision = Supervision(Breaking(error), Interruption(), overrun_seconds=0.0)
    result = supervision.solve(None, Settings(tmp_path, seconds=0.1))
    assert (result.outcome, result.reason) == (Outcome.UNKNOWN, Reason.TIME_LIMIT)


@each_error
def test_a_solver_that_fails_over_an_interruption_was_interrupted(
    error: Exception, tmp_path: Path
) -> None:
    interruption = Interruption()
    interruption.stop.set()
    with pytest.raises(RunError) as caught:
        Supervision(Breaking(error), interruption).solve(None, Settings(tmp_path))
    assert caught.value.exit_code == ExitCode.INTERRUPTED


def test_a_cbc_that_ignores_sigint_and_is_killed_was_interrupted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    deaf = tmp_path / "cbc"
    deaf.write_text("#!/bin/sh\ntrap '' INT\nexec sleep 600\n")
    deaf.chmod(0o755)
    monkeypatch.setattr(cbc, "_command", lambda: (str(deaf),))
    monkeypatch.setattr(executable, "_STOP_SECONDS", 0.3)
    stop = Event()
    stop.set()
    result = solve(SolverName.CBC, mps("afiro"), tmp_path, stop)
    assert (result.outcome, result.reason) == (Outcome.UNKNOWN, Reason.INTERRUPTED)


def test_a_solver_whose_output_cannot_be_written_is_ended(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    class Closed:
        def write(self, _text: str) -> None:
            raise OSError("no space left")

    with monkeypatch.context() as patch:
        patch.setattr(sys, "stdout", Closed())
        source = "import time; print('x', flush=True); time.sleep(600)"
        process = SolverProcess([*PRINTING, source])
        with pytest.raises(RunError, match="output cannot be passed on: no space left"):
            process.wait(Event(), lambda _: None)


def test_a_refusal_of_a_first_line_that_is_read_at_once_is_raised_as_it_is() -> None:
    def refuse(line: str) -> None:
        raise RunError(Reason.UNKNOWN_OPTION, f"refused: {line}")

    process = SolverProcess(
        [*PRINTING, "import time; print('x', flush=True); time.sleep(600)"], refuse
    )
    with pytest.raises(RunError, match=r"^refused: x$") as caught:
        process.wait(Event(), lambda _: None)
    assert caught.value.reason is Reason.UNKNOWN_OPTION


def test_a_long_log_is_kept_in_bounds_and_its_end_is_known(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(executable, "_KEPT_LINES", 5)
    source = "for n in range(1000): print('line', n)"
    process = SolverProcess([*PRINTING, source], improving=re.compile("7$"))
    assert process.wait(Event(), lambda _: None) == 0
    assert list(process.lines) == [f"line {n}" for n in range(995, 1000)]
    assert process.improvements == 100


def test_of_a_line_without_end_a_little_is_kept() -> None:
    process = SolverProcess([*PRINTING, "print('x' * 10_000_000)"])
    assert process.wait(Event(), lambda _: None) == 0
    assert sum(map(len, process.lines)) < 100_000


def test_text_that_the_declared_encoding_lacks_does_no_harm(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONIOENCODING", "ascii")
    path = tmp_path / "program.py"
    path.write_text(
        "import sys\nfrom argmin_solvers import report\n"
        "sys.stdout.buffer.write('caf\\u00e9\\n'.encode())\nreport(objective=1)\n"
    )
    document = write_document(tmp_path, script={"path": str(path), "limits": {"time": "1m"}})
    ended = finish(tmp_path, start_runner(tmp_path, document))
    assert (ended.exit_code, ended.solved["objective"]) == (0, "1.0")
    assert "caf\u00e9" in ended.log
