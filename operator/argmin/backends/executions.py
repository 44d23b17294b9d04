"""All backends as one: which of them has a run, and what others of them still have; pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from argmin.backends import pod_execution
from argmin.backends.backend import Claim, Execution, Remains
from argmin.backends.pod_execution import SeenPods


@dataclass(frozen=True)
class Seen:
    """What an owner has on all backends."""

    pods: SeenPods = field(default_factory=SeenPods)


def find_execution(claim: Claim, seen: Seen, now: datetime) -> Execution:
    """The execution of the wanted run, on its backend."""
    return pod_execution.find_execution(claim, seen.pods, now)


def find_remains(claim: Claim, seen: Seen, now: datetime) -> Remains:
    """What older runs left, on whichever backend."""
    return pod_execution.find_remains(claim, seen.pods)
