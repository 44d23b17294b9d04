"""A real API server and nothing behind it: etcd and kube-apiserver on 127.0.0.1.

Enough for custom resources, admission, RBAC, watches and TokenRequest. Nobody acts on what is
stored: no pod runs, no namespace ends its deletion, no garbage is collected, and a namespace gets
no ``default`` service account.
"""

from __future__ import annotations

import json
import secrets
import socket
import ssl
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import httpx

from tests.cluster import processes
from tests.cluster.binaries import binary
from tests.cluster.cache import cluster_folder
from tests.cluster.certificates import CertificateAuthority
from tests.cluster.control_plane import (
    ControlPlane,
    api_server_programs,
    write_api_server_files,
)
from tests.cluster.errors import ClusterError
from tests.cluster.packages import API_SERVER_PACKAGES, ensure_packages
from tests.cluster.progress import step
from tests.cluster.provider import Status
from tests.cluster.state import (
    ClusterState,
    check_name,
    load_state,
    locked,
    remove_state,
    save_state,
)
from tests.cluster.waiting import wait_until

START_TIMEOUT = 60.0


class ApiServerProvider:
    """A cluster without nodes."""

    def __init__(self, name: str) -> None:
        self.name = check_name(name)
        self.folder = cluster_folder(name)

    def up(self, nodes: int = 0) -> None:
        if nodes > 1:
            raise ClusterError("an API server alone has no nodes")
        ensure_packages(API_SERVER_PACKAGES)
        program = binary("kube-apiserver")
        with locked(f"cluster-{self.name}"):
            state = load_state(self.name)
            if state and state.kind != "api-server":
                raise ClusterError(f"{self.name} is a {state.kind} cluster: take it down first")
            if state and state.phase == "ready" and api_is_ready(self.folder, state.server):
                return
            self._remove()
            with step(f"starting API server {self.name}"):
                self._start(program)

    def down(self) -> None:
        with locked(f"cluster-{self.name}"):
            self._remove()

    def status(self) -> Status:
        state = load_state(self.name)
        server = state.server if state else ""
        running = bool(server) and api_is_ready(self.folder, server)
        return Status("api-server", self.name, running, server)

    def load_images(self, archives: Sequence[Path]) -> None:
        raise ClusterError(f"{self.name} is an API server alone: it has no nodes to load images to")

    def kubeconfig(self) -> Path:
        return self.folder / "kubeconfig"

    def host_address(self) -> str | None:
        return None

    def audit_log(self) -> Path | None:
        return self.folder / "audit.log"

    def _remove(self) -> None:
        state = load_state(self.name)
        if state:
            processes.end_processes(state.token)
        if self.folder.exists():
            remove_state(self.name)

    def _start(self, program: Path) -> None:
        port, etcd_port, etcd_peer_port = free_ports(3)
        plane = ControlPlane(self.folder, "127.0.0.1", port, etcd_port, etcd_peer_port)
        state = ClusterState(
            name=self.name,
            kind="api-server",
            token=secrets.token_hex(16),
            index=-1,
            phase="starting",
            server=plane.server,
        )
        save_state(state)
        write_api_server_files(plane)
        process = processes.start(self._init(plane, program), state.token, self._log(), waits=True)
        processes.release(process)
        wait_for_api(plane)
        save_state(state.model_copy(update={"phase": "ready"}))

    def _init(self, plane: ControlPlane, program: Path) -> list[str | Path]:
        logs = self.folder / "logs"
        programs = [
            {**asdict(each), "log": str(logs / f"{each.name}.log")}
            for each in api_server_programs(plane, program)
        ]
        spec = self.folder / "init.json"
        spec.write_text(json.dumps({"setup": [], "sysctls": {}, "programs": programs}))
        return [sys.executable, "-I", "-S", processes.INIT, spec]

    def _log(self) -> Path:
        return self.folder / "logs" / "init.log"


def free_ports(count: int) -> list[int]:
    """Ports of 127.0.0.1 that nobody listens on at the moment."""
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [each.getsockname()[1] for each in sockets]
    for each in sockets:
        each.close()
    return ports


def wait_for_api(plane: ControlPlane) -> None:
    """Wait until the API server is ready to serve everything."""
    wait_until(
        lambda: api_is_ready(plane.folder, plane.server),
        f"the API server at {plane.server}",
        timeout=START_TIMEOUT,
        hint=lambda: f"see the logs in {plane.folder / 'logs'}",
    )


def api_is_ready(folder: Path, server: str) -> bool:
    """Whether the API server at ``server`` calls itself ready; ``folder`` is its cluster's."""
    pki = CertificateAuthority(folder / "pki").folder
    try:
        trust = ssl.create_default_context(cafile=str(pki / "ca.crt"))
        trust.load_cert_chain(pki / "admin.crt", pki / "admin.key")
        # Proxies of the environment have no way to an address on this machine.
        with httpx.Client(verify=trust, trust_env=False, timeout=2) as client:
            return client.get(f"{server}/readyz").status_code == httpx.codes.OK
    except (OSError, httpx.HTTPError):
        return False
