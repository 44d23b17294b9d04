"""Tokens as the kubelet projects them into pods."""

from __future__ import annotations

from argmin.plan import Manifest, Resource
from argmin.runtime.kube.client import Cluster
from argmin.runtime.kube.request import Call

_ACCOUNTS = Resource("v1", "ServiceAccount", "serviceaccounts")


async def create_token(cluster: Cluster, namespace: str, account: str, spec: Manifest) -> str:
    """A token of a service account, by a TokenRequest."""
    body = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": spec}
    made = await cluster._send(
        Call("create", "POST", _ACCOUNTS, namespace, account, "token", body=body)
    )
    return str(made["status"]["token"])
