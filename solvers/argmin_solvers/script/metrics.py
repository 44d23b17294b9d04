"""The metrics of `spec.script.metrics`, found in a program's output as it comes."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from threading import Lock, Thread
from types import TracebackType
from typing import Any

from argmin.api.answer import Reason
from argmin.api.solve.request import MetricPattern
from argmin_solvers.errors import RunError
from argmin_solvers.process.child import end_with_parent
from argmin_solvers.script import metric_search

_FINISH_SECONDS = 10.0
"""For the lines that are still unsearched when the program has ended; they fill one pipe."""


class MetricFinder:
    """Looks for patterns in lines of output; the last match of each counts.

    The search runs in a process of its own (see `metric_search`), and a program that prints faster
    than it searches waits for it, as for any reader of its output.

    Raises:
        RunError: InvalidModel, for a pattern that is none, has no group, or takes too long.
    """

    def __init__(self, patterns: Sequence[MetricPattern]) -> None:
        for index, pattern in enumerate(patterns):
            _check_pattern(index, pattern)
        self.found_so_far: dict[str, str] = {}
        """The text found for each metric, a second ago at most."""
        self._feeding = Lock()
        self._verdict: dict[str, Any] | None = None
        self._search = _start_search(patterns) if patterns else None
        self._listener = Thread(target=self._listen, daemon=True)
        if self._search is not None:
            self._listener.start()

    def __enter__(self) -> MetricFinder:
        """The finder itself."""
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        """End the search, finished or not."""
        if self._search is not None:
            self._search.kill()
            self._search.wait()

    def has_given_up(self) -> bool:
        """Whether the search ended before the output did."""
        return self._search is not None and self._search.poll() is not None

    def look_at(self, lines: bytes) -> None:
        """Search whole lines of output; what comes after a search that gave up is not searched."""
        if self._search is None:
            return
        assert self._search.stdin is not None
        with self._feeding:
            try:
                self._search.stdin.write(lines if lines.endswith(b"\n") else lines + b"\n")
                self._search.stdin.flush()
            except (BrokenPipeError, ValueError):
                return  # `finish` tells why it gave up

    def finish(self) -> dict[str, str]:
        """The text found for each metric, once no more output comes.

        Raises:
            RunError: InvalidModel, for a pattern that takes too long.
        """
        if self._search is None:
            return {}
        if not self._feeding.acquire(timeout=_FINISH_SECONDS):
            self._search.kill()  # which also frees the reader that waits to be heard
            raise _endless("spec.script.metrics")
        assert self._search.stdin is not None
        with suppress(BrokenPipeError):  # it has given up: the verdict tells why
            self._search.stdin.close()
        self._feeding.release()
        self._listener.join(_FINISH_SECONDS)
        if self._listener.is_alive():
            raise _endless("spec.script.metrics")
        return self._read_verdict()

    def _listen(self) -> None:
        assert self._search is not None
        assert self._search.stdout is not None
        for line in self._search.stdout:
            if not line.endswith(b"\n"):
                return  # killed as it wrote
            told = json.loads(line)
            if "so_far" in told:
                self.found_so_far = told["so_far"]
            else:
                self._verdict = told

    def _read_verdict(self) -> dict[str, str]:
        assert self._search is not None
        if self._verdict is None:
            raise RunError(
                Reason.SOLVER_FAILED,
                f"the search for metrics ended with exit code {self._search.wait()}",
            )
        if "endless" in self._verdict:
            raise _endless(_field(self._verdict["endless"]))
        found: dict[str, str] = self._verdict["found"]
        return found


def _check_pattern(index: int, pattern: MetricPattern) -> None:
    try:
        compiled = re.compile(pattern.regex)
    except (re.error, OverflowError, RecursionError) as error:
        raise RunError(
            Reason.INVALID_MODEL, f"{_field(index)}: {error}: write a regular expression of Python"
        ) from None
    if compiled.groups < 1:
        raise RunError(
            Reason.INVALID_MODEL,
            f"{_field(index)}: put the number into a group, such as 'cost = ([0-9.]+)'",
        )


def _field(index: int) -> str:
    return f"spec.script.metrics[{index}].regex"


def _endless(field: str) -> RunError:
    return RunError(
        Reason.INVALID_MODEL,
        f"{field}: takes too long on a line of the output: write one without nested repetition,"
        " such as 'cost = ([0-9.]+)'",
    )


def _start_search(patterns: Sequence[MetricPattern]) -> subprocess.Popen[bytes]:
    process = subprocess.Popen(
        # Isolated: nothing of `spec.env` reaches it.
        [sys.executable, "-I", "-S", str(Path(metric_search.__file__))],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
        preexec_fn=end_with_parent(),  # noqa: PLW1509 - it takes no lock
    )
    assert process.stdin is not None
    wanted = [(pattern.name, pattern.regex) for pattern in patterns]
    process.stdin.write(json.dumps(wanted).encode() + b"\n")
    process.stdin.flush()
    return process
