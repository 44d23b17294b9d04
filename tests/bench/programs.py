"""Small programs that measure something in a process of their own and print it as JSON."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from tests.bench.errors import BenchError

_TIMEOUT = 600.0


def run_program(program: Path, *arguments: str) -> dict[str, Any]:
    """What a program prints in its last line.

    Raises:
        BenchError: it failed.
    """
    (said,) = run_side_by_side(program, arguments)
    return said


def run_side_by_side(program: Path, *runs: Sequence[str]) -> list[dict[str, Any]]:
    """What a program prints in its last line, run at the same time with several arguments.

    What else the machine does meets all of them alike.

    Raises:
        BenchError: one of them failed.
    """
    started = [
        subprocess.Popen(
            [sys.executable, str(program), *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for arguments in runs
    ]
    try:
        with ThreadPoolExecutor(len(started)) as readers:  # a pipe that is full would hold one up
            return list(readers.map(lambda process: _read(program, process), started))
    finally:
        for process in started:
            process.kill()


def _read(program: Path, process: subprocess.Popen[str]) -> dict[str, Any]:
    printed, errors = process.communicate(timeout=_TIMEOUT)
    if process.returncode != 0:
        raise BenchError(f"{program.name} ended with {process.returncode}:\n{errors}")
    said: dict[str, Any] = json.loads(printed.splitlines()[-1])
    return said
