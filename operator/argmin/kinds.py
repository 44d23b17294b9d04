"""The kinds of this operator: one line each. The engine, the intake and `argmin plan` use them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol, runtime_checkable

from argmin.api.kind_info import KindInfo
from argmin.api.optimization.info import OPTIMIZATION_JOB
from argmin.backends.policy import Policy
from argmin.backends.registry import Backends
from argmin.optimization.kind import (
    OptimizationJobKind,
    ReadProgress,
    read_clock,
    read_no_progress,
)
from argmin.plan import Kind, Manifest, Resource, Runs


@dataclass(frozen=True)
class Environment:
    """What a kind is given to work with."""

    policy_of: Callable[[str], Policy]
    """Returns the policy of a namespace."""
    backends: Backends
    progress_of: ReadProgress = read_no_progress
    """Returns the last reported progress of the object with this key and UID, and of that run."""
    clock: Callable[[], datetime] = read_clock


@dataclass(frozen=True)
class Registration:
    """A kind, and how it is built."""

    info: KindInfo
    build: Callable[[Environment], Kind[Any, Any, Any]]


KINDS: tuple[Registration, ...] = (
    Registration(
        OPTIMIZATION_JOB,
        lambda e: OptimizationJobKind(e.policy_of, e.clock, e.progress_of, e.backends),
    ),
)


@runtime_checkable
class OwnsRuns(Protocol):
    """A kind whose objects have runs, which deliver results to the intake."""

    resource: Resource

    def list_runs(self, manifest: Manifest) -> Runs:
        """The runs that may deliver results for an object, and those that no longer may."""


def list_run_owners(
    kinds: Iterable[Kind[Any, Any, Any]],
) -> Mapping[Resource, Callable[[Manifest], Runs]]:
    """The types that own runs, with the function that reads the runs of an object."""
    return {kind.resource: kind.list_runs for kind in kinds if isinstance(kind, OwnsRuns)}
