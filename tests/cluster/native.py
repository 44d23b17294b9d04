"""A whole cluster in namespaces of this machine: no container engine, no trace once it is down."""

from __future__ import annotations

import os
import secrets
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path

import httpx

from tests.cluster import processes
from tests.cluster.api_server import api_is_ready, wait_for_api
from tests.cluster.archives import archive_reference, write_pause_image
from tests.cluster.binaries import NATIVE_MODULES, binary, build_module
from tests.cluster.cache import cache_root, check_cache_is_visible, cluster_folder
from tests.cluster.cgroups import create_cgroup, remove_cgroup
from tests.cluster.commands import CommandError, run
from tests.cluster.configuration import dns_objects
from tests.cluster.control_plane import (
    ControlPlane,
    Program,
    api_server_programs,
    controller_programs,
    write_api_server_files,
    write_controller_files,
)
from tests.cluster.errors import ClusterError
from tests.cluster.loading import load_archive
from tests.cluster.network import (
    API_SERVER_PORT,
    MAX_NODES,
    ClusterNetwork,
    connect_host,
    connect_node,
    free_index,
    host_interface_exists,
    host_routes,
    remove_host_interface,
)
from tests.cluster.node import (
    Node,
    containerd_command,
    load_kernel_modules,
    node_programs,
    start_node,
    write_node_files,
)
from tests.cluster.packages import NODE_PACKAGES, ensure_packages
from tests.cluster.progress import step
from tests.cluster.provider import Status
from tests.cluster.state import (
    ClusterState,
    all_states,
    check_name,
    load_state,
    locked,
    remove_state,
    save_state,
)
from tests.cluster.waiting import wait_until

FABRIC = "fabric"
READY_TIMEOUT = 120.0


class NativeProvider:
    """Control plane and nodes as processes in their own network, mount and process namespaces."""

    def __init__(self, name: str) -> None:
        self.name = check_name(name)
        self.folder = cluster_folder(name)

    # What every provider can do -------------------------------------------------------------

    def up(self, nodes: int = 1) -> None:
        check_machine(nodes)
        ensure_packages(NODE_PACKAGES)
        for module in NATIVE_MODULES:
            build_module(module)
        with locked(f"cluster-{self.name}"):
            state = self._healthy_state()
            if state is None:
                self._remove()
                state = self._start()
            missing = [each for each in range(1, nodes + 1) if each not in state.nodes]
            if missing:
                self._add_nodes(state, missing)

    def down(self) -> None:
        with locked(f"cluster-{self.name}"):
            self._remove()

    def status(self) -> Status:
        state = load_state(self.name)
        if state is None:
            return Status("native", self.name, running=False)
        running = api_is_ready(self.folder, state.server)
        nodes = self._kubectl("get", "nodes", "--no-headers").splitlines() if running else []
        return Status("native", self.name, running, state.server, tuple(nodes), state.phase)

    def load_images(self, archives: Sequence[Path]) -> None:
        state = self._running_state()
        for number in state.nodes:
            for archive in archives:
                self._import(self._node(state, number), state, archive)

    def kubeconfig(self) -> Path:
        return self.folder / "kubeconfig"

    def host_address(self) -> str | None:
        return str(ClusterNetwork(self._running_state().index).host_address)

    def audit_log(self) -> Path | None:
        return self.folder / "audit.log"

    # What only this one can -----------------------------------------------------------------

    def add_node(self) -> str:
        """Add a node (or bring back a removed one); return its name once it is ready."""
        with locked(f"cluster-{self.name}"):
            state = self._running_state()
            number = next(n for n in range(1, MAX_NODES + 2) if n not in state.nodes)
            check_machine(number)
            self._add_nodes(state, [number])
            return self._node(state, number).name

    def remove_node(self, node_name: str) -> None:
        """Lose a node: all its processes are killed at once, as in a power cut.

        Its Node object stays, as it would; only the control plane's node cannot go.
        """
        with locked(f"cluster-{self.name}"):
            state = self._running_state()
            by_name = {self._node(state, number).name: number for number in state.nodes[1:]}
            if node_name not in by_name:
                raise ClusterError(f"no node {node_name!r} to remove: {', '.join(by_name) or '-'}")
            self._kill_node(state, self._node(state, by_name[node_name]))

    # Starting --------------------------------------------------------------------------------

    def _start(self) -> ClusterState:
        with step(f"starting control plane of {self.name}"):
            state = self._allocate()
            plane = self._plane(state)
            write_api_server_files(plane)
            write_controller_files(plane)
            state = self._start_fabric(state)
            state = self._start_nodes(state, [1])
            wait_for_api(plane)
        self._finish_nodes(state, [1])
        with step("waiting for DNS and service accounts"):
            self._finish_control_plane(plane)
        state = state.model_copy(update={"phase": "ready"})
        save_state(state)
        return state

    def _allocate(self) -> ClusterState:
        with locked("subnets"):
            index = free_index((state.index for state in all_states()), host_routes())
            network = ClusterNetwork(index)
            state = ClusterState(
                name=self.name,
                kind="native",
                token=secrets.token_hex(16),
                index=index,
                phase="starting",
                server=f"https://{network.node_address(1)}:{API_SERVER_PORT}",
            )
            save_state(state)
        return state

    def _start_fabric(self, state: ClusterState) -> ClusterState:
        """The process that holds the namespace of the bridge."""
        hold = ["unshare", "--net", "sleep", "infinity"]
        process = processes.start(hold, state.token, self.folder / "logs" / "fabric.log")
        processes.wait_for_own_namespace(process.pid, "net")
        connect_host(ClusterNetwork(state.index), process.pid)
        return _with_process(state, FABRIC, process.pid)

    def _start_nodes(self, state: ClusterState, numbers: Sequence[int]) -> ClusterState:
        save_state(state)
        for number in numbers:
            node = self._node(state, number)
            write_node_files(node, self._plane(state))
            create_cgroup(node.cgroup)
            process = start_node(node, state.token, self._programs(state, node))
            processes.wait_for_own_namespace(process.pid, "net")
            connect_node(node.network, state.processes[FABRIC], number, process.pid)
            processes.release(process)
            state = _with_process(state, node.name, process.pid)
            state = state.model_copy(update={"nodes": tuple(sorted({*state.nodes, number}))})
            save_state(state)
        return state

    def _programs(self, state: ClusterState, node: Node) -> list[Program]:
        kubernetes = build_module("kubernetes")
        plane = self._plane(state)
        programs = node_programs(node, plane, kubernetes)
        if node.number > 1:
            return programs
        control = api_server_programs(plane, kubernetes / "kube-apiserver")
        return [*control, *programs, *controller_programs(plane, kubernetes, binary("coredns"))]

    def _add_nodes(self, state: ClusterState, numbers: Sequence[int]) -> None:
        # Not ready in between: if this is killed, the next `up` finds out and starts afresh.
        state = self._start_nodes(state.model_copy(update={"phase": "starting"}), numbers)
        self._finish_nodes(state, numbers)
        save_state(state.model_copy(update={"phase": "ready"}))

    def _finish_nodes(self, state: ClusterState, numbers: Sequence[int]) -> None:
        nodes = [self._node(state, number) for number in numbers]
        with step(f"waiting for {', '.join(node.name for node in nodes)}"):
            for node in nodes:
                self._import(node, state, pause_archive())
            names = [f"node/{node.name}" for node in nodes]
            self._wait_for("create", names)
            self._wait_for("condition=Ready", names)

    def _finish_control_plane(self, plane: ControlPlane) -> None:
        objects = dns_objects(plane.address)
        self._kubectl("apply", "--server-side", "-f", "-", stdin=objects)
        self._wait_for("create", ["serviceaccount/default"])
        wait_until(
            lambda: _answers(f"http://{plane.address}:8181/ready"),
            "CoreDNS",
            timeout=READY_TIMEOUT,
            hint=lambda: f"see the logs in {self.folder / 'logs'}",
        )

    def _wait_for(self, condition: str, objects: Sequence[str]) -> None:
        limit = f"--timeout={READY_TIMEOUT:.0f}s"
        self._kubectl("wait", f"--for={condition}", limit, *objects, timeout=READY_TIMEOUT + 10)

    # Images ----------------------------------------------------------------------------------

    def _import(self, node: Node, state: ClusterState, archive: Path) -> None:
        init = processes.only_child(state.processes[node.name])
        reference = archive_reference(archive)
        if reference in self._images(init):
            return
        with step(f"loading {reference} to {node.name}"):
            load_archive(init, archive)

    def _images(self, init: int) -> list[str]:
        listing: list[str] = []

        def answers() -> bool:
            try:
                listing[:] = run(containerd_command(init, "images", "list", "-q")).split()
            except CommandError:
                return False
            return True

        wait_until(answers, "containerd", timeout=30, interval=0.1)
        return listing

    # Ending ----------------------------------------------------------------------------------

    def _remove(self) -> None:
        state = load_state(self.name)
        if state:
            with step(f"removing {self.name}"):
                self._remove_parts(state)
        if self.folder.exists():
            remove_state(self.name)

    def _remove_parts(self, state: ClusterState) -> None:
        processes.end_processes(state.token)
        if state.kind == "native":
            remove_cgroup(f"/argmin/{self.name}")
            remove_host_interface(ClusterNetwork(state.index))

    def _kill_node(self, state: ClusterState, node: Node) -> None:
        processes.end_processes(state.token, only=state.processes[node.name])
        remove_cgroup(node.cgroup)
        shutil.rmtree(node.folder)
        left = {name: pid for name, pid in state.processes.items() if name != node.name}
        numbers = tuple(number for number in state.nodes if number != node.number)
        save_state(state.model_copy(update={"processes": left, "nodes": numbers}))

    # Looking ---------------------------------------------------------------------------------

    def _plane(self, state: ClusterState) -> ControlPlane:
        address = str(ClusterNetwork(state.index).node_address(1))
        return ControlPlane(self.folder, address, API_SERVER_PORT)

    def _node(self, state: ClusterState, number: int) -> Node:
        return Node(self.name, ClusterNetwork(state.index), number)

    def _healthy_state(self) -> ClusterState | None:
        """The state of a cluster that needs nothing, else None."""
        state = load_state(self.name)
        if state is None or state.phase != "ready":
            return None
        if state.kind != "native":
            raise ClusterError(f"{self.name} is an API server alone: take it down first")
        alive = set(processes.processes_of(state.token)) >= set(state.processes.values())
        connected = host_interface_exists(ClusterNetwork(state.index))
        return state if alive and connected and api_is_ready(self.folder, state.server) else None

    def _running_state(self) -> ClusterState:
        state = load_state(self.name)
        if state is None or state.kind != "native":
            raise ClusterError(f"no native cluster {self.name}: run up first")
        return state

    def _kubectl(self, *arguments: str, stdin: str | None = None, timeout: float = 60) -> str:
        command = [str(binary("kubectl")), f"--kubeconfig={self.kubeconfig()}", *arguments]
        return run(command, stdin=stdin, timeout=timeout)


def check_machine(nodes: int) -> None:
    """Refuse at once what cannot work."""
    if sys.platform != "linux" or os.geteuid() != 0:
        raise ClusterError("the native cluster needs Linux and root")
    if not 1 <= nodes <= MAX_NODES:
        raise ClusterError(f"a native cluster has 1 to {MAX_NODES} nodes, not {nodes}")
    check_cache_is_visible(cache_root())
    load_kernel_modules()


def pause_archive() -> Path:
    """The archive of the pause image, made on first use."""
    archive = cache_root() / "images" / "pause-1.tar"
    if not archive.exists():
        archive.parent.mkdir(parents=True, exist_ok=True)
        write_pause_image(archive)
    return archive


def _with_process(state: ClusterState, name: str, pid: int) -> ClusterState:
    changed = state.model_copy(update={"processes": {**state.processes, name: pid}})
    save_state(changed)
    return changed


def _answers(url: str) -> bool:
    try:
        return httpx.get(url, trust_env=False, timeout=2).status_code == httpx.codes.OK
    except httpx.HTTPError:
        return False
