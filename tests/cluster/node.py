"""One node: network, mount and process namespaces of its own, and the programs in them."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from tests.cluster import processes
from tests.cluster.cache import cluster_folder
from tests.cluster.commands import run
from tests.cluster.configuration import (
    CONTAINERD_SOCKET,
    cni_configuration,
    containerd_configuration,
    kube_proxy_configuration,
    kubelet_configuration,
)
from tests.cluster.control_plane import ControlPlane, Program, write_client
from tests.cluster.network import POD_NETWORK, ClusterNetwork

# Network sysctls are the namespace's own.
SYSCTLS = {"net/ipv4/ip_forward": "1", "net/bridge/bridge-nf-call-iptables": "1"}
# The kubelet sets these for the whole machine: it gets to write to copies.
KERNEL_TUNABLES = (
    "vm/overcommit_memory",
    "vm/panic_on_oom",
    "kernel/panic",
    "kernel/panic_on_oops",
    "kernel/keys/root_maxkeys",
    "kernel/keys/root_maxbytes",
)
# Folders of the node that stand in for the host's; the rest of /run and /var/lib is empty.
STANDING_IN = {
    "kubelet": "/var/lib/kubelet",
    "containerd": "/var/lib/containerd",
    "log": "/var/log",
}
ENTER = ("--mount", "--net", "--pid")


@dataclass(frozen=True)
class Node:
    """Node number 1, 2, … of a cluster."""

    cluster: str
    network: ClusterNetwork
    number: int

    @property
    def name(self) -> str:
        return f"{self.cluster}-{self.number}"

    @property
    def address(self) -> str:
        return str(self.network.node_address(self.number))

    @property
    def folder(self) -> Path:
        return cluster_folder(self.cluster) / "nodes" / self.name

    @property
    def logs(self) -> Path:
        return cluster_folder(self.cluster) / "logs" / self.name

    @property
    def cgroup(self) -> str:
        return f"/argmin/{self.cluster}/{self.name}"


def write_node_files(node: Node, plane: ControlPlane) -> None:
    """Certificates, configuration and empty folders of one node."""
    for name in STANDING_IN:
        (node.folder / name).mkdir(parents=True)
    serving = plane.authority.issue(
        f"{node.name}-serving", f"system:node:{node.name}", hosts=[node.name, node.address]
    )
    write_client(plane, node.name, f"system:node:{node.name}", "system:nodes")
    resolver = node.folder / "resolv.conf"
    resolver.write_text("")
    (node.folder / "kubelet.yaml").write_text(
        kubelet_configuration(plane.authority.pair.certificate, serving, node.cgroup, resolver)
    )
    (node.folder / "kube-proxy.yaml").write_text(
        kube_proxy_configuration(plane.kubeconfig_of("kube-proxy"), node.name)
    )
    cni = node.folder / "cni"
    cni.mkdir()
    (cni / "argmin.conflist").write_text(json.dumps(cni_configuration(node.network, node.number)))
    (node.folder / "containerd.toml").write_text(containerd_configuration(cni))
    _copy_kernel_tunables(node.folder / "kernel")


def node_programs(node: Node, plane: ControlPlane, kubernetes: Path) -> list[Program]:
    """The programs of every node; ``kubernetes`` is the folder of the built ones."""
    kubelet = [
        str(kubernetes / "kubelet"),
        f"--config={node.folder / 'kubelet.yaml'}",
        f"--kubeconfig={plane.kubeconfig_of(node.name)}",
        "--root-dir=/var/lib/kubelet",
        f"--hostname-override={node.name}",
        f"--node-ip={node.address}",
    ]
    proxy = [str(kubernetes / "kube-proxy"), f"--config={node.folder / 'kube-proxy.yaml'}"]
    return [
        Program("containerd", ("containerd", "--config", str(node.folder / "containerd.toml"))),
        Program("kubelet", tuple(kubelet)),
        Program("kube-proxy", tuple(proxy)),
    ]


def setup_commands(folder: Path) -> list[list[str]]:
    """What process 1 of a node runs first, inside its namespaces: mounts and the masquerading."""
    commands = [
        ["mount", "--make-rshared", "/"],
        ["mount", "-t", "tmpfs", "-o", "mode=755", "tmpfs", "/run"],
        ["mount", "-t", "tmpfs", "-o", "mode=755", "tmpfs", "/var/lib"],
    ]
    for name, place in STANDING_IN.items():
        commands += [["mkdir", "-p", place], ["mount", "--bind", str(folder / name), place]]
    for path in KERNEL_TUNABLES:
        copy = folder / "kernel" / path
        if copy.exists():
            commands.append(["mount", "--bind", str(copy), f"/proc/sys/{path}"])
    pods = str(POD_NETWORK)
    masquerade = ["-s", pods, "!", "-d", pods, "-j", "MASQUERADE"]
    commands.append(["iptables", "-w", "-t", "nat", "-A", "POSTROUTING", *masquerade])
    return commands


def start_node(node: Node, token: str, programs: Sequence[Program]) -> subprocess.Popen[bytes]:
    """Start process 1 of the node in new namespaces; it waits for ``processes.release``."""
    spec = {
        "setup": setup_commands(node.folder),
        "sysctls": SYSCTLS,
        "programs": [
            {**asdict(program), "log": str(node.logs / f"{program.name}.log")}
            for program in programs
        ],
    }
    spec_file = node.folder / "init.json"
    spec_file.write_text(json.dumps(spec, indent=2))
    namespaces = ["--net", "--mount", "--propagation", "private", "--pid", "--fork"]
    unshare = ["unshare", *namespaces, "--kill-child", "--mount-proc"]
    init: list[str | Path] = [sys.executable, "-I", "-S", processes.INIT, spec_file]
    return processes.start([*unshare, *init], token, node.logs / "init.log", waits=True)


def load_kernel_modules() -> None:
    """Overlay file systems and bridged traffic through iptables, where they are modules."""
    if "overlay" not in Path("/proc/filesystems").read_text():
        run(["modprobe", "overlay"])
    if not Path("/proc/sys/net/bridge").exists():
        run(["modprobe", "br_netfilter"])


def containerd_command(init: int, *arguments: str) -> list[str]:
    """A ``ctr`` command line in the namespaces of the node whose process 1 is ``init``."""
    enter = ["nsenter", "--target", str(init), *ENTER, "--"]
    return [*enter, "ctr", "--address", CONTAINERD_SOCKET, "--namespace", "k8s.io", *arguments]


def _copy_kernel_tunables(folder: Path) -> None:
    for path in KERNEL_TUNABLES:
        original = Path("/proc/sys") / path
        if original.exists():
            copy = folder / path
            copy.parent.mkdir(parents=True, exist_ok=True)
            copy.write_text(original.read_text())
