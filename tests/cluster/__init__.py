"""The development cluster: a real Kubernetes on this machine, for people and for tests.

>>> from tests.cluster import api_server, cluster
>>> with api_server("kube-tests") as kubeconfig: ...
>>> provider = cluster("argmin"); provider.up(); provider.kubeconfig()
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.cluster.api_server import ApiServerProvider
from tests.cluster.cache import cluster_folder
from tests.cluster.clients import client_program
from tests.cluster.errors import ClusterError
from tests.cluster.existing import ExistingProvider
from tests.cluster.images import Images, build_archives, wanted_images
from tests.cluster.kind import KindProvider
from tests.cluster.native import NativeProvider
from tests.cluster.provider import (
    PROVIDER_VARIABLE,
    Provider,
    ProviderName,
    Status,
    choose_provider,
    look_at_machine,
)

__all__ = [
    "DEFAULT_NAME",
    "ClusterError",
    "Images",
    "Provider",
    "Status",
    "api_server",
    "audit_log_path",
    "build_images",
    "client_program",
    "cluster",
    "recorded_images",
]

DEFAULT_NAME = "argmin"
PROVIDERS: dict[ProviderName, Callable[[str], Provider]] = {
    "existing": ExistingProvider,
    "kind": KindProvider,
    "native": NativeProvider,
}


def cluster(name: str = DEFAULT_NAME, provider: str | None = None) -> Provider:
    """The cluster called ``name``, running or not, of the provider that suits the machine.

    ``provider`` (or ``$ARGMIN_CLUSTER_PROVIDER``) is ``auto``, ``existing``, ``kind`` or
    ``native``.
    """
    wanted = provider or os.environ.get(PROVIDER_VARIABLE) or "auto"
    chosen = choose_provider(wanted, look_at_machine())
    return PROVIDERS[chosen](name)


@contextmanager
def api_server(name: str | None = None) -> Iterator[Path]:
    """An API server without nodes, up in seconds, gone at the end; yields its kubeconfig."""
    server = ApiServerProvider(name or f"api-{os.getpid()}")
    try:
        server.up()
        yield server.kubeconfig()
    finally:
        server.down()


def audit_log_path(name: str = DEFAULT_NAME) -> Path:
    """The audit log of a native cluster or an API server: one JSON event a line."""
    return cluster_folder(name) / "audit.log"


def build_images(provider: Provider) -> Images:
    """Build what changed, load it into every node, and note the references; return them.

    With ``ARGMIN_OPERATOR_IMAGE`` and ``ARGMIN_SOLVERS_IMAGE`` nothing is built: these are used.
    """
    named = _named_images()
    if named is not None:
        images = named
    else:
        # A cluster that takes no images, or is not up, says so before minutes of building.
        provider.load_images([])
        images = wanted_images()
        provider.load_images(build_archives(images))
    path = _images_file(provider.name)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(images.model_dump_json(indent=2))
    return images


def recorded_images(name: str = DEFAULT_NAME) -> Images:
    """The references that ``build_images`` noted last for this cluster."""
    path = _images_file(name)
    if not path.exists():
        raise ClusterError(f"no images for cluster {name} yet: python -m tests.cluster images")
    return Images.model_validate_json(path.read_text())


def _named_images() -> Images | None:
    operator = os.environ.get("ARGMIN_OPERATOR_IMAGE")
    solvers = os.environ.get("ARGMIN_SOLVERS_IMAGE")
    if bool(operator) != bool(solvers):
        raise ClusterError("set both ARGMIN_OPERATOR_IMAGE and ARGMIN_SOLVERS_IMAGE, or neither")
    return Images(operator=operator, solvers=solvers) if operator and solvers else None


def _images_file(name: str) -> Path:
    return cluster_folder(name) / "images.json"
