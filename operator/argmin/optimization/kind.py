"""The `Kind` of OptimizationJob for the engine."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime

from pydantic import ValidationError

from argmin.api.backend import BACKEND_FIELDS, JOB_UID
from argmin.api.conditions import COMPLETE
from argmin.api.meta import ConditionStatus
from argmin.api.optimization.spec import ABANDON, OptimizationJob
from argmin.api.optimization.status import rename_older
from argmin.api.optimization.stored_status import (
    Location,
    drop_unreadable,
    find_forgotten,
    join_path,
)
from argmin.api.progress import AttemptProgress
from argmin.backends.dispatch import list_unreadable
from argmin.backends.execution import RunSet
from argmin.backends.policy import Policy
from argmin.backends.registry import Backends
from argmin.optimization.build_run import OPTIMIZATION_JOBS
from argmin.optimization.observe import Observed, observe
from argmin.optimization.reasons import ConditionReason
from argmin.optimization.rules.chain import decide
from argmin.optimization.run_request import build_runs, is_abandoned, read_memory
from argmin.plan import JOBS, PODS, Call, Key, Manifest, Plan, Resource, Runs, TerminalError, View

_REMEMBERED = ("conditions", "attempts", "activeSeconds", "activeSince")
_BEGUN = ("runName", *BACKEND_FIELDS)

ReadProgress = Callable[[Key, str, str], AttemptProgress | None]
"""Returns the last reported progress of a run, by its owner's key and UID and its own name."""


def read_clock() -> datetime:
    """The time, with its zone."""
    return datetime.now(UTC)


def read_no_progress(_key: Key, _uid: str, _run: str) -> None:
    """The progress where nobody reports any."""


class OptimizationJobKind:
    """The kind: parses an object, observes its dependencies, decides the plan."""

    resource: Resource = OPTIMIZATION_JOBS
    children: tuple[Resource, ...] = (JOBS, PODS)

    def __init__(
        self,
        policy_of: Callable[[str], Policy],
        clock: Callable[[], datetime] = read_clock,
        progress_of: ReadProgress = read_no_progress,
        backends: Backends | None = None,
    ) -> None:
        """`policy_of` returns the policy of a namespace, `clock` the time with zone."""
        self._policy_of = policy_of
        self._clock = clock
        self._progress_of = progress_of
        self._backends = backends or Backends()

    def parse(self, manifest: Manifest) -> OptimizationJob:
        """Read an object; raises pydantic's `ValidationError` naming the fields.

        Raises:
            TerminalError: fields of the status that record the run cannot be read. Ignoring them
                would start a finished job again, or lose track of a running one.
        """
        manifest = {**manifest, "status": rename_older(manifest.get("status") or {})}
        try:
            job = OptimizationJob.model_validate(manifest)
        except ValidationError as error:
            problems = [p["loc"][1:] for p in error.errors() if p["loc"][:1] == ("status",)]
            if not all(problems) or not problems:
                raise
            manifest = _leave_out(manifest, problems)
            job = OptimizationJob.model_validate(manifest)
        unreadable = list_unreadable(read_memory(job))
        if not unreadable:
            return job
        return OptimizationJob.model_validate(_leave_out(manifest, unreadable))

    def list_runs(self, manifest: Manifest) -> Runs:
        """The run that the status names; pure. Only its Job may deliver results for the object."""
        status = rename_older(manifest.get("status") or {})
        name, uid = status.get("runName"), str(status.get(JOB_UID) or "")
        conditions = status.get("conditions") or ()
        ends = [c.get("type") for c in conditions if c.get("status") == ConditionStatus.TRUE]
        if not name:
            return Runs()
        return Runs(over=frozenset([name])) if COMPLETE in ends else Runs(open={name: uid})

    def want(self, obj: OptimizationJob) -> RunSet:
        """The run that the spec defines, as a set of one; pure."""
        return build_runs(obj, self._policy_of(obj.metadata.namespace))

    async def observe(self, obj: OptimizationJob, wanted: RunSet, view: View) -> Observed:
        """Observe the children, and ConfigMaps while their existence matters."""
        observed = await observe(obj, wanted, view, self._clock(), self._backends)
        key = Key(self.resource, obj.metadata.namespace, obj.metadata.name)
        (run,) = wanted.requests
        return replace(observed, progress=self._progress_of(key, obj.metadata.uid, run))

    def decide(
        self, obj: OptimizationJob, wanted: RunSet, observed: Observed, now: datetime
    ) -> Plan:
        """The plan; pure."""
        return decide(obj, wanted, observed, now)

    async def perform(self, call: Call) -> None:
        """Execute a call on its backend; raises `Blocked` if that is refused."""
        await self._backends.perform(call)


def _leave_out(manifest: Manifest, problems: Sequence[Location]) -> Manifest:
    """The object without what cannot be read of its status.

    Raises:
        TerminalError: that records the run.
    """
    status = manifest["status"]
    lost = list(find_forgotten(status, problems, _list_remembered(manifest["metadata"])))
    if lost:
        raise TerminalError(ConditionReason.STATUS_UNREADABLE, _describe_lost(lost))
    return {**manifest, "status": drop_unreadable(status, problems)}


def _list_remembered(metadata: Manifest) -> tuple[str, ...]:
    """Status fields that cannot be observed again; for a deleted job, only what may still run."""
    if "deletionTimestamp" not in metadata:
        return (*_REMEMBERED, *_BEGUN)
    return () if is_abandoned(metadata.get("annotations") or {}) else _BEGUN


def _describe_lost(lost: Sequence[Location]) -> str:
    paths = ", ".join(dict.fromkeys(join_path(("status", *location)) for location in lost))
    return (
        f"{paths}: cannot be read by this version of argmin, so that nothing is started or stopped:"
        " install the version that wrote it, or delete the job and apply it anew"
        f" (one that is being deleted goes once it is annotated with {ABANDON}=true)"
    )
