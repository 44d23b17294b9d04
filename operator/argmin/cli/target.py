"""Which cluster a command speaks to."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Target:
    """Cluster and namespace as named on the command line; what is not named, the kubeconfig says."""

    namespace: str | None = None
    kubeconfig: str | None = None
    context: str | None = None
