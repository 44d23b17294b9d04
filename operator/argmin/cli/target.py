"""Which cluster a command speaks to."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Target:
    """Cluster and namespace as the command line names them; else the kubeconfig says."""

    namespace: str | None = None
    kubeconfig: str | None = None
    context: str | None = None
