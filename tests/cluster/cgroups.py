"""The cgroup below which one node's pods live, so that kubelets on one kernel do not meet."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from tests.cluster.waiting import wait_until

CGROUPS = Path("/sys/fs/cgroup")


def create_cgroup(path: str) -> None:
    """Make ``path`` (such as ``/argmin/one/node``) in every hierarchy; a kubelet needs it there."""
    for hierarchy in _hierarchies():
        current = hierarchy
        for part in Path(path).relative_to("/").parts:
            _delegate_controllers(current)
            current = current / part
            current.mkdir(exist_ok=True)
            _inherit_cpuset(current)


def remove_cgroup(path: str) -> None:
    """Remove ``path`` and what is below; the processes in it have ended, or are about to."""
    for hierarchy in _hierarchies():
        top = hierarchy / path.lstrip("/")
        wait_until(partial(_remove_tree, top), f"{top} to be removed", timeout=20)
        if top.parent != hierarchy:
            _remove_if_empty(top.parent)


def _hierarchies() -> list[Path]:
    """One folder with cgroup v2, one for each controller with v1."""
    if (CGROUPS / "cgroup.controllers").exists():
        return [CGROUPS]
    folders = [entry for entry in CGROUPS.iterdir() if entry.is_dir() and not entry.is_symlink()]
    return [entry for entry in folders if (entry / "cgroup.procs").exists()]


def _delegate_controllers(folder: Path) -> None:
    """On v2 a child has only the controllers that its parent hands down."""
    available = folder / "cgroup.controllers"
    if available.exists() and (folder / "cgroup.subtree_control").exists():
        wanted = " ".join(f"+{name}" for name in available.read_text().split())
        if wanted:
            (folder / "cgroup.subtree_control").write_text(wanted)


def _inherit_cpuset(folder: Path) -> None:
    """On v1 a new cpuset is empty, and no process may enter it."""
    for name in ("cpuset.cpus", "cpuset.mems"):
        own, parent = folder / name, folder.parent / name
        if own.exists() and parent.exists() and not own.read_text().strip():
            own.write_text(parent.read_text())


def _remove_tree(top: Path) -> bool:
    if not top.exists():
        return True
    folders = sorted((entry for entry in top.rglob("*") if entry.is_dir()), reverse=True)
    removed = [_remove_if_empty(folder) for folder in [*folders, top]]
    return all(removed)


def _remove_if_empty(folder: Path) -> bool:
    try:
        folder.rmdir()
    except FileNotFoundError:
        return True
    except OSError:
        return False
    return True
