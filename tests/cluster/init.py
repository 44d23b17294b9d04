"""Process 1 of a node: makes its mounts, starts its programs, collects what ends.

Run by path with a bare interpreter (no package of this repository, no dependency), because it
lives in a mount namespace of its own and starts in milliseconds. Its only argument is a JSON file,
see ``node.py`` and ``api_server.py``.
"""

from __future__ import annotations

import ctypes
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

RESTART_DELAY = 0.5
LONGEST_RESTART_DELAY = 8.0
PARENT_DEATH_SIGNAL = 1  # PR_SET_PDEATHSIG
LIBC = ctypes.CDLL(None, use_errno=True)


def main(spec_file: str) -> None:
    """Wait for the word to start, then keep the programs of the node running until killed."""
    if not sys.stdin.readline():
        sys.exit("the command that was setting up this node has ended")
    spec: dict[str, Any] = json.loads(Path(spec_file).read_text())
    for command in spec["setup"]:
        subprocess.run(command, check=True)
    for path, value in spec["sysctls"].items():
        _write_sysctl(path, value)
    keep_running({program["name"]: program for program in spec["programs"]})


def keep_running(programs: dict[str, dict[str, Any]]) -> None:
    """Start every program, and again whenever one ends; collect orphans of containers too."""
    running = {_start(program): name for name, program in programs.items()}
    delays = dict.fromkeys(programs, RESTART_DELAY)
    due: dict[str, float] = {}
    while True:
        ended = _wait_for_child(min(due.values(), default=None))
        name = running.pop(ended, None) if ended else None
        if name:
            print(f"{name} has ended; again in {delays[name]} s", flush=True)
            due[name] = time.monotonic() + delays[name]
            delays[name] = min(delays[name] * 2, LONGEST_RESTART_DELAY)
        for late in [late for late, moment in due.items() if moment <= time.monotonic()]:
            del due[late]
            running[_start(programs[late])] = late


def _wait_for_child(deadline: float | None) -> int | None:
    """The id of a child that has ended, or None once the deadline has passed."""
    timeout = None if deadline is None else max(0.0, deadline - time.monotonic())
    awaited = {signal.SIGCHLD}
    pid = _collect()
    if pid is None and timeout is None:
        signal.sigwait(awaited)
        pid = _collect()
    elif pid is None and timeout is not None:
        signal.sigtimedwait(awaited, timeout)
        pid = _collect()
    return pid


def _collect() -> int | None:
    try:
        pid, _ = os.waitpid(-1, os.WNOHANG)
    except ChildProcessError:
        return None
    return pid or None


def _start(program: dict[str, Any]) -> int:
    with Path(program["log"]).open("ab") as log:
        process = subprocess.Popen(
            program["argv"],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            preexec_fn=_prepare_child,  # noqa: PLW1509 - there are no threads here
        )
    # keep_running waits for it, not this object.
    process.returncode = 0
    return process.pid


def _prepare_child() -> None:
    LIBC.prctl(PARENT_DEATH_SIGNAL, signal.SIGKILL)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGCHLD})


def _write_sysctl(path: str, value: str) -> None:
    target = Path("/proc/sys") / path
    if target.exists():
        target.write_text(value)


if __name__ == "__main__":
    # Blocked, a SIGCHLD stays pending until _wait_for_child asks for it: none is lost.
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGCHLD})
    main(sys.argv[1])
