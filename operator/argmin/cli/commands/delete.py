"""`argmin delete`: a job and all that belongs to it."""

from __future__ import annotations

from rich.text import Text

from argmin.api.conditions import RECONCILING, STALLED, find_condition
from argmin.api.meta import ConditionStatus
from argmin.api.optimization.spec import OptimizationJob
from argmin.backends.rules.reasons import LifeReason
from argmin.cli.cluster.follow import follow
from argmin.cli.cluster.session import open_session, run_command
from argmin.cli.cluster.target import Target
from argmin.cli.errors import ExitStatus
from argmin.cli.manifests.durations import read_timeout
from argmin.cli.output.formatting import OutputFormat, open_console, write_data
from argmin.plan import Manifest


def delete_job(
    name: str, target: Target, output: str, wait: bool, timeout: str | None
) -> ExitStatus:
    """Delete a job; with `wait`, return when it is gone."""
    seconds = read_timeout(timeout)
    deleted = run_command(_delete(name, target, wait, seconds))
    if output == OutputFormat.TABLE:
        done = "deleted" if wait else "is being deleted"
        open_console().print(f"optimizationjob.argmin.dev/{name} {done}")
    else:
        write_data(deleted, OutputFormat(output))
    return ExitStatus.OK


async def _delete(name: str, target: Target, wait: bool, seconds: float | None) -> Manifest:
    async with open_session(target) as session:
        job = await session.get_job(name)
        uid = job["metadata"]["uid"]
        await session.cluster.delete(session.key(name), uid)
        if wait:
            await follow(session, session.key(name), _DeletionWait(uid), seconds)
        return job


class _DeletionWait:
    """Waits until an object is deleted, and reports on standard error what it waits for."""

    def __init__(self, uid: str) -> None:
        self._uid = uid
        self._told = ""

    def __call__(self, seen: Manifest | None) -> bool:
        """Whether the object, or the one that had its name, is gone."""
        if seen is None or seen["metadata"]["uid"] != self._uid:
            return True
        if seen["metadata"].get("finalizers"):
            self._report(seen)
        return False

    def _report(self, seen: Manifest) -> None:
        job = OptimizationJob.model_validate(seen)
        message = _explain_wait(job) or f"waits for {', '.join(seen['metadata']['finalizers'])}"
        if message != self._told:
            open_console(stderr=True).print(Text(f"{job.metadata.name}: {message}"))
        self._told = message


def _explain_wait(job: OptimizationJob) -> str:
    """What the deletion waits for, from the condition of the operator; empty without one."""
    stalled = find_condition(job.status.conditions, STALLED)
    if stalled and stalled.status is ConditionStatus.TRUE:
        return stalled.message
    stopping = find_condition(job.status.conditions, RECONCILING)
    if stopping and stopping.reason == LifeReason.STOPPING:
        return stopping.message
    return ""
