"""A store inside the cluster, as far as its pods can tell: a Service before a server here."""

from __future__ import annotations

from urllib.parse import urlsplit

from tests.kubectl import Kubectl

NAMESPACE = "storage"
PORT = 9000


def expose(kubectl: Kubectl, url: str, host: str, name: str) -> str:
    """Make a server of this machine a Service; its endpoint for pods.

    Args:
        kubectl: the cluster.
        url: the server, which listens on `host` too.
        host: the address under which pods see this machine.
        name: of the Service, in the namespace `storage`.
    """
    ports = [{"port": PORT, "name": "s3", "protocol": "TCP"}]
    kubectl.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE}})
    kubectl.within(NAMESPACE).apply(
        {
            "apiVersion": "v1",
            "kind": "Service",
            "metadata": {"name": name},
            "spec": {"ports": ports},
        },
        {
            "apiVersion": "discovery.k8s.io/v1",
            "kind": "EndpointSlice",
            "metadata": {"name": name, "labels": {"kubernetes.io/service-name": name}},
            "addressType": "IPv4",
            "endpoints": [{"addresses": [host], "conditions": {"ready": True}}],
            "ports": [{"port": urlsplit(url).port, "name": "s3", "protocol": "TCP"}],
        },
    )
    return f"http://{name}.{NAMESPACE}:{PORT}"
