"""A real cluster with argmin installed by its chart, and namespaces for the tests."""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager

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
            # Fixtures may build images first; whatever they wait for has a limit of its own.
            item.add_marker(pytest.mark.timeout(300, func_only=True))


@pytest.fixture(scope="session")
def provider() -> Iterator[Provider]:
    """The cluster, up."""
    kept = os.environ.get(CLUSTER_VARIABLE)
    chosen = cluster(kept or OWN_CLUSTER)
    try:
        chosen.up()
        yield chosen
    finally:
        if not kept:
            chosen.down()


@pytest.fixture(scope="session")
def operator(provider: Provider) -> Kubectl:
    """argmin, installed from this checkout; kubectl against its cluster."""
    kubectl = Kubectl(provider.kubeconfig())
    install(kubectl, build_images(provider))
    return kubectl


@contextmanager
def _fresh_namespace(operator: Kubectl) -> Iterator[Kubectl]:
    namespace = f"test-{uuid.uuid4().hex[:8]}"
    operator.run("create", "namespace", namespace)
    try:
        yield operator.within(namespace)
    finally:
        operator.run("delete", "namespace", namespace, "--wait=false")


@pytest.fixture
def kubectl(operator: Kubectl) -> Iterator[Kubectl]:
    """kubectl in a namespace that is this test's own."""
    with _fresh_namespace(operator) as own:
        yield own


@pytest.fixture(scope="module")
def shared(operator: Kubectl) -> Iterator[Kubectl]:
    """kubectl in a namespace of the module, where many jobs run at the same time."""
    with _fresh_namespace(operator) as own:
        yield own
