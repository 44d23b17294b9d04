"""kubectl, helm and kind: built like the cluster, or where Go is missing those of the machine."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Literal

from tests.cluster.binaries import binary

Client = Literal["kubectl", "helm", "kind"]


def client_program(name: Client) -> Path:
    """The path of a client whose version is known; without Go, of the one on PATH."""
    own = shutil.which(name)
    if own and not shutil.which("go"):
        return Path(own)
    return binary(name)
