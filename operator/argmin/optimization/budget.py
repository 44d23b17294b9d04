"""The running time that a job may still use: it is counted only while the job is active; pure.

`status.activeSeconds` holds the seconds of closed periods of activity, `status.activeSince` the
start of an open one. Kubernetes measures the open period itself, against what is left.
"""

from __future__ import annotations

from datetime import datetime

from argmin.api.optimizationjob import OptimizationJobStatus


def count_remaining(limit: int | None, status: OptimizationJobStatus) -> int | None:
    """Seconds left when the open period began; `None` is without end."""
    return None if limit is None else limit - (status.active_seconds or 0)


def open_period(status: OptimizationJobStatus, start: datetime) -> OptimizationJobStatus:
    """The job is active from `start`, unless it was before."""
    if status.active_since is not None:
        return status
    return status.model_copy(update={"active_since": start})


def close_period(status: OptimizationJobStatus, end: datetime) -> OptimizationJobStatus:
    """The job is active no longer; nothing changes where it was not."""
    if status.active_since is None:
        return status
    seconds = max(0, int((end - status.active_since).total_seconds()))
    total = (status.active_seconds or 0) + seconds
    return status.model_copy(update={"active_since": None, "active_seconds": total})
