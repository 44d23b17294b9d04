"""Addresses of development clusters: distinct, predictable, and out of the host's way."""

from ipaddress import IPv4Address, IPv4Network

import pytest

from tests.cluster.errors import ClusterError
from tests.cluster.network import (
    MAX_CLUSTERS,
    MAX_NODES,
    POD_NETWORK,
    SERVICE_NETWORK,
    ClusterNetwork,
    free_index,
    node_interface_commands,
)


def test_first_cluster_gets_first_subnet() -> None:
    network = ClusterNetwork(0)

    assert network.subnet == IPv4Network("10.213.0.0/24")
    assert network.host_address == IPv4Address("10.213.0.1")
    assert network.node_address(1) == IPv4Address("10.213.0.11")


def test_clusters_share_no_address() -> None:
    subnets = [ClusterNetwork(index).subnet for index in range(MAX_CLUSTERS)]

    assert len(set(subnets)) == MAX_CLUSTERS
    assert not any(subnet.overlaps(POD_NETWORK) for subnet in subnets)
    assert not any(subnet.overlaps(SERVICE_NETWORK) for subnet in subnets)


def test_nodes_share_no_address_and_no_pod_range() -> None:
    network = ClusterNetwork(3)
    numbers = range(1, MAX_NODES + 1)

    assert len({network.node_address(number) for number in numbers}) == MAX_NODES
    assert len({network.pod_range(number) for number in numbers}) == MAX_NODES
    assert all(network.node_address(number) in network.subnet for number in numbers)


def test_interface_name_fits_the_kernel() -> None:
    assert len(ClusterNetwork(MAX_CLUSTERS - 1).host_interface) <= 15


def test_free_index_is_the_lowest_that_nobody_has() -> None:
    assert free_index([], []) == 0
    assert free_index([0, 2], []) == 1


def test_free_index_avoids_what_the_host_routes() -> None:
    assert free_index([], [IPv4Network("10.213.0.0/23")]) == 2


def test_default_route_occupies_nothing() -> None:
    assert free_index([], [IPv4Network("0.0.0.0/0")]) == 0


def test_no_free_subnet_is_an_error() -> None:
    with pytest.raises(ClusterError, match="no subnet"):
        free_index(range(MAX_CLUSTERS), [])


def test_node_routes_to_every_other_node_and_not_to_itself() -> None:
    commands = node_interface_commands(ClusterNetwork(0), 2)

    assert "address add 10.213.0.12/24 dev eth0" in commands
    assert "route add 10.244.1.0/24 via 10.213.0.11" in commands
    assert not any("10.244.2.0/24" in command for command in commands)
