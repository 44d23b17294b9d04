"""Operators forked from one process that has imported argmin: a start costs no imports.

Each is a process of its own all the same, which can be signalled and killed; `python -m argmin`
itself is started by `tests.kube.test_process`, and by the cluster of the end-to-end tests.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
import traceback
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NoReturn

_POLL_SECONDS = 0.02
_END_SECONDS = 10


class Fork:
    """A forked process, to be used as a `Popen`."""

    def __init__(self, forks: Forks, pid: int) -> None:
        self._forks = forks
        self.pid = pid
        self.returncode: int | None = None

    def poll(self) -> int | None:
        """The exit code, negative for a signal; `None` while it runs."""
        if self.returncode is None:
            self.returncode = self._forks.ask(poll=self.pid)
        return self.returncode

    def wait(self, timeout: float) -> int:
        """The exit code.

        Raises:
            subprocess.TimeoutExpired: it runs longer than `timeout` seconds.
        """
        deadline = time.monotonic() + timeout
        while (code := self.poll()) is None:
            if time.monotonic() > deadline:
                raise subprocess.TimeoutExpired(["argmin"], timeout)
            time.sleep(_POLL_SECONDS)
        return code

    def send_signal(self, number: signal.Signals) -> None:
        """Signal it; nothing happens where it is over."""
        if self.poll() is None:
            os.kill(self.pid, number)

    def kill(self) -> None:
        """SIGKILL."""
        self.send_signal(signal.SIGKILL)


class Forks:
    """The process that forks, from the side of the tests."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def start(self, environment: Mapping[str, str], log: Path) -> Fork:
        """Start an operator whose standard error is appended to a log."""
        pid: int = self.ask(environment=dict(environment), log=str(log))
        return Fork(self, pid)

    def ask(self, **request: Any) -> Any:
        """One request to the process that forks, and its answer."""
        if self._process.stdin is None or self._process.stdout is None:
            raise RuntimeError("the process that forks was started without pipes")
        print(json.dumps(request), file=self._process.stdin, flush=True)
        return json.loads(self._process.stdout.readline())


@contextmanager
def open_forks(kubeconfig: Path) -> Iterator[Forks]:
    """A process that forks, for the length of a block; what it forked is killed with it.

    All operators have the same kubeconfig: the Kubernetes client reads its place when imported.
    """
    command = [sys.executable, "-m", "tests.kube.forks"]
    with subprocess.Popen(
        command,
        cwd=Path(__file__).resolve().parents[2],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={"PATH": os.environ["PATH"], "KUBECONFIG": str(kubeconfig)},
        text=True,
    ) as process:
        try:
            yield Forks(process)
        finally:
            if process.stdin:
                process.stdin.close()
            process.wait(_END_SECONDS)


def main() -> None:
    """Answer requests until the tests are over, which closes standard input."""
    import boto3.session  # noqa: F401 - an operator with jobs on SageMaker imports it at work

    import argmin.__main__  # noqa: F401

    alive: set[int] = set()
    for line in sys.stdin:
        request = json.loads(line)
        if "poll" in request:
            answer = _poll(request["poll"], alive)
        else:
            answer = _fork(request["environment"], request["log"])
            alive.add(answer)
        print(json.dumps(answer), flush=True)
    for pid in alive:
        os.kill(pid, signal.SIGKILL)


def _poll(pid: int, alive: set[int]) -> int | None:
    ended, status = os.waitpid(pid, os.WNOHANG)
    if not ended:
        return None
    alive.discard(pid)
    return os.waitstatus_to_exitcode(status)


def _fork(environment: Mapping[str, str], log: str) -> int:
    pid = os.fork()
    if not pid:
        _become_operator(environment, log)
    return pid


def _become_operator(environment: Mapping[str, str], log: str) -> NoReturn:
    from argmin.__main__ import main as run_operator

    os.environ.clear()
    os.environ.update(environment)
    os.dup2(os.open(os.devnull, os.O_RDWR), 0)
    os.dup2(0, 1)
    os.dup2(os.open(log, os.O_WRONLY | os.O_APPEND | os.O_CREAT), 2)
    code = 1
    try:
        run_operator()
        code = 0
    except SystemExit as error:
        code = error.code if isinstance(error.code, int) else 1
        if isinstance(error.code, str):
            print(error.code, file=sys.stderr)
    finally:
        if sys.exc_info()[0]:
            traceback.print_exc()
        sys.stderr.flush()
        os._exit(code)


if __name__ == "__main__":
    main()
