"""The last observation of a processing job, and which job an owner has; pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime

from argmin.api.answer import Answer
from argmin.api.backend import BackendName, SageMakerStatus
from argmin.api.base import GROUP
from argmin.api.optimization.status import AttemptStatus
from argmin.api.progress import Progress
from argmin.aws.models import Access, ProcessingJob, ProcessingStatus
from argmin.backends.attempts import is_over
from argmin.backends.execution import RunRequest
from argmin.backends.run import Run
from argmin.backends.sagemaker.request import name_job

FINALIZER = f"{GROUP}/sagemaker"
"""Finalizer of an owner that may have a job on SageMaker."""
GONE = "NotFound"
"""Recorded instead of a SageMaker status for a job that no longer exists."""

_NUMBER = re.compile(r"-(\d+)$")


@dataclass(frozen=True)
class JobObservation:
    """A job as last observed."""

    job: ProcessingJob | None
    """`None` if SageMaker has none of that name."""
    due: datetime
    """When to observe it again."""
    answer: Answer | None = None
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
        return self.job is not None and self.job.status is ProcessingStatus.STOPPING


def is_known_over(status: SageMakerStatus, attempts: tuple[AttemptStatus, ...]) -> bool:
    """Whether the status records that the job has ended, so that no call is needed."""
    if status.status == GONE:
        return True
    if status.status in list(ProcessingStatus) and ProcessingStatus(status.status).is_over:
        return True
    return any(attempt.name == status.job_name and is_over(attempt) for attempt in attempts)


def record_end(status: SageMakerStatus, observed: JobObservation) -> SageMakerStatus:
    """The status with SageMaker's final status of the job, if it has ended."""
    if observed.is_live:
        return status
    word = str(observed.job.status) if observed.job else GONE
    return status.model_copy(update={"status": word})


def find_announced(request: RunRequest) -> SageMakerStatus | None:
    """The job that was announced for the wanted run and is not known to have ended."""
    status = request.backend_ref.sage_maker
    if status is None or not request.is_known or is_known_over(status, request.attempts):
        return None
    number = read_number(status.job_name)
    is_its = number is not None and name_job(request.run, number) == status.job_name
    return status if is_its else None


def find_unwanted(request: RunRequest) -> SageMakerStatus | None:
    """The job of the status, if it is not known to have ended and is not wanted any more."""
    status = request.backend_ref.sage_maker
    if status is None or is_known_over(status, request.attempts):
        return None
    if request.is_deleted or request.is_finished:
        return status if FINALIZER in request.finalizers else None
    return None if find_announced(request) else status


def choose_number(request: RunRequest) -> int:
    """The number of the next attempt: higher than any in the status.

    Those of older runs count too: a spec that is edited and edited back creates new jobs.
    """
    names = [attempt.name for attempt in request.attempts]
    if request.backend_ref.backend is not BackendName.SAGE_MAKER:
        names = []
    if request.backend_ref.sage_maker:
        names.append(request.backend_ref.sage_maker.job_name)
    return 1 + max((read_number(name) or 0 for name in names), default=0)


def read_number(job_name: str) -> int | None:
    """The number of the attempt in the name of a job."""
    match = _NUMBER.search(job_name)
    return int(match[1]) if match else None


def read_region(arn: str) -> str:
    """The region in an ARN."""
    return arn.split(":")[3]


def find_access(run: Run, status: SageMakerStatus) -> Access:
    """The role and region for calls about a job: those by which it was created.

    Until it is created, the role is replaced by another one of the same account.
    """
    wanted, role = run.sage_maker.assume_role_arn, status.assume_role_arn
    if status.job_arn is None and wanted and role and _read_account(wanted) == _read_account(role):
        role = wanted
    return Access(region=status.region or "", role_arn=role, namespace=run.owner.namespace)


def is_next(request: RunRequest, status: SageMakerStatus) -> bool:
    """Whether the announced job is created next, which also finds whether it exists already.

    Not if the account or region of the settings has changed: then its absence has to be observed
    before another is created.
    """
    is_unknown = status.job_arn is None and not request.run.suspend
    return is_unknown and matches_settings(request.run, status)


def matches_settings(run: Run, status: SageMakerStatus) -> bool:
    """Whether the current settings would create the job where the status has announced it."""
    settings = run.sage_maker
    wanted = Access(settings.region or "", settings.assume_role_arn, run.owner.namespace)
    return find_access(run, status) == wanted


def _read_account(role_arn: str) -> str:
    return role_arn.split(":")[4]
