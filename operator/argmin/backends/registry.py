"""Observing all backends of an owner, and executing the calls of a plan."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from argmin.api.backend import BackendName
from argmin.backends.dispatch import Observations
from argmin.backends.execution import RunRequest
from argmin.backends.pods.observation import observe_pods
from argmin.backends.sagemaker.backend import SageMakerJobs
from argmin.backends.sagemaker.observation import find_announced, find_unwanted
from argmin.plan import Call, View

OpenSageMaker = Callable[[], SageMakerJobs]


class Backends:
    """The backends of this process; without SageMaker it is neither observed nor called."""

    def __init__(self, open_sage_maker: OpenSageMaker | None = None) -> None:
        """`open_sage_maker` is called on first use, since its clients need much memory."""
        self._open_sage_maker = open_sage_maker
        self._sage_maker: SageMakerJobs | None = None

    async def observe(self, request: RunRequest, view: View, now: datetime) -> Observations:
        """Observe what the owner has on each backend where it may have something.

        Raises:
            Blocked: a backend cannot be observed until somebody acts.
            Retry: it cannot be observed now.
        """
        pods = await observe_pods(request, view, now)
        if self._open_sage_maker is None or not _may_have_jobs(request):
            return Observations(pods)
        return Observations(pods, await self._find_sage_maker(self._open_sage_maker).look(request))

    async def perform(self, call: Call) -> None:
        """Execute a call of a plan.

        Raises:
            Blocked: it is refused until somebody acts.
            Retry: it cannot be done now.
        """
        if self._open_sage_maker is None:
            raise TypeError(f"no backend knows how to {call.describe()}")
        await self._find_sage_maker(self._open_sage_maker).perform(call)

    def _find_sage_maker(self, open_sage_maker: OpenSageMaker) -> SageMakerJobs:
        if self._sage_maker is None:
            self._sage_maker = open_sage_maker()
        return self._sage_maker


def _may_have_jobs(request: RunRequest) -> bool:
    """Whether the owner has a job on SageMaker, or is about to."""
    if find_announced(request) or find_unwanted(request):
        return True
    is_idle = request.is_finished or request.is_deleted
    return request.run.backend is BackendName.SAGE_MAKER and not is_idle
