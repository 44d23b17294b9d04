"""Runs a solver's executable: its output is streamed, and it is stopped in the way it survives."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections import deque
from collections.abc import Callable, Sequence
from decimal import Decimal
from functools import cache
from pathlib import Path
from threading import Event, Thread

from argmin.api.answer import Reason
from argmin_solvers.errors import RunError, SolverBrokeError
from argmin_solvers.process.child import end_with_parent
from argmin_solvers.process.programs import find_program

_POLL_SECONDS = 0.05
_STOP_SECONDS = 15.0
_QUESTION_SECONDS = 30.0
_KEPT_LINES = 10_000
_KEPT_LENGTH = 400
"""Of each of these lines: a log of any size needs little memory."""
_LINE_BYTES = 64 * 1024
"""Longer lines of output are cut into pieces."""


class SolverProcess:
    """A solver's process; `lines` are the last it has printed, which end with its results.

    `on_line` sees each line; what it raises ends the process, and `wait` raises it again.
    `improvements` counts the lines that `improving` matches: those of better solutions.
    """

    def __init__(
        self,
        command: list[str],
        on_line: Callable[[str], None] | None = None,
        improving: re.Pattern[str] | None = None,
    ) -> None:
        self.lines: deque[str] = deque(maxlen=_KEPT_LINES)
        self.improvements = 0
        self._improving = improving
        self._unread: Exception | None = None
        self._on_line = on_line
        # It ends with the thread that starts it, which is the one that waits for it.
        self._process = subprocess.Popen(
            [*_by_lines(), *command],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            preexec_fn=end_with_parent(),  # noqa: PLW1509 - it takes no lock
        )
        self._reader = Thread(target=self._read, daemon=True)
        self._reader.start()

    def wait(self, stop: Event, ask: Callable[[subprocess.Popen[bytes]], None]) -> int:
        """Wait for the end; once `stop` is set, `ask` it to end, and kill it where it does not.

        Returns:
            Its exit code.

        Raises:
            RunError: what `on_line` raised; SolverFailed, where its output could not be passed on.
        """
        while not self._ended_within(_POLL_SECONDS):
            if stop.is_set():
                ask(self._process)
                if not self._ended_within(_STOP_SECONDS):
                    self._process.kill()
                    self._process.wait()
                break
        self._reader.join()
        if isinstance(self._unread, RunError):
            raise self._unread
        if self._unread is not None:
            raise RunError(
                Reason.SOLVER_FAILED, f"the solver's output cannot be passed on: {self._unread}"
            )
        return self._process.returncode

    def _ended_within(self, seconds: float) -> bool:
        try:
            self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            return False
        return True

    def _read(self) -> None:
        assert self._process.stdout is not None
        try:
            while line := self._process.stdout.readline(_LINE_BYTES):
                self._take(line.decode("utf-8", "replace"))
        except Exception as error:  # noqa: BLE001 - raised in the thread that waits
            self._unread = error
            self._process.kill()  # nobody empties the pipe any more: it would hang

    def _take(self, text: str) -> None:
        sys.stdout.write(text)
        sys.stdout.flush()
        line = text.rstrip()
        self.lines.append(line[:_KEPT_LENGTH])
        if self._improving is not None and self._improving.search(line):
            self.improvements += 1
        if self._on_line is not None:
            self._on_line(line)


@cache
def _by_lines() -> tuple[str, ...]:
    """What makes a program print line by line: into a pipe it would wait for a full buffer."""
    stdbuf = shutil.which("stdbuf")
    return () if stdbuf is None else (stdbuf, "-oL")


def find_command(name: str, solver: str) -> tuple[str, ...]:
    """The words that start a solver's executable.

    Raises:
        RunError: SolverFailed, with what to install.
    """
    program = find_program(name)
    if program is None:
        raise RunError(
            Reason.SOLVER_FAILED,
            f"{solver} is not installed: no {name} on PATH; pip install 'argmin-operator[solvers]'"
            " brings it",
            permanent=True,
        )
    return program.command


def ask_executable(command: Sequence[str], argument: str) -> str:
    """What the executable prints when asked for its version or its options."""
    answer = subprocess.run(
        [*command, argument],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=_QUESTION_SECONDS,
        check=False,
    )
    return answer.stdout.decode("utf-8", "replace")


def solver_ended_badly(solver: str, code: int, lines: Sequence[str]) -> RunError:
    """The failure for an executable that left no result."""
    last = next((line for line in reversed(lines) if line.strip()), "it printed nothing")
    return SolverBrokeError(f"{solver} ended with exit code {code} and no result: {last.strip()}")


_NUMBER = re.compile(r"^([-+]?\d+(?:\.\d+)?)(?:[eE]([-+]?\d+))?$")


def lower_bound_from_print(text: str) -> float | None:
    """A lower bound that was printed with few digits, made safe.

    The solver rounded it to print it, perhaps upwards: half a unit of the last digit is taken
    off. None where the text is no number, or one of the sizes that stand for none.
    """
    match = _NUMBER.match(text.strip())
    if match is None:
        return None
    number = Decimal(text.strip())
    if abs(number) >= Decimal("1e30"):
        return None
    exponent = number.as_tuple().exponent
    assert isinstance(exponent, int)
    if exponent >= 0 and match.group(2) is None:
        exponent = 0
    return float(number - Decimal(5).scaleb(exponent - 1)) if number else 0.0


def read_number(text: str) -> float | None:
    """A number that was printed; None where the text is none."""
    match = _NUMBER.match(text.strip())
    return None if match is None else float(text)


def remove_if_there(path: Path) -> None:
    """Remove a file of an earlier search."""
    path.unlink(missing_ok=True)
