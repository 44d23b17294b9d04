"""A real cluster with argmin installed by its chart, and a fresh namespace for each test."""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterator

import pytest

from tests.cluster import Provider, build_images, cluster
from tests.installation import install
from tests.kubectl import Kubectl

CLUSTER_VARIABLE = "ARGMIN_TEST_CLUSTER"
"""Name of a cluster to use and to leave up; otherwise one is made for the run and taken down."""
OWN_CLUSTER = "argmin-e2e"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "tests/e2e" in str(item.path):
            item.add_marker(pytest.mark.e2e)


@pytest.fixture(scope="session")
def provider() -> Iterator[Provider]:
    """The cluster, up, with the images of this checkout loaded."""
    kept = os.environ.get(CLUSTER_VARIABLE)
    chosen = cluster(kept or OWN_CLUSTER)
    chosen.up()
    try:
        yield chosen
    finally:
        if not kept:
            chosen.down()


@pytest.fixture(scope="session")
def operator(provider: Provider) -> Kubectl:
    """argmin, installed; kubectl against its cluster."""
    kubectl = Kubectl(provider.kubeconfig())
    install(kubectl, build_images(provider))
    return kubectl


@pytest.fixture
def kubectl(operator: Kubectl) -> Iterator[Kubectl]:
    """kubectl in a namespace that is this test's own."""
    namespace = f"test-{uuid.uuid4().hex[:8]}"
    operator.run("create", "namespace", namespace)
    try:
        yield operator.within(namespace)
    finally:
        operator.run("delete", "namespace", namespace, "--wait=false")
