"""What every kind of development cluster can do, and which kind suits this machine."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol, get_args

from tests.cluster.commands import succeeds
from tests.cluster.errors import ClusterError

ProviderName = Literal["existing", "kind", "native"]
KUBECONFIG_VARIABLE = "ARGMIN_KUBECONFIG"
PROVIDER_VARIABLE = "ARGMIN_CLUSTER_PROVIDER"


@dataclass(frozen=True)
class Status:
    """What ``status`` shows: whether the API server answers, and the nodes it lists."""

    provider: str
    name: str
    running: bool
    server: str = ""
    nodes: tuple[str, ...] = ()
    detail: str = ""


class Provider(Protocol):
    """A way to have a Kubernetes cluster. Every method may raise ``ClusterError``."""

    name: str

    def up(self, nodes: int = 1) -> None:
        """Have a ready cluster with at least ``nodes`` nodes; nothing to do if there is one."""

    def down(self) -> None:
        """Remove the cluster and all its traces; nothing to do if there is none."""

    def status(self) -> Status:
        """Look, and change nothing."""

    def load_images(self, archives: Sequence[Path]) -> None:
        """Bring image archives (as ``docker save`` writes them) to every node that lacks them."""

    def kubeconfig(self) -> Path:
        """The kubeconfig of an administrator."""

    def host_address(self) -> str | None:
        """Where pods reach servers of this machine that listen on all its addresses."""

    def audit_log(self) -> Path | None:
        """The API server's audit log, one JSON event a line, where it can be read from here."""


@dataclass(frozen=True)
class Machine:
    """What decides which provider suits."""

    names_a_cluster: bool
    has_container_engine: bool
    is_linux_root: bool


def look_at_machine() -> Machine:
    return Machine(
        names_a_cluster=bool(os.environ.get(KUBECONFIG_VARIABLE)),
        has_container_engine=container_engine() is not None,
        is_linux_root=sys.platform == "linux" and os.geteuid() == 0,
    )


def choose_provider(wanted: str, machine: Machine) -> ProviderName:
    """The provider called ``wanted``, or with ``auto`` the first that suits the machine."""
    names: tuple[ProviderName, ...] = get_args(ProviderName)
    if wanted in names:
        return names[names.index(wanted)]
    if wanted != "auto":
        raise ClusterError(f"no provider {wanted!r}: use auto, existing, kind or native")
    if machine.names_a_cluster:
        return "existing"
    if machine.has_container_engine:
        return "kind"
    if machine.is_linux_root:
        return "native"
    raise ClusterError(
        "no way to have a cluster here: name one with ARGMIN_KUBECONFIG, start Docker or Podman, "
        "or be root on Linux"
    )


def container_engine() -> str | None:
    """``docker`` or ``podman``, whichever has an engine that answers; a client alone won't do."""
    for engine in ("docker", "podman"):
        if succeeds([engine, "info"], timeout=15):
            return engine
    return None
