"""A run on SageMaker: one job an attempt, one after the other; pure.

An attempt is announced in the status before its job is created: so the job's name is known whatever
happens, and no job can be lost. A finalizer, put there before, keeps the owner until SageMaker says
that the job is over.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from argmin.api.backend import AttemptStatus, BackendFields, BackendName, SageMakerStatus
from argmin.aws.models import Access
from argmin.backends.attempts import count_failures, remember_attempts
from argmin.backends.execution import (
    Actions,
    BackendMessages,
    Execution,
    FailedPrecondition,
    RunRequest,
)
from argmin.backends.field_paths import list_sources
from argmin.backends.run import Owner, Run
from argmin.backends.sagemaker.calls import CreateJob, StopJob
from argmin.backends.sagemaker.decision.cost import add_cost
from argmin.backends.sagemaker.decision.retries import (
    MOST_PLATFORM_FAILURES,
    choose_start,
    count_platform_failures,
)
from argmin.backends.sagemaker.document import write_uri
from argmin.backends.sagemaker.job_type import DEFAULT_RUNTIME_SECONDS, JobStatus
from argmin.backends.sagemaker.jobs import find_job_type, read_job_type, write_job_type
from argmin.backends.sagemaker.observation import (
    FINALIZER,
    GONE,
    JobObservation,
    ObservedJobs,
    choose_number,
    find_access,
    find_announced,
    matches_settings,
    read_number,
    read_region,
    record_end,
)
from argmin.backends.sagemaker.request import build_submission, name_job
from argmin.backends.sagemaker.status import Reading, read_job
from argmin.backends.sagemaker.validation import UnfitRunError, list_problems
from argmin.backends.state import Attempt, RunPhase, RunReason, RunState
from argmin.plan import Apply

FIELD_MANAGER = "argmin-sagemaker"
"""Field manager of this finalizer alone, so that server-side apply leaves all others alone."""

_ANNOUNCED = "its job was announced, and is not there yet"

MESSAGES = BackendMessages(
    preparing="SageMaker is preparing the instance",
    running="its SageMaker job is running",
    gone="its SageMaker job is gone",
    removed="its SageMaker job is over: another follows",
)


@dataclass(frozen=True)
class SageMakerExecution(Execution):
    """A run on SageMaker."""

    request: RunRequest
    announced: SageMakerStatus | None
    """The job of the current attempt."""
    observed: JobObservation | None
    """The observation of that job; `None` if there is none."""
    reading: Reading | None
    state: RunState
    backend_ref: BackendFields
    attempts: tuple[AttemptStatus, ...]
    """All attempts of the run that are known."""
    messages: BackendMessages = MESSAGES

    @property
    def exists(self) -> bool:
        """Whether an attempt is announced or running."""
        return self.is_live or self.is_missing

    @property
    def has_begun(self) -> bool:
        """Whether its job exists: one that is only announced is not created yet."""
        return self.is_live

    @property
    def is_live(self) -> bool:
        """Whether a job exists, as far as observed, and has not ended."""
        if self.announced is None:
            return False
        return self.observed.is_live if self.observed else self.announced.job_arn is not None

    @property
    def is_missing(self) -> bool:
        """Whether an attempt was announced and its job does not exist, as far as observed."""
        if self.announced is None or self.announced.job_arn is not None:
            return False
        if self.observed is None:
            return True
        # A job that does not exist is announced again if the account or region has changed.
        return self.observed.job is None and matches_settings(self.request.run, self.announced)

    @property
    def needs_sources(self) -> bool:
        """Whether a job is about to be created, with ConfigMaps in its document."""
        return not self.is_live

    @property
    def is_bound(self) -> bool:
        """Whether argmin's finalizer is on the owner."""
        return FINALIZER in self.request.owner.finalizers

    @property
    def made(self) -> datetime | None:
        """When the job was created."""
        return self.observed.job.creation_time if self.observed and self.observed.job else None

    @property
    def not_before(self) -> datetime | None:
        """When the pause after the last attempt ends."""
        return choose_start(self.attempts)

    def is_active(self, run: Run) -> bool:
        """Whether an attempt is announced or running: the wait for an instance counts too."""
        return self.exists

    def find_failed_precondition(self, run: Run) -> FailedPrecondition | None:
        """What SageMaker cannot do for this run, or what has to be configured first."""
        if self.is_live:
            return None
        return validate(run)

    def start(self, run: Run, reason: str) -> Actions:
        """Announce the next attempt, with the finalizer on its owner; `repair` creates its job."""
        settings, job_type = run.backend_settings.sage_maker, find_job_type(run)
        number = choose_number(self.request)
        status = SageMakerStatus(
            job_type=write_job_type(job_type),
            job_name=name_job(run, number),
            region=settings.region,
            assume_role_arn=settings.assume_role_arn,
            instance_type=settings.instance_type,
            instance_count=settings.instance_count or 1,
            log_group=job_type.log_group,
        )
        call = build_call(run, number, find_access(run, status), _ANNOUNCED)
        status = add_cost(status, self.request.attempts, run.prices)
        ref = BackendFields(backend=BackendName.SAGE_MAKER, sage_maker=status)
        return Actions(reason, apply=self._bind(reason), following=(call,), backend_ref=ref)

    def suspend(self, run: Run) -> Actions:
        """Stop the job; another attempt resumes the run."""
        return self._stop("held by spec.suspend")

    def repair(self, run: Run) -> Actions:
        """Create the job that was announced; restore the finalizer."""
        if not self.exists:
            return Actions()
        reason = _ANNOUNCED
        if not self.is_missing or self.announced is None:
            bound = self._bind("the finalizer keeps the job until AWS is done with it")
            return Actions(bound[0].reason, apply=bound) if bound else Actions()
        number = read_number(self.announced.job_name) or 1
        access = find_access(run, self.announced)
        call = build_call(run, number, access, reason)
        return Actions(reason, apply=self._bind(reason), calls=(call,))

    def enforce_deadline(self, run: Run, now: datetime) -> Actions:
        """Stop the job if the running time is used up."""
        if self.state.phase is not RunPhase.ENDING:
            return Actions()
        return self._stop("its running time is used up")

    def _stop(self, reason: str) -> Actions:
        if not self.is_live or self.announced is None or is_stopping(self.observed):
            return Actions()
        access = find_access(self.request.run, self.announced)
        return Actions(
            reason,
            calls=(
                StopJob(reason, access, read_job_type(self.announced), self.announced.job_name),
            ),
        )

    def _bind(self, reason: str) -> tuple[Apply, ...]:
        if self.is_bound or self.request.owner.is_abandoned:
            return ()
        return (_apply_finalizer(self.request.run.owner, reason),)


def validate(run: Run) -> FailedPrecondition | None:
    """What SageMaker cannot do for a run, or what has to be configured first."""
    if run.store is None:
        return FailedPrecondition(
            RunReason.STORE_MISSING,
            "a job on SageMaker needs a bucket, and the namespace has none:"
            " name one in spec.artifacts.s3, such as {s3: {bucket: team-results}}",
        )
    problems = list_problems(run, run.backend_settings.sage_maker, run.store, run.contents)
    if not problems:
        return None
    return FailedPrecondition(RunReason.UNSUITED, str(UnfitRunError(problems)))


def build_call(run: Run, number: int, access: Access, reason: str) -> CreateJob:
    """The call that creates the job of an attempt."""
    if run.store is None:
        raise UnfitRunError(("spec.artifacts.s3 is missing",))
    settings = run.backend_settings.sage_maker
    submission = build_submission(run, settings, run.store, number, run.contents)
    return CreateJob(reason, access, run.owner, run.name, submission, run.store_field)


def find_execution(
    request: RunRequest, observations: ObservedJobs, now: datetime
) -> SageMakerExecution:
    """The execution of a wanted run."""
    announced = find_announced(request)
    seen = observations.get(announced.job_name) if announced else None
    reading = _read(request, seen)
    attempts = request.attempts
    if reading:
        attempts = remember_attempts(attempts, (reading.attempt,), now, MESSAGES.gone)
    execution = SageMakerExecution(
        request=request,
        announced=announced,
        observed=seen,
        reading=reading,
        state=RunState(RunPhase.ABSENT),
        backend_ref=_build_backend_ref(request, observations, attempts, now),
        attempts=attempts,
    )
    return replace(execution, state=_read_state(execution, now))


def is_stopping(observed: JobObservation | None) -> bool:
    """Whether a stop of the job was requested and observed."""
    return observed is not None and observed.is_stopping


def _read(request: RunRequest, observed: JobObservation | None) -> Reading | None:
    if observed is None or observed.job is None:
        return None
    sources = {write_uri(source): field for field, source in list_sources(request.run)}
    reading = read_job(observed.job, observed.answer, sources)
    limit = request.run.backend_settings.sage_maker.max_runtime_seconds or DEFAULT_RUNTIME_SECONDS
    is_timeout = observed.job.status is JobStatus.STOPPED and not reading.attempt.stopped
    if is_timeout and (observed.job.max_runtime_seconds or limit) < limit:
        # Not the limit of an attempt, but the running time that was left when it was created.
        return Reading(_interrupt(reading.attempt))
    return reading


def _interrupt(attempt: Attempt) -> Attempt:
    if attempt.phase is RunPhase.SUCCEEDED:
        return replace(attempt, stopped=True)
    message = "SageMaker stopped it when its running time was used up"
    return replace(attempt, stopped=True, reason=RunReason.STOPPED, message=message)


def _build_backend_ref(
    request: RunRequest,
    observations: ObservedJobs,
    attempts: tuple[AttemptStatus, ...],
    now: datetime,
) -> BackendFields:
    status = request.memory.backend_ref.sage_maker if request.memory else None
    if status is None:
        return BackendFields(backend=BackendName.SAGE_MAKER)
    observed = observations.get(status.job_name)
    if observed and find_announced(request) is None:
        status = record_end(status, observed)
    elif observed and observed.job:
        job = observed.job
        seen = {
            "job_arn": job.arn,
            "region": read_region(job.arn),
            "assume_role_arn": find_access(request.run, status).role_arn,
            "status": str(job.status),
        }
        status = status.model_copy(update=seen)
    elif observed and status.job_arn:
        status = status.model_copy(update={"status": GONE})
    status = add_cost(status, attempts, request.run.prices, now)
    return BackendFields(backend=BackendName.SAGE_MAKER, sage_maker=status)


def _read_state(execution: SageMakerExecution, now: datetime) -> RunState:
    deadline = execution.request.deadline
    is_late = deadline is not None and deadline <= now
    if execution.is_live:
        return _read_live(execution, is_late, now)
    if not execution.is_missing:
        return _read_end(execution)
    if is_late:
        return RunState(RunPhase.FAILED, reason=RunReason.DEADLINE_EXCEEDED, ended=deadline)
    return RunState(RunPhase.PENDING, look_again=wait_for(now, deadline))


def _read_live(execution: SageMakerExecution, is_late: bool, now: datetime) -> RunState:
    observed, reading = execution.observed, execution.reading
    if observed is None or reading is None:
        return RunState(RunPhase.PENDING)
    attempt = reading.attempt
    if reading.is_stopping:
        attempt = replace(attempt, phase=RunPhase.RUNNING)
    if is_late:
        again = wait_for(now, observed.due)
        reason = RunReason.DEADLINE_EXCEEDED
        return RunState(RunPhase.ENDING, (attempt,), reason, look_again=again)
    again = wait_for(now, observed.due, execution.request.deadline)
    if attempt.phase is RunPhase.RUNNING:
        return RunState(RunPhase.RUNNING, (attempt,), look_again=again)
    return RunState(
        RunPhase.PENDING, (attempt,), RunReason.PREPARING, attempt.message, look_again=again
    )


def _read_end(execution: SageMakerExecution) -> RunState:
    """The state without a current attempt: from the last one, and the number of failures."""
    reading = execution.reading
    phase, reason, message = _count_up(execution.request.run, execution.attempts)
    if reading and reading.permanent:
        phase, reason, message = RunPhase.FAILED, RunReason.FAILED, reading.attempt.message
    elif reading and _has_succeeded(reading.attempt):
        phase, reason, message = RunPhase.SUCCEEDED, None, None
    finished = reading.attempt.finished if reading else None
    return RunState(
        phase,
        (reading.attempt,) if reading else (),
        reason,
        message,
        held_since=finished,
        ended=finished,
    )


def _has_succeeded(attempt: Attempt) -> bool:
    return attempt.phase is RunPhase.SUCCEEDED and not attempt.was_interrupted


def _count_up(
    run: Run, attempts: tuple[AttemptStatus, ...]
) -> tuple[RunPhase, RunReason | None, str | None]:
    failures, breakdowns = count_failures(attempts), count_platform_failures(attempts)
    if failures > run.backoff_limit:
        message = f"{failures} attempts failed"
        return RunPhase.FAILED, RunReason.BACKOFF_LIMIT_EXCEEDED, message
    if breakdowns >= MOST_PLATFORM_FAILURES:
        message = f"SageMaker itself failed {breakdowns} times in a row"
        return RunPhase.FAILED, RunReason.PLATFORM_FAILED, message
    return RunPhase.ABSENT, None, None


def wait_for(now: datetime, *moments: datetime | None) -> timedelta | None:
    """The time until the earliest of some moments."""
    first = min((moment for moment in moments if moment), default=None)
    return None if first is None else max(timedelta(0), first - now)


def _apply_finalizer(owner: Owner, reason: str) -> Apply:
    """Server-side apply of the finalizer alone: those of other managers stay, none is created."""
    manifest = {
        "apiVersion": owner.resource.api_version,
        "kind": owner.resource.kind,
        "metadata": {
            "name": owner.name,
            **({"namespace": owner.namespace} if owner.namespace else {}),
            "uid": owner.uid,
            "finalizers": [FINALIZER],
        },
    }
    return Apply(manifest, reason, FIELD_MANAGER)
