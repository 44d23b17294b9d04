"""Decisions over all backends of the registry; pure."""

from __future__ import annotations

from datetime import datetime

from argmin.api.backend import BackendName
from argmin.api.progress import Progress
from argmin.backends.backend import Observations
from argmin.backends.execution import (
    Execution,
    Leftovers,
    RunMemory,
    RunRequest,
    RunSet,
    merge_leftovers,
)
from argmin.backends.registry import BACKENDS
from argmin.backends.run import Run


def find_execution(request: RunRequest, seen: Observations, now: datetime) -> Execution:
    """The execution of a wanted run, on its backend."""
    name = request.run.backend
    return BACKENDS[name].find_execution(request, seen.get(name), now)


def find_leftovers(run_set: RunSet, seen: Observations, now: datetime) -> Leftovers:
    """What the owner has on any backend and that belongs to no run that may go on."""
    return merge_leftovers(
        backend.find_leftovers(run_set, seen.get(name), now) for name, backend in BACKENDS.items()
    )


def list_unreadable(memory: RunMemory) -> list[tuple[str, ...]]:
    """The fields of a status by which a run that may not have ended cannot be found."""
    return [place for backend in BACKENDS.values() for place in backend.list_unreadable(memory)]


def find_progress(backend: BackendName, attempt: str, seen: Observations) -> Progress | None:
    """The last progress of an attempt, if its backend observes it by itself."""
    found = BACKENDS.get(backend)
    return found.find_progress(attempt, seen.get(backend)) if found else None


def embeds_sources(run: Run) -> bool:
    """Whether a run needs the contents of the ConfigMaps that it refers to."""
    return BACKENDS[run.backend].embeds_sources
