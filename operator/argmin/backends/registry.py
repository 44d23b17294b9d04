"""The backends, one line each, and all of them as one for a process."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

from argmin.api.backend import BackendName
from argmin.backends.backend import Backend, Observations, Performer
from argmin.backends.execution import RunSet
from argmin.backends.pods.registration import PodBackend
from argmin.backends.sagemaker.registration import SageMakerBackend
from argmin.plan import Call, View

BACKENDS: Mapping[BackendName, Backend] = {
    backend.name: backend
    for backend in (
        PodBackend(),
        SageMakerBackend(),
    )
}
"""The backends without any connection, for decisions."""


class Backends:
    """The backends of this process, and the other services that plans may call."""

    def __init__(
        self, connected: Iterable[Backend] = (), services: Iterable[Performer] = ()
    ) -> None:
        """Replace backends of the registry by connected ones.

        Args:
            connected: backends with a connection; the others are used as they are in the registry.
            services: what executes calls and no runs.
        """
        self._backends = {**BACKENDS, **{backend.name: backend for backend in connected}}
        performers: list[Performer] = [*self._backends.values(), *services]
        self._performers = {kind: performer for performer in performers for kind in performer.calls}

    async def observe(self, run_set: RunSet, view: View, now: datetime) -> Observations:
        """Observe what the owner of the runs has on each backend.

        Raises:
            Blocked: a backend cannot be observed until somebody acts.
            Retry: it cannot be observed now.
        """
        return {
            name: await backend.observe(run_set, view, now)
            for name, backend in self._backends.items()
        }

    async def perform(self, call: Call) -> None:
        """Execute a call of a plan.

        Raises:
            Blocked: it is refused until somebody acts.
            Retry: it cannot be done now.
        """
        performer = self._performers.get(type(call))
        if performer is None:
            raise TypeError(f"nothing is registered that can {call.describe()}")
        await performer.perform(call)
