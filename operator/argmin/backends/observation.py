"""Looking at what an owner has on all backends, and doing what a plan asks of them."""

from __future__ import annotations

from datetime import datetime

from argmin.backends.backend import Claim
from argmin.backends.executions import Seen
from argmin.backends.pod_observation import observe_pods
from argmin.plan import Call, View


class Backends:
    """The backends of this process."""

    async def observe(self, claim: Claim, view: View, now: datetime) -> Seen:
        """Look at what the owner has, wherever it may have something."""
        return Seen(pods=await observe_pods(claim, view, now))

    async def perform(self, call: Call) -> None:
        """Do what a plan asks for; raises `argmin.plan.Blocked` where that cannot be done."""
        raise TypeError(f"no backend knows how to {call.describe()}")
