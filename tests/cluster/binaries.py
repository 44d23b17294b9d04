"""The Go programs of the cluster, built once and kept in the cache.

Each folder of ``tools/`` is a Go module whose ``tool`` directives name what to build. They are
separate modules because Go would otherwise pick one version of every shared dependency for all of
them, and none would be the program that its authors tested.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
from functools import cache
from pathlib import Path

from tests.cluster.cache import cache_root
from tests.cluster.commands import CommandError, run
from tests.cluster.errors import ClusterError
from tests.cluster.progress import step
from tests.cluster.state import locked

TOOLS = Path(__file__).parent / "tools"
MODULE_OF = {
    "kube-apiserver": "kubernetes",
    "kube-controller-manager": "kubernetes",
    "kube-proxy": "kubernetes",
    "kube-scheduler": "kubernetes",
    "kubectl": "kubernetes",
    "kubelet": "kubernetes",
    "coredns": "coredns",
    "helm": "helm",
    "kind": "kind",
    "versitygw": "versitygw",
}
NATIVE_MODULES = ("kubernetes", "coredns", "helm")
BUILD_TIMEOUT = 3600.0


def binary(program: str) -> Path:
    """The path of one program, built first if the cache has not got it."""
    return build_module(MODULE_OF[program]) / program


def build_module(module: str) -> Path:
    """Build what the module's tool directives name; return the folder of the programs."""
    target = cache_root() / "bin" / f"{module}-{module_key(module, go_version())}"
    if target.is_dir():
        return target
    with locked(f"build-{module}", timeout=BUILD_TIMEOUT):
        if not target.is_dir():
            with step(f"building {module} with Go (minutes, once)"):
                _build(module, target)
    return target


def module_key(module: str, toolchain: str) -> str:
    """Twelve hexadecimal digits that change when the built programs may."""
    digest = hashlib.sha256(toolchain.encode())
    for name in ("go.mod", "go.sum"):
        digest.update((TOOLS / module / name).read_bytes())
    digest.update(" ".join(_linker_flags(module)).encode())
    return digest.hexdigest()[:12]


def go_version() -> str:
    """The version of the Go on PATH, asked once."""
    return _ask_go_version(os.environ.get("PATH", ""))


@cache
def _ask_go_version(_path: str) -> str:
    try:
        return run(["go", "env", "GOVERSION"], cwd=TOOLS).strip()
    except CommandError as error:
        raise ClusterError(
            "the native cluster is built from source and needs Go 1.25 or newer on PATH"
        ) from error


def kubernetes_version() -> str:
    """The version that tools/kubernetes/go.mod requires, such as ``v1.34.4``."""
    text = (TOOLS / "kubernetes" / "go.mod").read_text()
    found = re.search(r"k8s\.io/kubernetes (v[\d.]+)", text)
    if not found:
        raise ClusterError("tools/kubernetes/go.mod requires no k8s.io/kubernetes")
    return found.group(1)


def _build(module: str, target: Path) -> None:
    draft = target.with_name(f"{target.name}.draft")
    shutil.rmtree(draft, ignore_errors=True)
    draft.mkdir(parents=True)
    flags = " ".join(_linker_flags(module))
    run(
        ["go", "build", "-trimpath", "-ldflags", flags, "-o", f"{draft}/", "tool"],
        cwd=TOOLS / module,
        env={"CGO_ENABLED": "0"},
        timeout=BUILD_TIMEOUT,
    )
    draft.rename(target)


def _linker_flags(module: str) -> list[str]:
    flags = ["-s", "-w"]
    if module == "kubernetes":
        # Without these the programs call themselves v0.0.0, and charts refuse such a cluster.
        version = kubernetes_version()
        major, minor, _ = version.removeprefix("v").split(".")
        values = {"gitVersion": version, "gitMajor": major, "gitMinor": minor}
        for package in ("k8s.io/component-base/version", "k8s.io/client-go/pkg/version"):
            flags += [f"-X {package}.{key}={value}" for key, value in values.items()]
    return flags
