"""argmin installed by its chart on a cluster, as a user installs it."""

from __future__ import annotations

import subprocess
from pathlib import Path

import yaml

from tests.cluster import client_program
from tests.cluster.images import Images
from tests.kubectl import Kubectl, KubectlError, Object

ROOT = Path(__file__).resolve().parent.parent
CHART = ROOT / "charts" / "argmin"
NAMESPACE = "argmin-system"
RELEASE = "argmin"

_TOKEN_DURATION = "2h"
_RIGHTS = frozenset(
    {
        "ServiceAccount",
        "ClusterRole",
        "ClusterRoleBinding",
        "Role",
        "RoleBinding",
        "CustomResourceDefinition",
    }
)


class InstallationError(Exception):
    """argmin cannot be installed; the message is Helm's, and has the state of the pods."""


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


def grant_rights(kubectl: Kubectl, folder: Path) -> Path:
    """Apply the chart's CRDs, service account and roles; a kubeconfig of that account.

    Raises:
        InstallationError: the chart cannot be rendered.
    """
    kubectl.run("create", "namespace", NAMESPACE)
    manifests = [each for each in render_chart() if each["kind"] in _RIGHTS]
    kubectl.within(NAMESPACE).apply(*manifests)
    kubectl.run(
        "wait", "crd", "--for=condition=Established", "optimizationjobs.argmin.dev", "--timeout=30s"
    )
    token = kubectl.within(NAMESPACE).run(
        "create", "token", RELEASE, f"--duration={_TOKEN_DURATION}"
    )
    config = yaml.safe_load(kubectl.kubeconfig.read_text())
    config["users"] = [{"name": user["name"], "user": {"token": token}} for user in config["users"]]
    path = folder / "operator.kubeconfig"
    path.touch(mode=0o600)
    path.write_text(yaml.safe_dump(config))
    return path


def render_chart(*options: str) -> list[Object]:
    """The manifests of the chart; `options` are Helm's, such as `--values=FILE`.

    Raises:
        InstallationError: the chart cannot be rendered with them.
    """
    command = [str(client_program("helm")), "template", RELEASE, str(CHART)]
    command += [f"--namespace={NAMESPACE}", "--kube-version=1.34.0", *options]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    if done.returncode != 0:
        raise InstallationError(f"the chart cannot be rendered: {done.stderr}")
    manifests: list[Object] = list(yaml.safe_load_all(done.stdout))
    return [manifest for manifest in manifests if manifest]


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
