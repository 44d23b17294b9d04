"""SageMaker as a backend."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from argmin.api.backend import BackendName
from argmin.api.progress import Progress
from argmin.backends.execution import Leftovers, RunMemory, RunRequest, RunSet
from argmin.backends.sagemaker.backend import SageMakerJobs
from argmin.backends.sagemaker.calls import CreateJob, StopJob
from argmin.backends.sagemaker.decision.execution import (
    SageMakerExecution,
    find_execution,
)
from argmin.backends.sagemaker.decision.leftovers import find_leftovers
from argmin.backends.sagemaker.observation import (
    ObservedJobs,
    list_next_jobs,
    list_targets,
    list_unreadable,
)
from argmin.plan import Call, View


class SageMakerBackend:
    """Runs on SageMaker, by one job for each attempt.

    Without a connection it is neither observed nor called: for plans that are not executed.
    """

    name = BackendName.SAGE_MAKER
    embeds_sources = True
    calls: tuple[type[Call], ...] = (CreateJob, StopJob)

    def __init__(self, open_jobs: Callable[[], SageMakerJobs] | None = None) -> None:
        """`open_jobs` is called on first use, since its clients need much memory."""
        self._open_jobs = open_jobs
        self._jobs: SageMakerJobs | None = None

    def list_unreadable(self, memory: RunMemory) -> tuple[tuple[str, ...], ...]:
        """The fields that name no type of a job and no role, unless the job has ended."""
        return tuple(list_unreadable(memory))

    async def observe(self, run_set: RunSet, view: View, now: datetime) -> ObservedJobs:
        """Observe the jobs that the status of the owner names and that may not have ended."""
        targets, absent = list(list_targets(run_set)), list(list_next_jobs(run_set))
        if self._open_jobs is None or not (targets or absent):
            return {}
        jobs = self._connect()
        for job in absent:
            jobs.mark_absent(job, run_set.owner.owner)
        found = {target.status.job_name: await jobs.look(target) for target in targets}
        return {name: observed for name, observed in found.items() if observed}

    def find_execution(
        self, request: RunRequest, seen: ObservedJobs | None, now: datetime
    ) -> SageMakerExecution:
        """The job of the current attempt of a run."""
        return find_execution(request, seen or {}, now)

    def find_leftovers(
        self, run_set: RunSet, seen: ObservedJobs | None, now: datetime
    ) -> Leftovers:
        """The jobs of the owner that belong to no run that may go on."""
        return find_leftovers(run_set, seen or {}, now)

    def find_progress(self, attempt: str, seen: ObservedJobs | None) -> Progress | None:
        """The last progress in the log of a job."""
        observed = (seen or {}).get(attempt)
        return observed.progress if observed and observed.job else None

    async def perform(self, call: Call) -> None:
        """Create or stop a job.

        Raises:
            Blocked: it is refused until somebody acts.
            Retry: it cannot be done now.
        """
        if self._open_jobs is None:
            raise TypeError(f"not connected to SageMaker, so no way to {call.describe()}")
        await self._connect().perform(call)

    def _connect(self) -> SageMakerJobs:
        if self._jobs is None:
            assert self._open_jobs is not None
            self._jobs = self._open_jobs()
        return self._jobs
