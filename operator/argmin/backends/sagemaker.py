"""SageMaker as a backend: looking at processing jobs, creating and stopping them.

What to do is decided elsewhere, by rules that call nobody. Here is how: with as few calls as can
be, and so that each may be repeated.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime

import structlog

from argmin.aws.errors import (
    AccessDeniedError,
    AwsError,
    InUseError,
    NotFoundError,
    RoleNotUsableError,
    UnavailableError,
    UnknownRegionError,
)
from argmin.aws.models import Access, ProcessingJob, ProcessingStatus
from argmin.backends.backend import Claim
from argmin.backends.run import Owner
from argmin.backends.sagemaker_answers import read_answer, read_place
from argmin.backends.sagemaker_board import DOUBT, Board, Entry
from argmin.backends.sagemaker_calls import CreateJob, StopJob
from argmin.backends.sagemaker_clients import Clients, Jobs
from argmin.backends.sagemaker_pace import Pace
from argmin.backends.sagemaker_progress import read_on
from argmin.backends.sagemaker_refusals import explain_refusal
from argmin.backends.sagemaker_request import TAG_UID
from argmin.backends.sagemaker_sighting import (
    Sighting,
    find_access,
    find_announced,
    find_unwanted,
    is_next,
)
from argmin.plan import Call, Key, Retry

_log = structlog.get_logger(__name__)


def _read_clock() -> datetime:
    return datetime.now(UTC)


class SageMakerJobs:
    """Processing jobs of all owners."""

    def __init__(
        self,
        clients: Clients,
        pace: Pace | None = None,
        board: Board | None = None,
        clock: Callable[[], datetime] = _read_clock,
        is_leading: Callable[[], bool] = lambda: True,
    ) -> None:
        """`is_leading` says whether this process may still act: another may do so by now."""
        self._clients = clients
        self._is_leading = is_leading
        self._pace = pace or Pace()
        self._board = board or Board()
        self._clock = clock

    async def look(self, claim: Claim) -> Sighting | None:
        """What is known of the job that a claim's status names; asks where it is time to.

        `None` where there is none, where it is known to be over, or where it is still to be
        created: whether it is there then shows by creating it.

        Raises:
            Blocked: SageMaker cannot be asked, and something has to be done about it.
            Retry: not now.
        """
        unwanted = find_unwanted(claim)
        status = unwanted or find_announced(claim)
        if status is None or (claim.is_abandoned and (unwanted or claim.is_deleted)):
            return None
        now, name = self._clock(), status.job_name
        entry = self._board.open(name, _key_of(claim.run.owner))
        seen = entry.sighting
        is_fresh = unwanted is None and is_next(claim, status)
        is_over = seen is not None and seen.job is not None and not seen.is_live
        if is_over or (seen is None and is_fresh):
            return seen
        access = find_access(claim.run, status)
        if entry.must_look(now):
            try:
                is_known = status.job_arn is not None or (seen is not None and seen.job is not None)
                await self._look(name, entry, access, None if is_known else claim.run.owner.uid)
            except AwsError as error:
                raise explain_refusal(error, name, self._pace, claim.way_out) from error
        if entry.must_read(now):
            await self._read_log(name, entry, access)
        return entry.sighting

    async def perform(self, call: Call) -> None:
        """Create or stop a job.

        Raises:
            Blocked: it cannot be done, and something has to be done about it.
            Retry: not now.
        """
        match call:
            case CreateJob():
                action, name = self._create(call), call.job_name
            case StopJob():
                action, name = self._stop(call), call.job_name
            case _:
                raise TypeError(f"SageMaker does not know how to {call.describe()}")
        try:
            await action
        except AwsError as error:
            _log.warning("AWS refused", call=call.describe(), error=error.message)
            way_out = call.way_out if isinstance(call, StopJob) else ""
            store = _describe_store(call) if isinstance(call, CreateJob) else ""
            raise explain_refusal(error, name, self._pace, way_out, store) from error

    async def _look(self, name: str, entry: Entry, access: Access, uid: str | None) -> None:
        """Ask for a job; `uid` is that of its owner where nobody knows yet whether it is ours."""
        now, hints = self._clock(), entry.hints
        jobs = self._clients.jobs(access)
        job = await (_find_own(jobs, name, uid) if uid else _find(jobs, name))
        if job is not None:
            await self._take_in(job, entry, access)
            entry.heeded = hints  # those that came since are news
            return
        if uid and entry.is_unsure(now):
            message = f"whether {name} is created is not known yet"
            raise Retry(self._pace.shortest, message)
        entry.sighting = Sighting(None, now + self._pace.longest)
        entry.look_at, entry.read_at, entry.heeded = entry.sighting.due, None, hints

    async def _take_in(self, job: ProcessingJob, entry: Entry, access: Access) -> None:
        """What SageMaker says of a job, with its answer where it is over."""
        if job.status.is_over:
            objects = self._clients.objects(access)
            answer = await read_answer(job, read_place(job), objects)
            entry.sighting, entry.read_at = Sighting(job, self._clock(), answer), None
        else:
            self._note(job, entry)

    def _note(self, job: ProcessingJob, entry: Entry) -> None:
        """A job goes on: when to look again, and when to read on in its log."""
        now = self._clock()
        entry.looked_at, is_trusted = now, entry.trusts_events(job)
        entry.look_at = self._pace.find_next_look(job, now, is_trusted=is_trusted)
        runs = job.processing_start_time and job.status is ProcessingStatus.IN_PROGRESS
        if not runs or entry.log.is_refused:
            entry.read_at = None
        elif entry.read_at is None:
            entry.read_at = now + self._pace.shortest
        due = min(entry.look_at, entry.read_at or entry.look_at)
        entry.sighting = Sighting(job, due, progress=entry.log.progress)

    async def _read_log(self, name: str, entry: Entry, access: Access) -> None:
        seen, had_stream = entry.sighting, bool(entry.log.stream)
        if seen is None or seen.job is None:
            return
        entry.log = await read_on(name, entry.log, self._clients.logs(access))
        now = self._clock()
        has_found = bool(entry.log.stream) and not had_stream
        entry.read_at = self._pace.find_next_reading(seen.job, now)
        if has_found:
            entry.read_at = now + self._pace.shortest
        elif entry.log.is_refused:
            entry.read_at = None
        looked_at, is_trusted = entry.looked_at or now, entry.trusts_events(seen.job)
        entry.look_at = self._pace.find_next_look(seen.job, looked_at, is_trusted=is_trusted)
        due = min(entry.look_at, entry.read_at or entry.look_at)
        entry.sighting = replace(seen, due=due, progress=entry.log.progress)

    async def _create(self, call: CreateJob) -> None:
        entry = self._board.open(call.job_name, _key_of(call.owner))
        jobs = self._clients.jobs(call.access)
        job = await self._store_document(call, entry, jobs)
        if job is None:
            job = await self._request(call, entry, jobs)
        await self._take_in(job, entry, call.access)

    async def _request(self, call: CreateJob, entry: Entry, jobs: Jobs) -> ProcessingJob:
        if not self._is_leading():
            raise Retry(self._pace.shortest, f"another process leads: {call.job_name} is its own")
        doubt, entry.unsure_until = entry.unsure_until, self._clock() + DOUBT
        entry.sighting = entry.look_at = None  # that it was not there says nothing any more
        try:
            arn = await jobs.create_processing_job(call.submission.request)
        except InUseError:
            entry.unsure_until = self._clock()
            job = await _adopt(jobs, call)
            _log.info("adopted", job=job.name, arn=job.arn)
            return job
        except AwsError as error:
            if not error.leaves_doubt:
                # Who was not asked at all has said nothing of the calls before.
                is_asked = not isinstance(error, UnavailableError)
                entry.unsure_until = doubt or self._clock() if is_asked else doubt
            raise
        _log.info("created", job=call.job_name, arn=arn)
        return self._imagine(call, arn)

    async def _store_document(
        self, call: CreateJob, entry: Entry, jobs: Jobs
    ) -> ProcessingJob | None:
        """Store the document once for each attempt, however often its creation is refused.

        Returns:
            The job, where an earlier call had created it: its document stays as it is.
        """
        digest = hashlib.sha256(call.submission.document).hexdigest()
        if entry.document == digest:
            return None
        try:
            await self._put_document(call, only_new=True)
        except InUseError:
            job = await _find_own(jobs, call.job_name, call.owner.uid)
            if job is not None:
                return job
            await self._put_document(call)
        entry.document = digest
        return None

    async def _put_document(self, call: CreateJob, *, only_new: bool = False) -> None:
        submission, place = call.submission, call.submission.place
        access = replace(call.access, region=place.region or call.access.region)
        await self._clients.objects(access).put_object(
            place.bucket,
            submission.key,
            submission.document,
            kms_key_id=place.kms_key_id,
            only_new=only_new,
        )

    def _imagine(self, call: CreateJob, arn: str) -> ProcessingJob:
        """A job as SageMaker would describe it that has just taken the request."""
        return ProcessingJob.model_validate(
            {
                **call.submission.request,
                "ProcessingJobArn": arn,
                "ProcessingJobStatus": ProcessingStatus.IN_PROGRESS,
                "CreationTime": self._clock(),
            }
        )

    async def _stop(self, call: StopJob) -> None:
        now, entry = self._clock(), self._board.find(call.job_name)
        try:
            await self._clients.jobs(call.access).stop_processing_job(call.job_name)
        except NotFoundError:
            if entry:
                entry.sighting = Sighting(None, now + self._pace.longest)
                entry.look_at = entry.sighting.due
            return
        if entry and entry.sighting and entry.sighting.job and entry.sighting.is_live:
            status = {"status": ProcessingStatus.STOPPING}
            self._note(entry.sighting.job.model_copy(update=status), entry)


async def _find(jobs: Jobs, name: str) -> ProcessingJob | None:
    try:
        return await jobs.describe_processing_job(name)
    except NotFoundError:
        return None


async def _find_own(jobs: Jobs, name: str, uid: str) -> ProcessingJob | None:
    """The job of that name, if there is one and it is ours.

    A role that may look at its own jobs only is refused where there is none or another's, and by a
    role that cannot be assumed, or in a region that is none, none was created.
    """
    try:
        job = await _find(jobs, name)
        tags = await jobs.list_tags(job.arn) if job else {}
    except (AccessDeniedError, RoleNotUsableError, UnknownRegionError):
        return None
    return job if tags.get(TAG_UID) == uid else None


async def _adopt(jobs: Jobs, call: CreateJob) -> ProcessingJob:
    """The job of that name, if it is ours: an earlier call had created it."""
    name = call.job_name
    try:
        job = await jobs.describe_processing_job(name)
        tags = await jobs.list_tags(job.arn)
    except AccessDeniedError as error:
        # A role that may look at its own jobs only: this one is another's.
        message = f"a SageMaker job {name} is there, and argmin may not look at it"
        raise InUseError(message, error.operation, error.code) from error
    if tags.get(TAG_UID) != call.owner.uid:
        message = f"a SageMaker job {name} is there, and it is not of this object: rename one"
        raise InUseError(message, "sagemaker:CreateProcessingJob")
    return job


def _describe_store(call: CreateJob) -> str:
    return f'bucket "{call.submission.place.bucket}" ({call.store_field})'


def _key_of(owner: Owner) -> Key:
    return Key(owner.resource, owner.namespace, owner.name)
