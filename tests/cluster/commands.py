"""Running programs of the machine, with an error that shows what they said."""

from __future__ import annotations

import os
import shlex
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from tests.cluster.errors import ClusterError

TAIL_LINES = 25


class CommandError(ClusterError):
    """A program failed; the message carries the end of its output."""


def run(
    argv: Sequence[str | Path],
    *,
    stdin: str | None = None,
    timeout: float = 60,
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
    merge_output: bool = False,
) -> str:
    """Run a program to its end and return what it wrote to standard output."""
    words = [str(word) for word in argv]
    try:
        done = subprocess.run(
            words,
            input=stdin,
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT if merge_output else subprocess.PIPE,
            timeout=timeout,
            env={**os.environ, **(env or {})},
            cwd=cwd,
            check=False,
        )
    except FileNotFoundError as error:
        raise CommandError(f"{words[0]} is not installed: {error}") from error
    except subprocess.TimeoutExpired as error:
        raise CommandError(f"{shlex.join(words)} took longer than {timeout:.0f} s") from error
    if done.returncode != 0:
        raise CommandError(_describe(words, done.returncode, done.stderr or done.stdout))
    return done.stdout


def succeeds(argv: Sequence[str | Path], *, timeout: float = 10) -> bool:
    """Whether the program is there and ends well."""
    try:
        run(argv, timeout=timeout)
    except CommandError:
        return False
    return True


def _describe(words: Sequence[str], code: int, output: str) -> str:
    tail = "\n".join(output.strip().splitlines()[-TAIL_LINES:])
    return f"{shlex.join(words)} ended with {code}:\n{tail}"
