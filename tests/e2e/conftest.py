"""A real cluster with argmin installed by its chart, AWS beside it, and namespaces for tests."""

from __future__ import annotations

import os
import uuid
from collections.abc import Generator, Iterator
from contextlib import contextmanager

import pytest

from tests.aws import running
from tests.aws.chart import list_settings
from tests.aws.emulator import Aws
from tests.aws.seed import BUCKET
from tests.cluster import Provider, build_images, cluster, sharing
from tests.cluster.sharing import name_run
from tests.command import Argmin
from tests.e2e.storage import expose
from tests.installation import install
from tests.kubectl import Kubectl
from tests.scheduling import ScopeScheduling, keep_together

CLUSTER_VARIABLE = "ARGMIN_TEST_CLUSTER"
"""Name of a cluster to use and to leave up; otherwise one is made for the run and taken down."""
OWN_CLUSTER = "argmin-e2e"


_TOGETHER = frozenset(
    {
        *("test_adapters", "test_artifacts", "test_bad_models", "test_bad_programs"),
        *("test_bad_surroundings", "test_deadline", "test_examples", "test_limits"),
        "test_three_backends",
    }
)
"""Files whose jobs are applied at once and awaited together, or that share a store."""


def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> ScopeScheduling:
    return ScopeScheduling(config, log, _name_scope)


def _name_scope(nodeid: str) -> str:
    return nodeid if "without_a_cluster" in nodeid else keep_together(nodeid, _TOGETHER)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "tests/e2e" in str(item.path):
            item.add_marker(pytest.mark.e2e)
            # Fixtures may build images first; whatever they wait for has a limit of its own.
            item.add_marker(pytest.mark.timeout(300, func_only=True))


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    """Tests that disturb the operator or the node run while no other does."""
    with sharing.turn(alone=item.get_closest_marker("alone") is not None):
        return (yield)


@pytest.fixture(scope="session")
def provider() -> Iterator[Provider]:
    """The cluster, up."""
    kept = os.environ.get(CLUSTER_VARIABLE)
    chosen = cluster(kept or OWN_CLUSTER)
    with sharing.shared("cluster", chosen.up, _nothing if kept else chosen.down):
        yield chosen


def _nothing() -> None:
    """A cluster that was there before stays."""


@pytest.fixture(scope="session")
def host(provider: Provider) -> str:
    """The address under which pods see this machine."""
    address = provider.host_address()
    assert address, "the cluster tells no address of this machine: set ARGMIN_HOST_ADDRESS"
    return address


@pytest.fixture(scope="session")
def aws(host: str) -> Iterator[Aws]:
    """AWS beside the cluster."""
    name = f"e2e-{name_run()}"
    with sharing.shared("aws", lambda: _start_aws(name, host), lambda: _stop_aws(name)):
        found = running.find(name)
        assert found, "the AWS of the tests has ended"
        aws = Aws(found.url)
        yield aws
        aws.close()


def _start_aws(name: str, host: str) -> None:
    running.start(name, ("127.0.0.1", host))


def _stop_aws(name: str) -> None:
    running.stop(name)


@pytest.fixture(scope="session")
def operator(provider: Provider, aws: Aws, host: str) -> Iterator[Kubectl]:
    """argmin, installed from this checkout; kubectl against its cluster.

    One namespace, `TEAM`, has a bucket in that AWS.
    """
    kubectl = Kubectl(provider.kubeconfig())
    store = f"teams.{TEAM}.store.bucket={BUCKET}"

    def begin() -> None:
        install(kubectl, build_images(provider), *list_settings(aws, host), store)

    with sharing.shared("operator", begin, _nothing):
        yield kubectl


@pytest.fixture(scope="session")
def bucket_server(operator: Kubectl, aws: Aws, host: str) -> str:
    """The store that the examples find inside the cluster: S3 of that AWS."""
    return expose(operator, aws.url, host, "s3")


@contextmanager
def _fresh_namespace(operator: Kubectl) -> Iterator[Kubectl]:
    namespace = f"test-{uuid.uuid4().hex[:8]}"
    operator.run("create", "namespace", namespace)
    try:
        yield operator.within(namespace)
    finally:
        operator.run("delete", "namespace", namespace, "--wait=false")


TEAM = f"team-{name_run()}"


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

    def begin() -> None:
        operator.run("create", "namespace", TEAM)

    def end() -> None:
        operator.run("delete", "namespace", TEAM, "--wait=false")

    with sharing.shared("team", begin, end):
        yield operator.within(TEAM)


@pytest.fixture(scope="session")
def argmin(aws: Aws) -> Argmin:
    """The command `argmin`, run by somebody with AWS credentials."""
    return Argmin(aws.environment())
