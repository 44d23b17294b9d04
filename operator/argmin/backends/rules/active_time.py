"""The remaining running time of a run, which counts only while it is active; pure.

`active_seconds` is the sum of closed active periods in seconds, `active_since` the start of an
open one. Kubernetes enforces the rest of the deadline during the open period.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from argmin.backends.execution import RunMemory


def count_remaining(limit: int | None, memory: RunMemory) -> int | None:
    """Seconds left at the start of the open period; `None` for no deadline."""
    return None if limit is None else limit - (memory.active_seconds or 0)


def open_period(memory: RunMemory, start: datetime) -> RunMemory:
    """The memory with an active period open from `start`, unless one is open."""
    return memory if memory.active_since else replace(memory, active_since=start)


def close_period(memory: RunMemory, end: datetime) -> RunMemory:
    """The memory with the active period closed; unchanged if none is open."""
    if memory.active_since is None:
        return memory
    seconds = max(0, int((end - memory.active_since).total_seconds()))
    return replace(memory, active_since=None, active_seconds=(memory.active_seconds or 0) + seconds)
