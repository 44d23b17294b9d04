"""Looking at what an owner has on all backends, and doing what a plan asks of them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from argmin.backends.backend import Claim
from argmin.backends.executions import Seen
from argmin.backends.pod_observation import observe_pods
from argmin.backends.sagemaker import SageMakerJobs
from argmin.backends.sagemaker_sighting import find_announced, find_unwanted
from argmin.plan import Call, View

OpenSageMaker = Callable[[], SageMakerJobs]


class Backends:
    """The backends of this process; without SageMaker, nothing is asked or done there."""

    def __init__(self, open_sage_maker: OpenSageMaker | None = None) -> None:
        """`open_sage_maker` is asked when there is something to do: its clients take memory."""
        self._open_sage_maker = open_sage_maker
        self._sage_maker: SageMakerJobs | None = None

    async def observe(self, claim: Claim, view: View, now: datetime) -> Seen:
        """Look at what the owner has, wherever it may have something.

        Raises:
            Blocked: a backend cannot be asked, and something has to be done about it.
            Retry: not now.
        """
        pods = await observe_pods(claim, view, now)
        if self._open_sage_maker is None or not (find_announced(claim) or find_unwanted(claim)):
            return Seen(pods)
        return Seen(pods, await self._find_sage_maker(self._open_sage_maker).look(claim))

    async def perform(self, call: Call) -> None:
        """Do what a plan asks for.

        Raises:
            Blocked: that cannot be done now, and something has to be done about it.
            Retry: not now.
        """
        if self._open_sage_maker is None:
            raise TypeError(f"no backend knows how to {call.describe()}")
        await self._find_sage_maker(self._open_sage_maker).perform(call)

    def _find_sage_maker(self, open_sage_maker: OpenSageMaker) -> SageMakerJobs:
        if self._sage_maker is None:
            self._sage_maker = open_sage_maker()
        return self._sage_maker
