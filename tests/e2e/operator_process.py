"""The operator's own process, and how to kill it as a power cut or the kernel would."""

from __future__ import annotations

from tests.installation import NAMESPACE
from tests.kubectl import Kubectl, Object

SELECTOR = "app.kubernetes.io/name=argmin,app.kubernetes.io/component=operator"

_KILL = """
import os, pathlib, signal, sys

killed = 0
for group in pathlib.Path("/proc").glob("[0-9]*/cgroup"):
    if sys.argv[1] in group.read_text():
        os.kill(int(group.parent.name), signal.SIGKILL)
        killed += 1
sys.exit(0 if killed else "no process of that container")
"""


def find_operator(kubectl: Kubectl) -> Object:
    """The operator's one pod; one that is on its way out does not count."""
    pods = kubectl.within(NAMESPACE).list("pods", SELECTOR)
    (pod,) = (pod for pod in pods if "deletionTimestamp" not in pod["metadata"])
    return pod


def renew_operator(kubectl: Kubectl) -> None:
    """Give the operator a new pod: the kubelet lets one wait that was killed before."""
    system = kubectl.within(NAMESPACE)
    (deployment,) = system.list("deployments", SELECTOR)
    name = f"deployment/{deployment['metadata']['name']}"
    system.run("rollout", "restart", name)
    system.run("rollout", "status", name, "--timeout=90s")


def kill_operator(kubectl: Kubectl) -> int:
    """Send SIGKILL to the operator's process; how often its container was restarted before.

    A process cannot be killed from inside its own namespace: a pod that sees all processes of the
    node does it.
    """
    system = kubectl.within(NAMESPACE)
    operator = find_operator(kubectl)
    container = operator["status"]["containerStatuses"][0]
    system.delete("pod", "killer")
    system.apply(_build_killer(operator, container["containerID"].rpartition("/")[2]))
    system.wait_for("pod", "killer", lambda p: p["status"]["phase"] == "Succeeded", "to strike")
    system.delete("pod", "killer")
    return int(container["restartCount"])


def await_operator(kubectl: Kubectl, restarts: int) -> Object:
    """Wait until the operator has been restarted and is ready; how its former process ended."""

    def is_back(pod: Object) -> bool:
        container = pod["status"]["containerStatuses"][0]
        return bool(container["restartCount"] > restarts and container["ready"])

    name = find_operator(kubectl)["metadata"]["name"]
    pod = kubectl.within(NAMESPACE).wait_for("pod", name, is_back, "to be ready again")
    terminated: Object = pod["status"]["containerStatuses"][0]["lastState"]["terminated"]
    return terminated


def _build_killer(operator: Object, container_id: str) -> Object:
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "killer"},
        "spec": {
            "hostPID": True,
            "nodeName": operator["spec"]["nodeName"],
            "restartPolicy": "Never",
            "containers": [
                {
                    "name": "killer",
                    "image": operator["spec"]["containers"][0]["image"],
                    "command": ["python", "-c", _KILL, container_id],
                    "securityContext": {"runAsUser": 0, "capabilities": {"add": ["KILL"]}},
                }
            ],
        },
    }
