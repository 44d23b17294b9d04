"""The memory that a proof may take: what the container has left beside the answer.

Where a container runs out of memory, Kubernetes may end all of it, and the answer with it. So a
proof is ended before.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

_LIMITS = (
    Path("/sys/fs/cgroup/memory.max"),
    Path("/sys/fs/cgroup/memory/memory.limit_in_bytes"),
)
"""Of the container's group of processes: the second version of the interface, and the first."""
_MOST_SHARE = 0.9
"""Of the limit that runner and proof may have together."""


def find_limit() -> int | None:
    """The bytes of memory there are, for the container or else for the machine; None if unknown."""
    known = [limit for path in _LIMITS if (limit := _read_number(path)) is not None]
    known += [limit for limit in [_read_machine()] if limit is not None]
    return min(known, default=None)


def _read_number(path: Path) -> int | None:
    try:
        text = path.read_text().strip()
    except OSError:
        return None
    return int(text) if text.isdecimal() else None


def _read_machine() -> int | None:
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (OSError, ValueError):
        return None


def is_short(process: int, limit: int | None) -> bool:
    """Whether this process and another with all that it started take nearly all the memory."""
    if limit is None:
        return False
    together = sum(_measure(number) for number in (os.getpid(), *_list_family(process)))
    return together > _MOST_SHARE * limit


def _list_family(process: int) -> Iterator[int]:
    yield process
    try:
        tasks = list(Path(f"/proc/{process}/task").iterdir())
        children = [int(word) for task in tasks for word in (task / "children").read_text().split()]
    except OSError:  # it is gone, or this system tells nothing of it
        return
    for child in children:
        yield from _list_family(child)


def _measure(process: int) -> int:
    """The bytes that a process has in memory; 0 where nothing is known."""
    try:
        resident = Path(f"/proc/{process}/statm").read_text().split()[1]
    except OSError:
        return 0
    return int(resident) * os.sysconf("SC_PAGE_SIZE")
