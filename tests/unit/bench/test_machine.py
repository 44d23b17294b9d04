from __future__ import annotations

import socket

from tests.bench.machine import describe_machine, shorten_release


def test_a_kernel_release_is_cut_to_its_numbers() -> None:
    assert shorten_release("6.1.0-13-amd64") == "6.1.0"


def test_the_machine_is_described_without_its_name() -> None:
    said = describe_machine("v1.34.4", libraries=("highspy",))
    assert "Kubernetes v1.34.4" in said
    assert "highspy 1." in said
    assert socket.gethostname() not in said.split()


def test_kubernetes_is_named_only_where_it_took_part() -> None:
    assert "Kubernetes" not in describe_machine(None)
