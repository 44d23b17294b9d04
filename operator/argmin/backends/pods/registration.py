"""Pods of this cluster as a backend."""

from __future__ import annotations

from datetime import datetime

from argmin.api.backend import BackendName
from argmin.api.progress import Progress
from argmin.backends.execution import Leftovers, RunMemory, RunRequest, RunSet
from argmin.backends.pods.execution import (
    ObservedPods,
    PodExecution,
    find_execution,
    find_leftovers,
)
from argmin.backends.pods.observation import observe_pods
from argmin.plan import Call, View


class PodBackend:
    """Runs in pods, one at a time, by a Job each; it makes no calls outside the cluster."""

    name = BackendName.PODS
    embeds_sources = False
    calls: tuple[type[Call], ...] = ()

    def list_unreadable(self, memory: RunMemory) -> tuple[tuple[str, ...], ...]:
        """None: a Job is found by its owner."""
        return ()

    async def observe(self, run_set: RunSet, view: View, now: datetime) -> ObservedPods:
        """Observe the owner's Jobs and pods, and ConfigMaps when they are needed."""
        return await observe_pods(run_set, view, now)

    def find_execution(
        self, request: RunRequest, seen: ObservedPods | None, now: datetime
    ) -> PodExecution:
        """The Job of a run with its pods."""
        return find_execution(request, seen or ObservedPods(), now)

    def find_leftovers(
        self, run_set: RunSet, seen: ObservedPods | None, now: datetime
    ) -> Leftovers:
        """The Jobs and ConfigMaps that belong to no run of the set."""
        return find_leftovers(run_set, seen or ObservedPods())

    def find_progress(self, attempt: str, seen: ObservedPods | None) -> Progress | None:
        """Nothing: pods report their progress to the intake."""
        return None

    async def perform(self, call: Call) -> None:
        """It has no calls."""
        raise TypeError(f"pods do not execute: {call.describe()}")
