"""The last observation of a job, and which job an owner has; pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from argmin.api.answer import RunReport
from argmin.api.backend import AttemptStatus, BackendName, SageMakerStatus
from argmin.api.base import GROUP
from argmin.api.progress import Progress
from argmin.aws.models import Access
from argmin.backends.attempts import is_over
from argmin.backends.execution import RunMemory, RunRequest, RunSet
from argmin.backends.run import Owner, Run
from argmin.backends.sagemaker.job_type import JobDescription, JobStatus, JobType
from argmin.backends.sagemaker.jobs import find_job_type, is_known_type, read_job_type
from argmin.backends.sagemaker.request import name_job

FINALIZER = f"{GROUP}/sagemaker"
"""Finalizer of an owner that may have a job on SageMaker."""
GONE = "NotFound"
"""Recorded instead of a SageMaker status for a job that no longer exists."""

_NUMBER = re.compile(r"-(\d+)$")


@dataclass(frozen=True)
class JobObservation:
    """A job as last observed."""

    job: JobDescription | None
    """`None` if SageMaker has none of that name."""
    due: datetime
    """When to observe it again."""
    answer: RunReport | None = None
    """The complete answer of an ended job."""
    progress: Progress | None = None
    """The last progress in its log."""

    @property
    def is_live(self) -> bool:
        """Whether it exists and has not ended."""
        return self.job is not None and not self.job.status.is_over

    @property
    def is_stopping(self) -> bool:
        """Whether a stop was requested."""
        return self.job is not None and self.job.status is JobStatus.STOPPING


ObservedJobs = Mapping[str, JobObservation]
"""The observed jobs of an owner, by job name."""


@dataclass(frozen=True)
class JobTarget:
    """A job of the status that is to be observed."""

    owner: Owner
    status: SageMakerStatus
    access: Access
    job_type: JobType
    is_created_next: bool = False
    """Creating it, which is due, also finds whether it exists already."""
    force_delete_hint: str = ""
    """How to delete its owner without waiting, as a message; empty if it is not being deleted."""


def list_targets(run_set: RunSet) -> Iterator[JobTarget]:
    """The jobs that the status names, as far as they are not known to have ended."""
    owner, unwanted = run_set.owner, list_unwanted(run_set)
    if not owner.is_abandoned:
        for status, access in unwanted.values():
            yield JobTarget(
                owner.owner,
                status,
                access,
                read_job_type(status),
                force_delete_hint=owner.force_delete_hint,
            )
    if owner.is_abandoned and owner.is_deleted:
        return
    for name, request in run_set.requests.items():
        announced = find_announced(request)
        if announced and name not in unwanted:
            yield JobTarget(
                owner.owner,
                announced,
                find_access(request.run, announced),
                read_job_type(announced),
                _is_created_next(request, announced),
                owner.force_delete_hint,
            )


@dataclass(frozen=True)
class NextJob:
    """A job that is to be announced next."""

    job_type: JobType
    name: str
    access: Access


def list_next_jobs(run_set: RunSet) -> Iterator[NextJob]:
    """The next jobs, which are not announced yet: they do not exist."""
    unwanted = list_unwanted(run_set)
    for name, request in run_set.requests.items():
        is_wanted = request.run.backend is BackendName.SAGE_MAKER and not request.is_idle
        if is_wanted and name not in unwanted and find_announced(request) is None:
            run, number = request.run, choose_number(request)
            yield NextJob(find_job_type(run), name_job(run, number), find_wanted_access(run))


def list_unwanted(run_set: RunSet) -> dict[str, tuple[SageMakerStatus, Access]]:
    """Jobs that nobody wants and that may not have ended, by the name of their run."""
    owner, found = run_set.owner, {}
    for name, request in run_set.requests.items():
        status = _find_live(request.memory)
        if status and (request.is_idle or find_announced(request) is None):
            found[name] = status, find_access(request.run, status)
    for name, memory in run_set.removed.items():
        status = _find_live(memory)
        if status:
            found[name] = status, _find_former_access(run_set, memory, status)
    is_kept = FINALIZER in owner.finalizers
    idle = {n for n, r in run_set.requests.items() if r.is_idle}
    return {
        name: job
        for name, job in found.items()
        if is_kept or not (owner.is_deleted or name in idle)
    }


def is_known_over(status: SageMakerStatus, attempts: tuple[AttemptStatus, ...]) -> bool:
    """Whether the status records that the job has ended, so that no call is needed."""
    if status.status == GONE:
        return True
    if status.status in list(JobStatus) and JobStatus(status.status).is_over:
        return True
    return any(attempt.name == status.job_name and is_over(attempt) for attempt in attempts)


def record_end(status: SageMakerStatus, observed: JobObservation) -> SageMakerStatus:
    """The status with SageMaker's final status of the job, if it has ended."""
    if observed.is_live:
        return status
    end = str(observed.job.status) if observed.job else GONE
    return status.model_copy(update={"status": end})


def find_announced(request: RunRequest) -> SageMakerStatus | None:
    """The job that was announced for a wanted run and is not known to have ended."""
    status = _find_live(request.memory)
    number = read_number(status.job_name) if status else None
    is_its = number is not None and status and name_job(request.run, number) == status.job_name
    return status if is_its else None


def _find_live(memory: RunMemory | None) -> SageMakerStatus | None:
    """The recorded job, unless it is known to have ended."""
    status = memory.backend_ref.sage_maker if memory else None
    if memory is None or status is None or is_known_over(status, memory.attempts):
        return None
    return status


def list_unreadable(memory: RunMemory) -> Iterator[tuple[str, ...]]:
    """The fields of a status that are needed to find its job, and cannot be read."""
    status = _find_live(memory)
    if status and not is_known_type(status):
        yield "sageMaker", "jobType"
    if status and status.assume_role_arn and not _read_account(status.assume_role_arn):
        yield "sageMaker", "assumeRoleArn"


def choose_number(request: RunRequest) -> int:
    """The number of the next attempt: higher than any that the status records of this run.

    Those of former runs count too: a spec that is edited and edited back creates new jobs.
    """
    memories = [*request.removed, *([request.memory] if request.memory else [])]
    numbers = [read_number(name) or 0 for memory in memories for name in _list_jobs(memory)]
    return 1 + max(numbers, default=0)


def _list_jobs(memory: RunMemory) -> Iterator[str]:
    if memory.backend_ref.backend is BackendName.SAGE_MAKER:
        yield from (attempt.name for attempt in memory.attempts)
    if memory.backend_ref.sage_maker:
        yield memory.backend_ref.sage_maker.job_name


def read_number(job_name: str) -> int | None:
    """The number of the attempt in the name of a job."""
    match = _NUMBER.search(job_name)
    return int(match[1]) if match else None


def read_region(arn: str) -> str:
    """The region in an ARN."""
    return arn.split(":")[3]


def find_access(run: Run, status: SageMakerStatus) -> Access:
    """The role and region for calls about a job: those by which it was created.

    Until it is created, the role is replaced by another one of the same account, if the policy
    allows the run that names it.
    """
    return _find_access(status, _find_allowed_role(run), run.namespace)


def _find_former_access(run_set: RunSet, memory: RunMemory, status: SageMakerStatus) -> Access:
    """The access to a job whose run is not wanted any more, with the role of those that are."""
    roles = (_find_allowed_role(request.run) for request in run_set.requests.values())
    namespace = memory.namespace or run_set.owner.owner.namespace
    return _find_access(status, next(roles, None), namespace)


def _find_allowed_role(run: Run) -> str | None:
    return None if run.violations else run.backend_settings.sage_maker.assume_role_arn


def _find_access(status: SageMakerStatus, wanted: str | None, namespace: str) -> Access:
    role = status.assume_role_arn
    if status.job_arn is None and wanted and role and _read_account(wanted) == _read_account(role):
        role = wanted
    return Access(region=status.region or "", role_arn=role, namespace=namespace)


def _is_created_next(request: RunRequest, status: SageMakerStatus) -> bool:
    """Whether the announced job is created next.

    Not if the account or region of the settings has changed: then its absence has to be observed
    before another is created. Nor if the policy does not allow it: then it may exist, and goes on.
    """
    is_held = request.run.suspend or request.run.violations
    return status.job_arn is None and not is_held and matches_settings(request.run, status)


def matches_settings(run: Run, status: SageMakerStatus) -> bool:
    """Whether the current settings would create the job where the status has announced it."""
    return find_access(run, status) == find_wanted_access(run)


def find_wanted_access(run: Run) -> Access:
    """The role and region by which the current settings would create a job."""
    settings = run.backend_settings.sage_maker
    return Access(settings.region or "", settings.assume_role_arn, run.namespace)


def _read_account(role_arn: str) -> str:
    """The account in the ARN of a role; empty if it is none."""
    parts = role_arn.split(":")
    return parts[4] if len(parts) > 5 else ""
