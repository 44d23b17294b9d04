"""The operator as a process of this machine, with the rights that its chart gives it."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import psutil

from tests.bench.errors import BenchError
from tests.cluster.api_server import free_ports
from tests.cluster.waiting import wait_until
from tests.installation import NAMESPACE

LOOPBACK = "127.0.0.1"
LEADS = "argmin_leader 1.0\n"
READY_TIMEOUT = 60.0
STOP_TIMEOUT = 30.0
IDLE_SECONDS = 2.0
IDLE_PERCENT = 5.0
"""Of a core: with less than this the process counts as idle; it still renews its lease."""


@dataclass(frozen=True)
class LocalOperator:
    """A running operator."""

    process: subprocess.Popen[bytes]
    seconds_to_ready: float
    """From the start of the process until it held the lease and `/readyz` answered 200."""

    @property
    def resident_mebibytes(self) -> float:
        """Resident memory of the process."""
        return float(psutil.Process(self.process.pid).memory_info().rss) / 2**20

    def wait_until_idle(self) -> None:
        """Wait until the process has next to nothing to do: all it found at its start is done."""
        process = psutil.Process(self.process.pid)
        process.cpu_percent()  # the first answer says nothing; later ones cover the time between

        def is_idle() -> bool:
            time.sleep(IDLE_SECONDS)
            return float(process.cpu_percent()) < IDLE_PERCENT

        wait_until(is_idle, "the operator to be idle", timeout=READY_TIMEOUT)


@contextmanager
def run_operator(
    kubeconfig: Path, folder: Path, variables: Mapping[str, str] | None = None
) -> Iterator[LocalOperator]:
    """Start the operator, wait until it is ready, and end it as Kubernetes would.

    Args:
        kubeconfig: of its service account.
        folder: for its log.
        variables: of its environment, beside those that it always has.

    Raises:
        BenchError: it ended by itself; the message has the end of its log.
    """
    intake, admin = free_ports(2)
    log = folder / "operator.log"
    with log.open("wb") as output:
        began = time.monotonic()
        process = subprocess.Popen(
            [sys.executable, "-m", "argmin"],
            stdout=output,
            stderr=subprocess.STDOUT,
            env={**_build_environment(kubeconfig, intake, admin), **(variables or {})},
            cwd=folder,
        )
        try:
            _await_ready(process, admin, log)
            yield LocalOperator(process, time.monotonic() - began)
        finally:
            _stop(process)


def _build_environment(kubeconfig: Path, intake: int, admin: int) -> Mapping[str, str]:
    inherited = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    return {
        **inherited,
        "KUBECONFIG": str(kubeconfig),
        "POD_NAME": "bench",
        "POD_NAMESPACE": NAMESPACE,
        "ARGMIN_SOLVERS_IMAGE": "argmin/solvers:bench",
        "ARGMIN_INTAKE_URL": f"http://{LOOPBACK}:{intake}",
        "ARGMIN_INTAKE_PORT": str(intake),
        "ARGMIN_ADMIN_PORT": str(admin),
        "ARGMIN_HOST": LOOPBACK,
    }


def _await_ready(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    def is_ready() -> bool:
        if process.poll() is not None:
            raise BenchError(f"the operator ended with {process.returncode}:\n{_tail(log)}")
        try:
            # A standby is ready too: what counts here is an operator that leads and has seen all.
            leads = LEADS in client.get("/metrics").text
            return leads and client.get("/readyz").status_code == httpx.codes.OK
        except httpx.TransportError:
            return False

    with httpx.Client(base_url=f"http://{LOOPBACK}:{port}", trust_env=False, timeout=2) as client:
        wait_until(
            is_ready,
            "the operator to lead and to be ready",
            timeout=READY_TIMEOUT,
            interval=0.01,
            hint=lambda: _tail(log),
        )


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(STOP_TIMEOUT)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait(STOP_TIMEOUT)


def _tail(log: Path) -> str:
    return "\n".join(log.read_text(errors="replace").splitlines()[-20:])
