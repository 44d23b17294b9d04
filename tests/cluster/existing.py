"""A cluster that the user has already and names with ``ARGMIN_KUBECONFIG``."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from tests.cluster.clients import client_program
from tests.cluster.commands import CommandError, run
from tests.cluster.errors import ClusterError
from tests.cluster.provider import KUBECONFIG_VARIABLE, Status
from tests.cluster.state import check_name


class ExistingProvider:
    """Never started, stopped or changed from here."""

    def __init__(self, name: str) -> None:
        self.name = check_name(name)

    def up(self, nodes: int = 1) -> None:
        status = self.status()
        if not status.running:
            raise ClusterError(f"the cluster of {self.kubeconfig()} does not answer")
        if len(status.nodes) < nodes:
            raise ClusterError(f"{nodes} nodes are wanted, the cluster has {len(status.nodes)}")

    def down(self) -> None:
        """Nothing: the cluster is not ours."""

    def status(self) -> Status:
        chosen = f"--kubeconfig={self.kubeconfig()}"
        command = [str(client_program("kubectl")), chosen, "--request-timeout=10s"]
        address = "jsonpath={.clusters[0].cluster.server}"
        try:
            nodes = run([*command, "get", "nodes", "--no-headers"]).splitlines()
            server = run([*command, "config", "view", "-o", address])
        except CommandError as error:
            return Status("existing", self.name, running=False, detail=str(error))
        return Status("existing", self.name, True, server, tuple(nodes))

    def load_images(self, archives: Sequence[Path]) -> None:
        raise ClusterError(
            "images cannot be loaded into a cluster that is not ours: push them to a registry it "
            "pulls from and name them with ARGMIN_OPERATOR_IMAGE and ARGMIN_SOLVERS_IMAGE"
        )

    def kubeconfig(self) -> Path:
        named = os.environ.get(KUBECONFIG_VARIABLE)
        if not named:
            raise ClusterError(f"name the cluster: {KUBECONFIG_VARIABLE}=/path/to/kubeconfig")
        path = Path(named).expanduser()
        if not path.is_file():
            raise ClusterError(f"{KUBECONFIG_VARIABLE} names {path}, which is no file")
        return path

    def host_address(self) -> str | None:
        return os.environ.get("ARGMIN_HOST_ADDRESS")

    def audit_log(self) -> Path | None:
        return None
