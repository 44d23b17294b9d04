"""Where the development cluster keeps what it builds and what it runs: outside the checkout."""

from __future__ import annotations

import os
from pathlib import Path

from tests.cluster.errors import ClusterError

REPOSITORY = Path(__file__).resolve().parents[2]

# A node replaces these folders with its own (see node.py), which would hide a cache below them.
HIDDEN_IN_NODES = (Path("/run"), Path("/var/run"), Path("/var/lib"), Path("/var/log"))


def cache_root() -> Path:
    """The cache folder: ``$ARGMIN_CACHE``, else ``argmin`` in the user's cache folder."""
    named = os.environ.get("ARGMIN_CACHE")
    if named:
        return Path(named).expanduser().resolve()
    base = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
    return Path(base).expanduser().resolve() / "argmin"


def check_cache_is_visible(root: Path) -> None:
    """Refuse a cache that the nodes of a native cluster could not see."""
    for folder in HIDDEN_IN_NODES:
        if root.is_relative_to(folder):
            raise ClusterError(
                f"the cache {root} lies below {folder}, which every node replaces with its own: "
                "set ARGMIN_CACHE to a folder elsewhere"
            )


def clusters_folder() -> Path:
    return cache_root() / "clusters"


def cluster_folder(name: str) -> Path:
    return clusters_folder() / name
