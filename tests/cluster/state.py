"""What a cluster is made of, as a file, and the lock that keeps two commands apart."""

from __future__ import annotations

import fcntl
import re
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict

from tests.cluster.cache import cache_root, cluster_folder, clusters_folder
from tests.cluster.errors import ClusterError
from tests.cluster.progress import say

NAME_PATTERN = re.compile(r"[a-z]([a-z0-9-]{0,38}[a-z0-9])?")
Phase = Literal["starting", "ready"]
Kind = Literal["native", "api-server"]


class ClusterState(BaseModel):
    """One cluster on this machine.

    ``token`` is in the environment of every process started for it and of no other: that, not a
    process id that may have been reused, says which processes may be ended.
    """

    model_config = ConfigDict(frozen=True)

    name: str
    kind: Kind
    token: str
    index: int
    phase: Phase
    nodes: tuple[int, ...] = ()
    server: str = ""
    processes: dict[str, int] = {}


def check_name(name: str) -> str:
    """Refuse names that would not do as a folder, a host name and part of a node's name."""
    if not NAME_PATTERN.fullmatch(name):
        raise ClusterError(
            f"cluster name {name!r}: use 1 to 40 lower-case letters, digits and hyphens, "
            "starting with a letter"
        )
    return name


def load_state(name: str) -> ClusterState | None:
    path = _state_file(name)
    return ClusterState.model_validate_json(path.read_text()) if path.exists() else None


def save_state(state: ClusterState) -> None:
    """Write the state in one step: a reader, or a kill, sees the old or the new one."""
    path = _state_file(state.name)
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_suffix(".draft")
    draft.write_text(state.model_dump_json(indent=2))
    draft.replace(path)


def remove_state(name: str) -> None:
    shutil.rmtree(cluster_folder(name), ignore_errors=False)


def all_states() -> list[ClusterState]:
    found = [load_state(path.parent.name) for path in clusters_folder().glob("*/state.json")]
    return [state for state in found if state is not None]


@contextmanager
def locked(what: str, *, timeout: float = 900) -> Iterator[None]:
    """Hold the lock called ``what``; the kernel lets go of it when the process ends."""
    folder = cache_root() / "locks"
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / f"{what}.lock").open("w") as handle:
        _acquire(handle.fileno(), what, timeout)
        yield


def _acquire(descriptor: int, what: str, timeout: float) -> None:
    deadline = time.monotonic() + timeout
    announced = False
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return
        except BlockingIOError:
            if time.monotonic() > deadline:
                raise ClusterError(
                    f"another command has held {what!r} for {timeout:.0f} s"
                ) from None
            if not announced:
                say(f"waiting for another command that works on {what!r}")
                announced = True
            time.sleep(0.1)


def _state_file(name: str) -> Path:
    return cluster_folder(name) / "state.json"
