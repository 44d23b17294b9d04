"""The Debian packages that a native cluster needs, installed after saying so."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from tests.cluster.commands import CommandError, run, succeeds
from tests.cluster.errors import ClusterError
from tests.cluster.progress import say, step
from tests.cluster.state import locked

API_SERVER_PACKAGES = ("etcd-server",)
NODE_PACKAGES = (
    "etcd-server",
    "containerd",
    "runc",
    "containernetworking-plugins",
    "catatonit",
    "iptables",
    "conntrack",
    "iproute2",
    "util-linux",
)
IMAGE_PACKAGES = ("buildah", "debootstrap", "ca-certificates")
# Packages whose services Debian would enable: the cluster runs its own copies instead.
SERVICES = {"etcd-server": "etcd.service", "containerd": "containerd.service"}
POLICY = Path("/usr/sbin/policy-rc.d")


def ensure_packages(names: Sequence[str]) -> None:
    """Install what is missing; the machine's services stay as they were."""
    missing = [name for name in names if not is_installed(name)]
    if not missing:
        return
    _check_can_install(missing)
    with locked("apt"):
        say(f"installing Debian packages: {' '.join(missing)}")
        with step("apt-get update"):
            run(["apt-get", "update", "-q"], timeout=300, env=_quiet())
        with step("apt-get install"), _services_stay_down():
            command = ["apt-get", "install", "-y", "-q", "--no-install-recommends"]
            run([*command, *missing], timeout=900, env=_quiet())
        _disable_services(missing)


def is_installed(name: str) -> bool:
    try:
        status = run(["dpkg-query", "-W", "-f", "${db:Status-Status}", name])
    except CommandError:
        return False
    return status.strip() == "installed"


def _check_can_install(missing: Sequence[str]) -> None:
    command = f"apt-get install --no-install-recommends {' '.join(missing)}"
    if not shutil.which("apt-get"):
        raise ClusterError(f"this machine has no apt; install by other means: {' '.join(missing)}")
    if os.geteuid() != 0:
        raise ClusterError(f"missing Debian packages; as root run: {command}")


def _quiet() -> dict[str, str]:
    return {"DEBIAN_FRONTEND": "noninteractive"}


@contextmanager
def _services_stay_down() -> Iterator[None]:
    """Have Debian's maintainer scripts start nothing, unless the machine has a policy already."""
    if POLICY.exists():
        yield
        return
    POLICY.write_text("#!/bin/sh\nexit 101\n")
    POLICY.chmod(0o755)
    try:
        yield
    finally:
        POLICY.unlink(missing_ok=True)


def _disable_services(installed: Sequence[str]) -> None:
    for package in installed:
        service = SERVICES.get(package)
        if service and shutil.which("systemctl"):
            succeeds(["systemctl", "disable", service])
