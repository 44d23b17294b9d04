"""argmin installed by its chart on a cluster, as a user installs it."""

from __future__ import annotations

import subprocess
from pathlib import Path

from tests.cluster import client_program
from tests.cluster.images import Images
from tests.kubectl import Kubectl, KubectlError

ROOT = Path(__file__).resolve().parent.parent
CHART = ROOT / "charts" / "argmin"
NAMESPACE = "argmin-system"
RELEASE = "argmin"


class InstallationError(Exception):
    """Helm could not install argmin; the message is Helm's and the state of the pods."""


def install(kubectl: Kubectl, images: Images, *values: str) -> None:
    """Install or upgrade the release and wait until the operator is ready.

    Args:
        kubectl: the cluster.
        images: what `make images` built.
        values: further `key=value` settings of the chart.
    """
    settings = [*_image("image", images.operator), *_image("solversImage", images.solvers), *values]
    command = [
        str(client_program("helm")),
        "upgrade",
        "--install",
        RELEASE,
        str(CHART),
        f"--namespace={NAMESPACE}",
        "--create-namespace",
        "--wait",
        "--timeout=3m",
        *(f"--set={setting}" for setting in settings),
    ]
    done = subprocess.run(
        command, capture_output=True, text=True, env=kubectl.environment, timeout=240, check=False
    )
    if done.returncode != 0:
        raise InstallationError(f"{done.stderr}\n{_describe_pods(kubectl)}")


def _image(prefix: str, reference: str) -> list[str]:
    repository, _, tag = reference.rpartition(":")
    return [f"{prefix}.repository={repository}", f"{prefix}.tag={tag}"]


def _describe_pods(kubectl: Kubectl) -> str:
    system = kubectl.within(NAMESPACE)
    try:
        return system.run("describe", "pods") + system.run(
            "logs", f"--selector=app.kubernetes.io/instance={RELEASE}", "--tail=50"
        )
    except KubectlError as error:
        return f"(the pods cannot be described: {error})"
