"""Small programs that measure something in a process of their own and print it as JSON."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from tests.bench.errors import BenchError

_TIMEOUT = 600.0


def run_program(program: Path, *arguments: str) -> dict[str, Any]:
    """What a program prints in its last line.

    Raises:
        BenchError: it failed.
    """
    done = subprocess.run(
        [sys.executable, str(program), *arguments],
        capture_output=True,
        text=True,
        timeout=_TIMEOUT,
        env=dict(os.environ),
        check=False,
    )
    if done.returncode != 0:
        raise BenchError(f"{program.name} ended with {done.returncode}:\n{done.stderr}")
    said: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return said
