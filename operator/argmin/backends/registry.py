"""The backends, one line each, and all of them as one for a process, with its connection."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING

from argmin.api.backend import BackendName, BackendSettings
from argmin.backends.backend import Backend, Connection, Observations, Performer
from argmin.backends.execution import RunSet
from argmin.backends.pods.registration import PodBackend
from argmin.backends.sagemaker.connection import Delegation, EventObserver
from argmin.backends.sagemaker.registration import SageMakerBackend
from argmin.backends.sagemaker.settings import SageMakerSettings
from argmin.plan import Call, View

if TYPE_CHECKING:
    from argmin.aws.client import Observer

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


class ConnectionSettings(SageMakerSettings):
    """The settings of a process for its backends, from its environment."""

    @property
    def backend_settings(self) -> BackendSettings:
        """The defaults of all namespaces."""
        return BackendSettings(sage_maker=self.default_sage_maker)


def connect_backends(
    settings: ConnectionSettings,
    observer: Observer,
    observe_event: EventObserver,
    is_leading: Callable[[], bool],
) -> tuple[Backends, Connection]:
    """All backends, those outside of the cluster with a connection; it is to be closed at the end.

    Args:
        settings: those of this process.
        observer: what is called for each call that the connection makes.
        observe_event: what is called for each event that it receives.
        is_leading: whether this process may still start a run.
    """
    delegation = Delegation(settings.delegation, observer, observe_event, is_leading)
    return Backends([SageMakerBackend(delegation.open_jobs)]), delegation
