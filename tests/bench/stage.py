"""Where measurements on a cluster take place: argmin, installed, and a namespace of their own."""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from argmin.plan import Resource
from tests.bench.audit import AuditLog
from tests.bench.errors import BenchError
from tests.cluster import Images, build_images, cluster
from tests.cluster.progress import step
from tests.cluster.waiting import wait_until
from tests.installation import NAMESPACE, RELEASE, install
from tests.kubectl import Kubectl

OPERATOR_USER = f"system:serviceaccount:{NAMESPACE}:{RELEASE}"
CLEANUP_SECONDS = 600


@dataclass(frozen=True)
class Stage:
    """A cluster on which argmin runs."""

    kubectl: Kubectl
    images: Images
    kubernetes: str
    """Version of the API server."""
    log: AuditLog | None

    @property
    def audit_log(self) -> AuditLog:
        """The API server's audit log.

        Raises:
            BenchError: this cluster does not show its own.
        """
        if self.log is None:
            raise BenchError("this cluster shows no audit log: use the native provider")
        return self.log


def prepare_stage(name: str) -> Stage:
    """The cluster of a name, up, with argmin installed from this checkout."""
    provider = cluster(name)
    provider.up()
    images = build_images(provider)
    kubectl = Kubectl(provider.kubeconfig())
    with step("installing argmin by its chart"):
        install(kubectl, images)
    path = provider.audit_log()
    return Stage(kubectl, images, read_version(kubectl), AuditLog(path) if path else None)


def read_version(kubectl: Kubectl) -> str:
    """The version of the API server."""
    answer = json.loads(kubectl.run("version", "--output=json"))
    return str(answer["serverVersion"]["gitVersion"])


@contextmanager
def own_namespace(stage: Stage) -> Iterator[Kubectl]:
    """kubectl in a fresh namespace, which is removed with everything in it."""
    name = f"bench-{secrets.token_hex(4)}"
    stage.kubectl.run("create", "namespace", name)
    kubectl = stage.kubectl.within(name)
    try:
        # A pod that comes before its service account is refused, and tried again only later.
        wait_until(
            lambda: kubectl.find("serviceaccount", "default") is not None,
            f"the service account of {name}",
            timeout=30,
        )
        yield kubectl
    finally:
        stage.kubectl.run(
            "delete", "namespace", name, f"--timeout={CLEANUP_SECONDS}s", timeout=CLEANUP_SECONDS
        )


def clear(kubectl: Kubectl, resource: Resource) -> None:
    """Delete all objects of a type with their pods, and wait until the namespace is quiet again."""
    kind = f"{resource.plural}.{resource.group}" if resource.group else resource.plural
    limit = f"--timeout={CLEANUP_SECONDS}s"
    kubectl.run(
        "delete", kind, "--all", "--cascade=foreground", limit, timeout=CLEANUP_SECONDS + 10
    )
    kubectl.run("wait", "pods", "--all", "--for=delete", limit, timeout=CLEANUP_SECONDS + 10)
