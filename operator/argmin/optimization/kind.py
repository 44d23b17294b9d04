"""OptimizationJob as the engine sees it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime

from pydantic import ValidationError

from argmin.api.optimizationjob import OptimizationJob
from argmin.api.progress import AttemptProgress
from argmin.backends.observation import Backends
from argmin.backends.run import Defaults
from argmin.optimization.decide import decide
from argmin.optimization.manifests import OPTIMIZATION_JOBS
from argmin.optimization.observe import Observed, observe
from argmin.plan import JOBS, PODS, Call, Key, Manifest, Plan, Resource, View

ReadProgress = Callable[[Key, str], AttemptProgress | None]
"""What was last heard of the search of the object with a key and a UID."""


def _read_clock() -> datetime:
    return datetime.now(UTC)


def _hear_nothing(_key: Key, _uid: str) -> None:
    return None


class OptimizationJobKind:
    """The kind: how to read an object, what to look at, what to decide."""

    resource: Resource = OPTIMIZATION_JOBS
    children: tuple[Resource, ...] = (JOBS, PODS)

    def __init__(
        self,
        defaults_for: Callable[[str], Defaults],
        clock: Callable[[], datetime] = _read_clock,
        progress_of: ReadProgress = _hear_nothing,
        backends: Backends | None = None,
    ) -> None:
        """`defaults_for` looks up the defaults of a namespace; `clock` tells the time with zone."""
        self._defaults_for = defaults_for
        self._clock = clock
        self._progress_of = progress_of
        self._backends = backends or Backends()

    def parse(self, manifest: Manifest) -> OptimizationJob:
        """Read an object; raises pydantic's `ValidationError` naming the fields.

        The status is our own: what another version of argmin wrote there and this one cannot read
        counts as not written, since no user could mend it.
        """
        try:
            return OptimizationJob.model_validate(manifest)
        except ValidationError as error:
            places = [problem["loc"] for problem in error.errors()]
            bad = {place[1] for place in places if place[0] == "status" and len(place) > 1}
            if not bad:
                raise
        status = {name: value for name, value in manifest["status"].items() if name not in bad}
        return OptimizationJob.model_validate({**manifest, "status": status})

    async def observe(self, obj: OptimizationJob, view: View) -> Observed:
        """Look at children, and at ConfigMaps while it matters whether they are there."""
        defaults = self._defaults_for(obj.metadata.namespace)
        observed = await observe(obj, view, self._clock(), defaults, self._backends)
        key = Key(self.resource, obj.metadata.namespace, obj.metadata.name)
        progress = observed.progress or self._progress_of(key, obj.metadata.uid)
        return replace(observed, progress=progress)

    def decide(self, obj: OptimizationJob, observed: Observed, now: datetime) -> Plan:
        """The plan; pure."""
        return decide(obj, observed, now, self._defaults_for(obj.metadata.namespace))

    async def perform(self, call: Call) -> None:
        """Have a backend do what a plan asks for; raises `Blocked` where it cannot be done."""
        await self._backends.perform(call)
