"""A run on SageMaker: one processing job an attempt, one after the other; pure.

An attempt is announced in the status before its job is created: so the job's name is known whatever
happens, and no job can be lost. A finalizer, put there before, keeps the owner until SageMaker says
that the job is over.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from argmin.api.backend import BackendName, SageMakerStatus
from argmin.api.jobstatus import RunStatus
from argmin.aws.models import ProcessingStatus
from argmin.backends.attempts import count_failures, remember_attempts
from argmin.backends.backend import Claim, Execution, Moves, Obstacle, Place, Remains, Wording
from argmin.backends.fields import list_sources
from argmin.backends.run import Attempt, Owner, Run, RunPhase, RunReason, RunState
from argmin.backends.sagemaker_calls import CreateJob, StopJob
from argmin.backends.sagemaker_costs import account
from argmin.backends.sagemaker_limits import UnfitRunError, list_problems
from argmin.backends.sagemaker_request import (
    DEFAULT_RUNTIME_SECONDS,
    Submission,
    build_submission,
    name_job,
    write_uri,
)
from argmin.backends.sagemaker_retries import (
    MOST_PLATFORM_FAILURES,
    choose_start,
    count_platform_failures,
)
from argmin.backends.sagemaker_sighting import (
    FINALIZER,
    GONE,
    Sighting,
    choose_number,
    find_access,
    find_announced,
    find_unwanted,
    leads_there,
    read_number,
    read_region,
)
from argmin.backends.sagemaker_state import LOG_GROUP, Reading, read_job
from argmin.plan import Apply

FIELD_MANAGER = "argmin-finalizer"
"""Apart from that of those who write specs: whoever applies owns what it names, and no more."""

WORDING = Wording(
    preparing="SageMaker is preparing the instance",
    running="its SageMaker job is running",
    gone="its SageMaker job is gone",
    removed="its SageMaker job is over: another follows",
)


@dataclass(frozen=True)
class SageMakerExecution(Execution):
    """A run on SageMaker."""

    claim: Claim
    announced: SageMakerStatus | None
    """The job of the attempt that is under way."""
    sighting: Sighting | None
    """What was seen of that job; `None` where nobody has looked."""
    reading: Reading | None
    state: RunState
    place: Place
    attempts: tuple[RunStatus, ...]
    """All attempts of the run that are known, up to now."""
    wording: Wording = WORDING

    @property
    def exists(self) -> bool:
        """Whether an attempt is under way, or announced."""
        return self.is_live or self.is_missing

    @property
    def is_live(self) -> bool:
        """Whether there is a job, as far as is known, and it is not over."""
        if self.announced is None:
            return False
        return self.sighting.is_live if self.sighting else self.announced.job_arn is not None

    @property
    def is_missing(self) -> bool:
        """Whether an attempt was announced, and its job has not been created as far as is known."""
        if self.announced is None or self.announced.job_arn is not None:
            return False
        if self.sighting is None:
            return True
        # What is known not to be there is announced anew where the settings lead elsewhere.
        return self.sighting.job is None and leads_there(self.claim.run, self.announced)

    @property
    def needs_sources(self) -> bool:
        """Whether a job is about to be created, with ConfigMaps in its document."""
        return not self.is_live

    @property
    def is_bound(self) -> bool:
        """Whether our finalizer is on the owner."""
        return FINALIZER in self.claim.finalizers

    @property
    def made(self) -> datetime | None:
        """When the job was created."""
        return self.sighting.job.creation_time if self.sighting and self.sighting.job else None

    @property
    def not_before(self) -> datetime | None:
        """When the pause after the last attempt ends."""
        return choose_start(self.attempts)

    def is_active(self, run: Run) -> bool:
        """Whether an attempt is under way: also the time counts in which nobody has an instance."""
        return self.exists

    def find_obstacle(self, run: Run) -> Obstacle | None:
        """What SageMaker cannot do for this run, or what has to be settled first."""
        if self.is_live:
            return None
        if run.store is None:
            return Obstacle(
                RunReason.STORE_MISSING,
                "a job on SageMaker needs a bucket, and the namespace has none:"
                " name one in spec.artifacts.s3, such as {s3: {bucket: team-results}}",
            )
        problems = list_problems(run, run.sage_maker, run.store, run.contents)
        return Obstacle(RunReason.UNSUITED, str(UnfitRunError(problems))) if problems else None

    def start(self, run: Run, reason: str) -> Moves:
        """Announce the next attempt, with the finalizer on its owner; its job follows."""
        settings = run.sage_maker
        status = SageMakerStatus(
            job_name=name_job(run, choose_number(self.claim)),
            region=settings.region,
            assume_role_arn=settings.assume_role_arn,
            instance_type=settings.instance_type,
            instance_count=settings.instance_count or 1,
            log_group=LOG_GROUP,
        )
        attempts = self.claim.attempts if self.claim.is_known else ()
        place = Place(BackendName.SAGE_MAKER, account(status, attempts, run.prices))
        return Moves(reason, apply=self._bind(reason), place=place)

    def hold(self, run: Run) -> Moves:
        """Stop the job; another attempt goes on."""
        return self._stop("held by spec.suspend")

    def repair(self, run: Run) -> Moves:
        """Create the job that was announced; put the finalizer back."""
        if not self.exists:
            return Moves()
        reason = "its job was announced, and is not there yet"
        if not self.is_missing or self.announced is None:
            bound = self._bind("the finalizer keeps the job until AWS is done with it")
            return Moves(bound[0].reason, apply=bound) if bound else Moves()
        number = read_number(self.announced.job_name) or 1
        call = CreateJob(
            reason,
            find_access(run, self.announced),
            run.owner,
            run.name,
            self._build_submission(run, number),
            run.store_field,
        )
        return Moves(reason, apply=self._bind(reason), calls=(call,))

    def cut(self, run: Run, now: datetime) -> Moves:
        """Stop the job where the running time is used up."""
        if self.state.phase is not RunPhase.ENDING:
            return Moves()
        return self._stop("its running time is used up")

    def _stop(self, reason: str) -> Moves:
        if not self.is_live or self.announced is None or _is_stopping(self.sighting):
            return Moves()
        access = find_access(self.claim.run, self.announced)
        return Moves(reason, calls=(StopJob(reason, access, self.announced.job_name),))

    def _bind(self, reason: str) -> tuple[Apply, ...]:
        if self.is_bound or self.claim.is_abandoned:
            return ()
        return (_apply_finalizers(self.claim.run.owner, (FINALIZER,), reason),)

    def _build_submission(self, run: Run, number: int) -> Submission:
        if run.store is None:
            raise UnfitRunError(("spec.artifacts.s3 is missing",))
        return build_submission(run, run.sage_maker, run.store, number, run.contents)


def find_execution(claim: Claim, sighting: Sighting | None, now: datetime) -> SageMakerExecution:
    """The execution of the wanted run; `sighting` is of the job that its status names."""
    announced = find_announced(claim)
    seen = sighting if announced else None
    reading = _read(claim, seen)
    attempts = claim.attempts if claim.is_known else ()
    if reading:
        attempts = remember_attempts(attempts, (reading.attempt,), now, WORDING.gone)
    execution = SageMakerExecution(
        claim=claim,
        announced=announced,
        sighting=seen,
        reading=reading,
        state=RunState(RunPhase.ABSENT),
        place=_describe_place(claim, announced, seen, attempts, now),
        attempts=attempts,
    )
    return replace(execution, state=_read_state(execution, now))


def find_remains(claim: Claim, sighting: Sighting | None, now: datetime) -> Remains:
    """A job that nobody wants any more is stopped; the finalizer goes when it is over."""
    unwanted = find_unwanted(claim)
    if claim.is_abandoned:
        name = unwanted.job_name if unwanted else ""
        warning = f"let go by annotation: SageMaker job {name} is yours to stop, if it is there"
        return Remains(_release(claim, "let go by annotation"), warning=warning if name else "")
    if unwanted and (sighting is None or sighting.is_live):
        reason = "nobody wants this job any more"
        access = find_access(claim.run, unwanted)
        stop = StopJob(reason, access, unwanted.job_name, way_out=claim.way_out)
        return Remains(
            Moves() if _is_stopping(sighting) else Moves(reason, calls=(stop,)),
            awaited=f"SageMaker job {unwanted.job_name} is being stopped",
            look_again=_wait_for(now, sighting.due if sighting else None),
        )
    is_idle = claim.is_deleted or claim.is_finished
    if is_idle or claim.run.backend is not BackendName.SAGE_MAKER:
        return Remains(_release(claim, "SageMaker has nothing more of it"))
    return Remains()


def _is_stopping(sighting: Sighting | None) -> bool:
    return sighting is not None and sighting.is_stopping


def _read(claim: Claim, sighting: Sighting | None) -> Reading | None:
    if sighting is None or sighting.job is None:
        return None
    sources = {write_uri(source): field for field, source in list_sources(claim.run)}
    reading = read_job(sighting.job, sighting.answer, sources)
    limit = claim.run.sage_maker.max_runtime_seconds or DEFAULT_RUNTIME_SECONDS
    is_timeout = sighting.job.status is ProcessingStatus.STOPPED and not reading.attempt.stopped
    if is_timeout and (sighting.job.max_runtime_seconds or limit) < limit:
        # Not the limit of an attempt, but the running time that was left when it was created.
        return Reading(_interrupt(reading.attempt))
    return reading


def _interrupt(attempt: Attempt) -> Attempt:
    if attempt.phase is RunPhase.SUCCEEDED:
        return replace(attempt, stopped=True)
    message = "SageMaker stopped it when its running time was used up"
    return replace(attempt, stopped=True, reason=RunReason.STOPPED, message=message)


def _describe_place(
    claim: Claim,
    announced: SageMakerStatus | None,
    sighting: Sighting | None,
    attempts: tuple[RunStatus, ...],
    now: datetime,
) -> Place:
    status = announced or claim.place.sage_maker
    if status is None:
        return Place(BackendName.SAGE_MAKER)
    if announced and sighting and sighting.job:
        job = sighting.job
        seen = {
            "job_arn": job.arn,
            "region": read_region(job.arn),
            "assume_role_arn": find_access(claim.run, status).role_arn,
            "status": str(job.status),
        }
        status = status.model_copy(update=seen)
    elif announced and announced.job_arn and sighting:
        status = status.model_copy(update={"status": GONE})
    if claim.is_known:
        status = account(status, attempts, claim.run.prices, now)
    return Place(BackendName.SAGE_MAKER, status)


def _read_state(execution: SageMakerExecution, now: datetime) -> RunState:
    deadline = execution.claim.deadline
    is_late = deadline is not None and deadline <= now
    if execution.is_live:
        return _read_live(execution, is_late, now)
    if not execution.is_missing:
        return _read_end(execution)
    if is_late:
        return RunState(RunPhase.FAILED, reason=RunReason.DEADLINE_EXCEEDED, ended=deadline)
    return RunState(RunPhase.PENDING, look_again=_wait_for(now, deadline))


def _read_live(execution: SageMakerExecution, is_late: bool, now: datetime) -> RunState:
    sighting, reading = execution.sighting, execution.reading
    if sighting is None or reading is None:
        return RunState(RunPhase.PENDING)
    attempt = reading.attempt
    if reading.is_stopping:
        attempt = replace(attempt, phase=RunPhase.RUNNING)
    if is_late:
        again = _wait_for(now, sighting.due)
        reason = RunReason.DEADLINE_EXCEEDED
        return RunState(RunPhase.ENDING, (attempt,), reason, look_again=again)
    again = _wait_for(now, sighting.due, execution.claim.deadline)
    if attempt.phase is RunPhase.RUNNING:
        return RunState(RunPhase.RUNNING, (attempt,), look_again=again)
    return RunState(
        RunPhase.PENDING, (attempt,), RunReason.PREPARING, attempt.message, look_again=again
    )


def _read_end(execution: SageMakerExecution) -> RunState:
    """No attempt is under way: the last one decides, else their number."""
    reading = execution.reading
    phase, reason, message = _count_up(execution.claim.run, execution.attempts)
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
    run: Run, attempts: tuple[RunStatus, ...]
) -> tuple[RunPhase, RunReason | None, str | None]:
    failures, breakdowns = count_failures(attempts), count_platform_failures(attempts)
    if failures > run.backoff_limit:
        message = f"{failures} attempts failed"
        return RunPhase.FAILED, RunReason.BACKOFF_LIMIT_EXCEEDED, message
    if breakdowns >= MOST_PLATFORM_FAILURES:
        message = f"SageMaker itself failed {breakdowns} times in a row"
        return RunPhase.FAILED, RunReason.PLATFORM_FAILED, message
    return RunPhase.ABSENT, None, None


def _wait_for(now: datetime, *moments: datetime | None) -> timedelta | None:
    """The time until the first of some moments."""
    first = min((moment for moment in moments if moment), default=None)
    return None if first is None else max(timedelta(0), first - now)


def _release(claim: Claim, reason: str) -> Moves:
    if FINALIZER not in claim.finalizers:
        return Moves()
    return Moves(reason, apply=(_apply_finalizers(claim.run.owner, (), reason),))


def _apply_finalizers(owner: Owner, finalizers: tuple[str, ...], reason: str) -> Apply:
    """Server-side apply of finalizers alone: those of others stay, and no object is created."""
    manifest = {
        "apiVersion": owner.resource.api_version,
        "kind": owner.resource.kind,
        "metadata": {
            "name": owner.name,
            "namespace": owner.namespace,
            "uid": owner.uid,
            "finalizers": list(finalizers),
        },
    }
    return Apply(manifest, reason, FIELD_MANAGER)
