"""The network of a native cluster.

Each cluster has a network namespace of its own, the *fabric*, with one bridge in it. The host and
every node are plugged into that bridge by a veth pair. The bridge is not on the host, so that the
host's firewall and sysctls have no say in the cluster's traffic and need no change. All of it goes
when the processes that hold the namespaces go.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network
from pathlib import Path

from tests.cluster.commands import run
from tests.cluster.errors import ClusterError

NODE_NETWORKS = IPv4Network("10.213.0.0/16")
POD_NETWORK = IPv4Network("10.244.0.0/16")
SERVICE_NETWORK = IPv4Network("10.96.0.0/16")
API_SERVICE_ADDRESS = SERVICE_NETWORK[1]
DNS_SERVICE_ADDRESS = SERVICE_NETWORK[10]
MAX_CLUSTERS = 64
MAX_NODES = 16
FIRST_NODE_HOST = 10
API_SERVER_PORT = 6443


@dataclass(frozen=True)
class ClusterNetwork:
    """The addresses of one cluster, all of them a function of its index on this machine.

    Pods and Services have the same addresses in every cluster: no packet with such an address
    leaves the namespaces of its cluster.
    """

    index: int

    @property
    def subnet(self) -> IPv4Network:
        """The /24 that the host and the nodes share."""
        return list(NODE_NETWORKS.subnets(new_prefix=24))[self.index]

    @property
    def host_address(self) -> IPv4Address:
        """The host, as nodes and pods see it."""
        return self.subnet[1]

    @property
    def host_interface(self) -> str:
        return f"argmin{self.index}"

    def node_address(self, node: int) -> IPv4Address:
        """The address of node 1, 2, …"""
        return self.subnet[FIRST_NODE_HOST + node]

    def pod_range(self, node: int) -> IPv4Network:
        """The /24 that the pods of one node get their addresses from."""
        return list(POD_NETWORK.subnets(new_prefix=24))[node]


def free_index(taken: Iterable[int], routes: Iterable[IPv4Network]) -> int:
    """The lowest index that no other cluster has and whose subnet the host does not route."""
    occupied = set(taken)
    present = [route for route in routes if route.prefixlen > 0]
    for index in range(MAX_CLUSTERS):
        subnet = ClusterNetwork(index).subnet
        if index not in occupied and not any(subnet.overlaps(route) for route in present):
            return index
    raise ClusterError(f"no subnet of {NODE_NETWORKS} is free for another cluster")


def host_routes() -> list[IPv4Network]:
    """Where the host sends packets, the default route left out."""
    routes = json.loads(run(["ip", "-json", "-4", "route", "show", "table", "main"]))
    targets = [route["dst"] for route in routes if route["dst"] != "default"]
    return [IPv4Network(target, strict=False) for target in targets]


def connect_host(network: ClusterNetwork, fabric: int) -> None:
    """Make the bridge in the fabric (the namespace of process ``fabric``) and plug the host in."""
    name = network.host_interface
    _ip_batch([f"link add name {name} type veth peer name host netns {fabric}"])
    bridge = ["link add name br0 type bridge", "link set host master br0", "link set lo up"]
    _ip_batch([*bridge, "link set br0 up", "link set host up"], inside=fabric)
    address = f"{network.host_address}/{network.subnet.prefixlen}"
    _ip_batch([f"address add {address} dev {name}", f"link set {name} up"])


def connect_node(network: ClusterNetwork, fabric: int, node: int, process: int) -> None:
    """Plug the namespace of ``process`` into the bridge as node number ``node``."""
    port = f"node{node}"
    _ip_batch([f"link add name eth0 netns {process} type veth peer name {port} netns {fabric}"])
    _ip_batch([f"link set {port} master br0", f"link set {port} up"], inside=fabric)
    _ip_batch(node_interface_commands(network, node), inside=process)


def node_interface_commands(network: ClusterNetwork, node: int) -> list[str]:
    """What ``ip -batch`` runs inside a node: its address, and routes to the pods of other nodes.

    Routes to nodes that are not there do no harm, and no node needs a change when one is added.
    """
    address = f"{network.node_address(node)}/{network.subnet.prefixlen}"
    others = [other for other in range(1, MAX_NODES + 1) if other != node]
    return [
        "link set lo up",
        f"address add {address} dev eth0",
        "link set eth0 up",
        f"route add default via {network.host_address}",
        *(
            f"route add {network.pod_range(other)} via {network.node_address(other)}"
            for other in others
        ),
    ]


def remove_host_interface(network: ClusterNetwork) -> None:
    """Unplug the host, where the end of the fabric has not done so already."""
    if host_interface_exists(network):
        run(["ip", "link", "delete", network.host_interface])


def host_interface_exists(network: ClusterNetwork) -> bool:
    return (Path("/sys/class/net") / network.host_interface).exists()


def _ip_batch(commands: Sequence[str], *, inside: int | None = None) -> None:
    enter = [] if inside is None else ["nsenter", "--target", str(inside), "--net"]
    run([*enter, "ip", "-batch", "-"], stdin="\n".join(commands) + "\n")
