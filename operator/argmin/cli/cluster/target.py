"""The cluster that a command connects to."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Target:
    """Cluster and namespace of the command line; else those of the kubeconfig."""

    namespace: str | None = None
    kubeconfig: str | None = None
    context: str | None = None
