"""A cluster in containers, where a Docker or Podman engine answers."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import yaml

from tests.cluster.cache import cluster_folder
from tests.cluster.clients import client_program
from tests.cluster.commands import run
from tests.cluster.configuration import audit_policy
from tests.cluster.errors import ClusterError
from tests.cluster.progress import step
from tests.cluster.provider import Status, container_engine
from tests.cluster.state import check_name, locked, remove_state

CREATE_TIMEOUT = 600.0
AUDIT_FOLDER = "/var/log/argmin-audit"
POLICY_FOLDER = "/etc/kubernetes/argmin-audit"


class KindProvider:
    """kind does the work; this adds the audit log and the waiting."""

    def __init__(self, name: str) -> None:
        self.name = check_name(name)
        self.folder = cluster_folder(name)

    def up(self, nodes: int = 1) -> None:
        with locked(f"cluster-{self.name}"):
            if self._exists():
                self._check_nodes(nodes)
                return
            with step(f"creating kind cluster {self.name} with {nodes} nodes"):
                self._create(nodes)

    def down(self) -> None:
        with locked(f"cluster-{self.name}"):
            if self._exists():
                self._kind("delete", "cluster", "--name", self.name)
            if self.folder.exists():
                remove_state(self.name)

    def status(self) -> Status:
        if not self._exists():
            return Status("kind", self.name, running=False)
        command = [str(client_program("kubectl")), f"--kubeconfig={self.kubeconfig()}"]
        server = run([*command, "config", "view", "-o", "jsonpath={.clusters[0].cluster.server}"])
        nodes = run([*command, "get", "nodes", "--no-headers"]).splitlines()
        return Status("kind", self.name, True, server, tuple(nodes))

    def load_images(self, archives: Sequence[Path]) -> None:
        for archive in archives:
            with step(f"loading {archive.name} to the nodes of {self.name}"):
                self._kind("load", "image-archive", str(archive), "--name", self.name)

    def kubeconfig(self) -> Path:
        return self.folder / "kubeconfig"

    def host_address(self) -> str | None:
        """The gateway of the network that kind's nodes are in."""
        engine = container_engine()
        if engine is None:
            return None
        template = "{{range .IPAM.Config}}{{.Gateway}} {{end}}"
        gateways = run([engine, "network", "inspect", "kind", "--format", template]).split()
        return next((gateway for gateway in gateways if ":" not in gateway), None)

    def audit_log(self) -> Path | None:
        return self.folder / "audit" / "audit.log"

    def _create(self, nodes: int) -> None:
        (self.folder / "policy").mkdir(parents=True, exist_ok=True)
        (self.folder / "audit").mkdir(exist_ok=True)
        (self.folder / "policy" / "policy.yaml").write_text(audit_policy())
        configuration = self.folder / "kind.yaml"
        configuration.write_text(yaml.safe_dump(kind_configuration(self.folder, nodes)))
        flags = [f"--config={configuration}", f"--kubeconfig={self.kubeconfig()}", "--wait=180s"]
        self._kind("create", "cluster", "--name", self.name, *flags)

    def _check_nodes(self, nodes: int) -> None:
        present = len(self._kind("get", "nodes", "--name", self.name).split())
        if present < nodes:
            raise ClusterError(
                f"kind cluster {self.name} has {present} nodes and kind adds none to a cluster "
                f"that runs: take it down first, then up --nodes {nodes}"
            )

    def _exists(self) -> bool:
        return self.name in self._kind("get", "clusters").split()

    def _kind(self, *arguments: str) -> str:
        engine = container_engine()
        if engine is None:
            raise ClusterError("the kind provider needs Docker or Podman with a running engine")
        environment = {"KIND_EXPERIMENTAL_PROVIDER": engine}
        return run([client_program("kind"), *arguments], env=environment, timeout=CREATE_TIMEOUT)


def kind_configuration(folder: Path, nodes: int) -> dict[str, Any]:
    """One control-plane node that pods may run on, workers, and the audit log in ``folder``."""
    mounts = [
        {"hostPath": str(folder / "policy"), "containerPath": POLICY_FOLDER, "readOnly": True},
        {"hostPath": str(folder / "audit"), "containerPath": AUDIT_FOLDER},
    ]
    control = {
        "role": "control-plane",
        "extraMounts": mounts,
        "kubeadmConfigPatches": [yaml.safe_dump(_audit_patch())],
    }
    workers = [{"role": "worker"} for _ in range(nodes - 1)]
    return {
        "kind": "Cluster",
        "apiVersion": "kind.x-k8s.io/v1alpha4",
        "nodes": [control, *workers],
    }


def _audit_patch() -> dict[str, Any]:
    volumes = [
        {"name": "audit-policy", "hostPath": POLICY_FOLDER, "readOnly": True},
        {"name": "audit-log", "hostPath": AUDIT_FOLDER, "readOnly": False},
    ]
    return {
        "kind": "ClusterConfiguration",
        "apiServer": {
            "extraArgs": {
                "audit-policy-file": f"{POLICY_FOLDER}/policy.yaml",
                "audit-log-path": f"{AUDIT_FOLDER}/audit.log",
            },
            "extraVolumes": [
                {**each, "mountPath": each["hostPath"], "pathType": "DirectoryOrCreate"}
                for each in volumes
            ],
        },
    }
