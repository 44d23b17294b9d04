"""A real API server for the tests of the engine, and a namespace for each of them."""

from __future__ import annotations

import itertools
import os
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from argmin.api.generate.crd import build_crd
from argmin.runtime.kube.client import Cluster
from tests.cluster import api_server, audit_log_path
from tests.kinds.campus import CAMPUS
from tests.kinds.errand import ERRAND
from tests.kinds.kiosk import KIOSK
from tests.kube.greetings import GREETING_CRD
from tests.kube.harness import AuditLog
from tests.kubectl import Kubectl
from tests.scheduling import ScopeScheduling, keep_together

CRDS = Path(__file__).resolve().parents[2] / "crds"

_SERVER = f"kube-engine-{os.getpid()}"
_numbers = itertools.count(1)
_TOGETHER = frozenset({"test_chart", "test_cli_jobs", "test_cli_results", "test_forks"})
"""Files whose tests share an API server or a process of their own."""


def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> ScopeScheduling:
    return ScopeScheduling(config, log, lambda nodeid: keep_together(nodeid, _TOGETHER))


@pytest.fixture(scope="session")
def administrator() -> Iterator[Kubectl]:
    """The API server's administrator; the CRDs of the engine's tests are there."""
    with api_server(_SERVER) as kubeconfig:
        kubectl = Kubectl(kubeconfig)
        kubectl.apply(GREETING_CRD, *map(build_crd, (ERRAND, KIOSK, CAMPUS)))
        for path in CRDS.glob("*.yaml"):
            kubectl.run("create", f"--filename={path}")
        kubectl.run("wait", "crd", "--all", "--for=condition=Established", "--timeout=30s")
        yield kubectl


@pytest.fixture
def user(administrator: Kubectl) -> Kubectl:
    """Somebody with a namespace of their own, and the service account that pods need."""
    namespace = f"team-{next(_numbers)}"
    administrator.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace}})
    user = administrator.within(namespace)
    user.apply({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "default"}})
    return user


@pytest.fixture
async def cluster(administrator: Kubectl) -> AsyncIterator[Cluster]:
    """The API server as the operator sees it."""
    async with await Cluster.connect(str(administrator.kubeconfig)) as cluster:
        yield cluster


@pytest.fixture
def audit(user: Kubectl) -> AuditLog:
    """What the operator wrote into the namespace of this test."""
    return AuditLog(audit_log_path(_SERVER), user.namespace)
