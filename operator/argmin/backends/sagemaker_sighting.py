"""What was last seen of a processing job, and which job an owner has; pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime

from argmin.api.backend import BackendName, SageMakerStatus
from argmin.api.common import GROUP
from argmin.api.jobstatus import RunStatus
from argmin.api.outcome import Answer
from argmin.api.progress import Progress
from argmin.aws.models import Access, ProcessingJob, ProcessingStatus
from argmin.backends.attempts import is_over
from argmin.backends.backend import Claim
from argmin.backends.run import Run
from argmin.backends.sagemaker_request import name_job

FINALIZER = f"{GROUP}/sagemaker"
"""On an owner: AWS may have something of it."""
GONE = "NotFound"
"""Written in the place of SageMaker's word where SageMaker knows no such job any more."""

_NUMBER = re.compile(r"-(\d+)$")


@dataclass(frozen=True)
class Sighting:
    """A job as it was last seen."""

    job: ProcessingJob | None
    """`None`: SageMaker has none of that name."""
    due: datetime
    """When to look again."""
    answer: Answer | None = None
    """The whole answer of a job that is over."""
    progress: Progress | None = None
    """Where its search stood when its log was last read."""

    @property
    def is_live(self) -> bool:
        """Whether it runs, or may still run."""
        return self.job is not None and not self.job.status.is_over

    @property
    def is_stopping(self) -> bool:
        """Whether it was told to stop."""
        return self.job is not None and self.job.status is ProcessingStatus.STOPPING


def is_settled(status: SageMakerStatus, attempts: tuple[RunStatus, ...]) -> bool:
    """Whether the status says that its job is over: nobody has to be asked."""
    if status.status == GONE:
        return True
    if status.status in list(ProcessingStatus) and ProcessingStatus(status.status).is_over:
        return True
    return any(attempt.name == status.job_name and is_over(attempt) for attempt in attempts)


def settle(status: SageMakerStatus, sighting: Sighting) -> SageMakerStatus:
    """The status with SageMaker's word for the end of its job, where it is over."""
    if sighting.is_live:
        return status
    word = str(sighting.job.status) if sighting.job else GONE
    return status.model_copy(update={"status": word})


def find_announced(claim: Claim) -> SageMakerStatus | None:
    """The job that was announced for the wanted run and is not known to be over."""
    status = claim.place.sage_maker
    if status is None or not claim.is_known or is_settled(status, claim.attempts):
        return None
    number = read_number(status.job_name)
    is_its = number is not None and name_job(claim.run, number) == status.job_name
    return status if is_its else None


def find_unwanted(claim: Claim) -> SageMakerStatus | None:
    """A job that the status names, that is not known to be over, and that nobody wants."""
    status = claim.place.sage_maker
    if status is None or is_settled(status, claim.attempts):
        return None
    if claim.is_deleted or claim.is_finished:
        return status if FINALIZER in claim.finalizers else None
    return None if find_announced(claim) else status


def choose_number(claim: Claim) -> int:
    """The number of the next attempt: higher than any that the status remembers.

    Also those of older runs count: a spec that is edited and edited back makes new jobs.
    """
    names = [attempt.name for attempt in claim.attempts]
    if claim.place.backend is not BackendName.SAGE_MAKER:
        names = []
    if claim.place.sage_maker:
        names.append(claim.place.sage_maker.job_name)
    return 1 + max((read_number(name) or 0 for name in names), default=0)


def read_number(job_name: str) -> int | None:
    """The number of the attempt in the name of a job."""
    match = _NUMBER.search(job_name)
    return int(match[1]) if match else None


def read_region(arn: str) -> str:
    """The region in an ARN."""
    return arn.split(":")[3]


def find_access(run: Run, status: SageMakerStatus) -> Access:
    """Who asks for a job, and where: as when it was made.

    A role by which nothing was made yet gives way to another of the same account.
    """
    wanted, role = run.sage_maker.assume_role_arn, status.assume_role_arn
    if status.job_arn is None and wanted and role and _read_account(wanted) == _read_account(role):
        role = wanted
    return Access(region=status.region or "", role_arn=role, namespace=run.owner.namespace)


def is_next(claim: Claim, status: SageMakerStatus) -> bool:
    """Whether the announced job is created next: whether it is there already shows by that.

    Not where today's settings lead elsewhere: then it must not be there before another is made.
    """
    is_unknown = status.job_arn is None and not claim.run.suspend
    return is_unknown and leads_there(claim.run, status)


def leads_there(run: Run, status: SageMakerStatus) -> bool:
    """Whether a job that is made by today's settings is where the status has announced it."""
    settings = run.sage_maker
    wanted = Access(settings.region or "", settings.assume_role_arn, run.owner.namespace)
    return find_access(run, status) == wanted


def _read_account(role_arn: str) -> str:
    return role_arn.split(":")[4]
