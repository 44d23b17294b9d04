"""Pod Security Standards, level `restricted`, as the Kubernetes documentation lists them."""

from __future__ import annotations

from typing import Any

_VOLUMES = {
    "configMap",
    "csi",
    "downwardAPI",
    "emptyDir",
    "ephemeral",
    "persistentVolumeClaim",
    "projected",
    "secret",
}


def list_violations(pod: dict[str, Any]) -> list[str]:
    """What a pod spec does that the level forbids."""
    security = pod.get("securityContext", {})
    found = [
        f"{field} is set"
        for field in ("hostNetwork", "hostPID", "hostIPC", "hostAliases")
        if pod.get(field)
    ]
    if not security.get("runAsNonRoot") or security.get("runAsUser") == 0:
        found.append("may run as root")
    if security.get("seccompProfile", {}).get("type") not in ("RuntimeDefault", "Localhost"):
        found.append("no seccomp profile")
    for volume in pod.get("volumes", []):
        found += [f"volume type {kind}" for kind in set(volume) - {"name"} - _VOLUMES]
    for container in pod["containers"] + pod.get("initContainers", []):
        found += _check_container(container)
    return found


def _check_container(container: dict[str, Any]) -> list[str]:
    security = container.get("securityContext", {})
    capabilities = security.get("capabilities", {})
    found = []
    if security.get("privileged"):
        found.append("privileged")
    if security.get("allowPrivilegeEscalation") is not False:
        found.append("may escalate its privileges")
    if "ALL" not in capabilities.get("drop", []):
        found.append("keeps capabilities")
    if set(capabilities.get("add", [])) - {"NET_BIND_SERVICE"}:
        found.append("adds capabilities")
    if any("hostPort" in port for port in container.get("ports", [])):
        found.append("takes a port of the host")
    return found
