"""A real cluster with argmin installed by its chart, AWS beside it, and namespaces for tests."""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.aws.chart import list_settings
from tests.aws.emulator import Aws, emulator
from tests.aws.seed import BUCKET
from tests.cluster import Provider, build_images, cluster
from tests.command import Argmin
from tests.e2e.storage import expose
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
def host(provider: Provider) -> str:
    """The address under which pods see this machine."""
    address = provider.host_address()
    assert address, "the cluster tells no address of this machine: set ARGMIN_HOST_ADDRESS"
    return address


@pytest.fixture(scope="session")
def aws(host: str) -> Iterator[Aws]:
    """AWS beside the cluster."""
    with emulator(host) as running:
        yield running


@pytest.fixture(scope="session")
def operator(provider: Provider, aws: Aws, host: str) -> Kubectl:
    """argmin, installed from this checkout; kubectl against its cluster.

    One namespace, `TEAM`, has a bucket in that AWS.
    """
    kubectl = Kubectl(provider.kubeconfig())
    store = f"teams.{TEAM}.store.bucket={BUCKET}"
    install(kubectl, build_images(provider), *list_settings(aws, host), store)
    return kubectl


@pytest.fixture(scope="session")
def bucket_server(operator: Kubectl, aws: Aws, host: str) -> str:
    """The store that the examples find inside the cluster: S3 of that AWS."""
    return expose(operator, aws.url, host, "s3")


@contextmanager
def _fresh_namespace(operator: Kubectl, name: str = "") -> Iterator[Kubectl]:
    namespace = name or _name_namespace()
    operator.run("create", "namespace", namespace)
    try:
        yield operator.within(namespace)
    finally:
        operator.run("delete", "namespace", namespace, "--wait=false")


def _name_namespace() -> str:
    return f"test-{uuid.uuid4().hex[:8]}"


TEAM = _name_namespace()


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


@pytest.fixture(scope="session")
def team(operator: Kubectl) -> Iterator[Kubectl]:
    """kubectl in the namespace whose results go to a bucket, where SageMaker finds a role."""
    with _fresh_namespace(operator, TEAM) as own:
        yield own


@pytest.fixture(scope="session")
def argmin(aws: Aws) -> Argmin:
    """The command `argmin`, run by somebody with AWS credentials."""
    return Argmin(aws.environment())
