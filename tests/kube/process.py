"""The operator as a process of its own, which can be killed and started again."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

import httpx

from tests.cluster.api_server import free_ports
from tests.cluster.waiting import wait_until
from tests.kubectl import Kubectl

PATIENCE = 60.0


class Process(Protocol):
    """What the tests do with a running operator; a `Popen` is one."""

    def poll(self) -> int | None:
        """The exit code, negative for a signal; `None` while it runs."""

    def wait(self, timeout: float) -> int:
        """The exit code; `subprocess.TimeoutExpired` where it does not end."""

    def send_signal(self, number: signal.Signals) -> None:
        """Signal it."""

    def kill(self) -> None:
        """SIGKILL."""


Launch = Callable[[Mapping[str, str], Path], Process]
"""Starts an operator with these variables; its standard error is appended to the file."""


def run_module(environment: Mapping[str, str], log: Path) -> subprocess.Popen[bytes]:
    """`python -m argmin`, as the image starts it."""
    with log.open("ab") as file:
        return subprocess.Popen(
            [sys.executable, "-m", "argmin"], env=dict(environment), stderr=file
        )


class Operator:
    """A process of the operator; its log goes to a file, one life after the other."""

    process: Process

    def __init__(
        self,
        user: Kubectl,
        folder: Path,
        name: str,
        variables: Mapping[str, str],
        launch: Launch = run_module,
    ) -> None:
        """It serves the user's namespace, with the user's rights, once it is started."""
        self._launch = launch
        intake, admin = free_ports(2)
        self.log = folder / f"{name}.log"
        self._admin = f"http://127.0.0.1:{admin}"
        self._environment = {
            "PATH": os.environ["PATH"],
            "KUBECONFIG": str(user.kubeconfig),
            "POD_NAME": name,
            "POD_NAMESPACE": user.namespace,
            "WATCH_NAMESPACES": user.namespace,
            "ARGMIN_SOLVERS_IMAGE": "solvers:1",
            "ARGMIN_HOST": "127.0.0.1",
            "ARGMIN_INTAKE_PORT": str(intake),
            "ARGMIN_ADMIN_PORT": str(admin),
            "ARGMIN_LEASE_SECONDS": "6",
            **variables,
        }

    def start(self) -> None:
        """Start the process; it is not ready yet."""
        self.process = self._launch(self._environment, self.log)

    def ask(self, path: str) -> tuple[int, str]:
        """Status and text of an endpoint; 0 while nobody listens."""
        try:
            answer = httpx.get(f"{self._admin}{path}", timeout=5, trust_env=False)
        except httpx.HTTPError:
            return 0, ""
        return answer.status_code, answer.text

    @property
    def leads(self) -> bool:
        """Whether it leads and is ready."""
        return self.ask("/readyz")[0] == 200 and "argmin_leader 1.0" in self.ask("/metrics")[1]

    def wait_until_it_leads(self) -> None:
        wait_until(lambda: self.leads, "the lease", timeout=PATIENCE, hint=self.log.read_text)

    def end(self, number: signal.Signals = signal.SIGTERM) -> int:
        """Its exit code after a signal."""
        self.process.send_signal(number)
        return self.process.wait(PATIENCE)

    def kill(self) -> None:
        """Let it vanish without a farewell, as by a power cut."""
        self.process.kill()
        self.process.wait(PATIENCE)


@contextmanager
def operator(user: Kubectl, folder: Path, name: str, **variables: str) -> Iterator[Operator]:
    """A running operator that serves the user's namespace."""
    with serving(Operator(user, folder, name, variables)) as running:
        yield running


@contextmanager
def serving(operator: Operator) -> Iterator[Operator]:
    """Have an operator run for the length of a block."""
    operator.start()
    try:
        yield operator
    finally:
        operator.kill()
