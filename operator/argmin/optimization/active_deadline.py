"""The remaining running time of a job, which counts only while the job is active; pure.

`status.activeSeconds` is the sum of closed active periods in seconds, `activeSince` the start
of an open one. Kubernetes enforces the rest of the deadline during the open period.
"""

from __future__ import annotations

from datetime import datetime

from argmin.api.optimization.spec import OptimizationJobStatus


def count_remaining(limit: int | None, status: OptimizationJobStatus) -> int | None:
    """Seconds left at the start of the open period; `None` for no deadline."""
    return None if limit is None else limit - (status.active_seconds or 0)


def open_period(status: OptimizationJobStatus, start: datetime) -> OptimizationJobStatus:
    """The status with an active period open from `start`, unless one is open."""
    if status.active_since is not None:
        return status
    return status.model_copy(update={"active_since": start})


def close_period(status: OptimizationJobStatus, end: datetime) -> OptimizationJobStatus:
    """The status with the active period closed; unchanged if none is open."""
    if status.active_since is None:
        return status
    seconds = max(0, int((end - status.active_since).total_seconds()))
    total = (status.active_seconds or 0) + seconds
    return status.model_copy(update={"active_since": None, "active_seconds": total})
