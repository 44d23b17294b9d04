"""SageMaker as a backend: observing, creating and stopping jobs of any type.

The rules decide what to do, without any call. This module makes as few calls as possible, and each
may be repeated.
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
    TooLargeError,
    UnavailableError,
    UnknownRegionError,
)
from argmin.aws.models import Access
from argmin.backends.run import Owner
from argmin.backends.sagemaker.answer import read_answer, read_result_store
from argmin.backends.sagemaker.cache import UNCERTAIN_PERIOD, Entry, JobCache
from argmin.backends.sagemaker.calls import CreateJob, StopJob
from argmin.backends.sagemaker.clients import Clients, JobsOfType, Objects
from argmin.backends.sagemaker.errors import JobContext, explain_refusal
from argmin.backends.sagemaker.job_type import JobDescription, JobStatus, JobType
from argmin.backends.sagemaker.observation import JobObservation, JobTarget, NextJob
from argmin.backends.sagemaker.polling import Polling
from argmin.backends.sagemaker.progress import read_on
from argmin.plan import Call, Retry

_log = structlog.get_logger(__name__)


def _read_clock() -> datetime:
    return datetime.now(UTC)


class SageMakerJobs:
    """The jobs of all owners."""

    def __init__(
        self,
        clients: Clients,
        polling: Polling | None = None,
        cache: JobCache | None = None,
        clock: Callable[[], datetime] = _read_clock,
        is_leading: Callable[[], bool] = lambda: True,
    ) -> None:
        """`is_leading` returns whether this process still leads, and so may create jobs."""
        self._clients = clients
        self._is_leading = is_leading
        self._polling = polling or Polling()
        self._cache = cache or JobCache()
        self._clock = clock

    async def look(self, target: JobTarget) -> JobObservation | None:
        """The last observation of a job that a status names; describes it if due.

        `None` if it is still to be created: creating it fails if it exists.

        Raises:
            Blocked: SageMaker refuses the call until somebody acts.
            Retry: it cannot be called now.
        """
        status, now = target.status, self._clock()
        name = status.job_name
        entry = self._cache.open(target.job_type, name, target.access, target.owner.key)
        seen = entry.observed
        is_over = seen is not None and seen.job is not None and not seen.is_live
        if is_over or (seen is None and target.is_created_next):
            return seen
        if entry.must_look(now):
            try:
                is_known = status.job_arn is not None or (seen is not None and seen.job is not None)
                await self._look(target, entry, None if is_known else target.owner.uid)
            except AwsError as error:
                job = JobContext(target.job_type, name, target.force_delete_hint)
                raise explain_refusal(error, job, self._polling) from error
        if entry.must_read(now):
            await self._read_log(target, entry)
        return entry.observed

    def mark_absent(self, job: NextJob, owner: Owner) -> None:
        """Record that a job, which is not announced yet, does not exist."""
        self._cache.open(job.job_type, job.name, job.access, owner.key).is_absent = True

    async def perform(self, call: Call) -> None:
        """Create or stop a job.

        Raises:
            Blocked: it is refused until somebody acts.
            Retry: it cannot be done now.
        """
        match call:
            case CreateJob():
                store = f'bucket "{call.submission.result_store.bucket}" ({call.store_field})'
                job = JobContext(call.job_type, call.job_name, store=store)
                action = self._create(call)
            case StopJob():
                job = JobContext(call.job_type, call.job_name, call.force_delete_hint)
                action = self._stop(call)
            case _:
                raise TypeError(f"SageMaker does not know how to {call.describe()}")
        try:
            await action
        except AwsError as error:
            _log.warning("AWS refused", call=call.describe(), error=error.message)
            raise explain_refusal(error, job, self._polling) from error

    async def _look(self, target: JobTarget, entry: Entry, uid: str | None) -> None:
        """Describe a job; `uid` is that of its owner if its tags have to be checked."""
        now, hints = self._clock(), entry.hints
        name = target.status.job_name
        jobs = self._open(target.access, target.job_type)
        job = await (self._search(jobs, name, uid, entry) if uid else jobs.find(name))
        if job is not None:
            await self._record_description(job, entry, target.access)
            entry.hints_handled = hints  # hints during the call remain to be handled
            return
        if uid and entry.creation_uncertain(now):
            message = f"whether {name} is created is not known yet"
            raise Retry(self._polling.shortest, message)
        entry.observed = JobObservation(None, now + self._polling.longest)
        entry.look_at, entry.read_at, entry.hints_handled = entry.observed.due, None, hints

    async def _search(
        self, jobs: JobsOfType, name: str, uid: str, entry: Entry
    ) -> JobDescription | None:
        """The job of that name, if it exists and has the owner's uid in its tags.

        A role that may describe only its own jobs is also refused if there is none. So a refusal
        means absence only for a job that cannot exist; any other may be running.
        """
        try:
            return await jobs.find_own(name, uid)
        except UnknownRegionError:
            return None
        except (AccessDeniedError, RoleNotUsableError):
            if entry.is_absent:
                return None
            raise

    async def _record_description(self, job: JobDescription, entry: Entry, access: Access) -> None:
        """Record the description of a job, with its answer if it has ended."""
        if job.status.is_over:
            objects = self._clients.objects(access)
            answer = await read_answer(job, read_result_store(job), objects)
            entry.observed, entry.read_at = JobObservation(job, self._clock(), answer), None
        else:
            self._record_live(job, entry)

    def _record_live(self, job: JobDescription, entry: Entry) -> None:
        """Record a job that has not ended: when to describe it again, and when to read its log."""
        now = self._clock()
        entry.looked_at, is_trusted = now, entry.trusts_events(job)
        entry.look_at = self._polling.find_next_look(job, now, is_trusted=is_trusted)
        runs = job.start_time and job.status is JobStatus.IN_PROGRESS
        if not runs or entry.log.is_refused:
            entry.read_at = None
        elif entry.read_at is None:
            entry.read_at = now + self._polling.shortest
        due = min(entry.look_at, entry.read_at or entry.look_at)
        entry.observed = JobObservation(job, due, progress=entry.log.progress)

    async def _read_log(self, target: JobTarget, entry: Entry) -> None:
        seen, had_stream = entry.observed, bool(entry.log.stream)
        if seen is None or seen.job is None:
            return
        logs = self._clients.logs(target.access)
        entry.log = await read_on(target.job_type, seen.job.name, entry.log, logs)
        now = self._clock()
        has_found = bool(entry.log.stream) and not had_stream
        entry.read_at = self._polling.find_next_reading(seen.job, now)
        if has_found:
            entry.read_at = now + self._polling.shortest
        elif entry.log.is_refused:
            entry.read_at = None
        looked_at, is_trusted = entry.looked_at or now, entry.trusts_events(seen.job)
        entry.look_at = self._polling.find_next_look(seen.job, looked_at, is_trusted=is_trusted)
        due = min(entry.look_at, entry.read_at or entry.look_at)
        entry.observed = replace(seen, due=due, progress=entry.log.progress)

    async def _create(self, call: CreateJob) -> None:
        entry = self._cache.open(call.job_type, call.job_name, call.access, call.owner.key)
        jobs = self._open(call.access, call.job_type)
        job = await self._store_document(call, entry, jobs)
        if job is None:
            job = await self._request(call, entry, jobs)
        await self._record_description(job, entry, call.access)

    async def _request(self, call: CreateJob, entry: Entry, jobs: JobsOfType) -> JobDescription:
        if not self._is_leading():
            raise Retry(
                self._polling.shortest, f"another process leads: {call.job_name} is its own"
            )
        before, entry.uncertain_until = entry.uncertain_until, self._clock() + UNCERTAIN_PERIOD
        entry.observed = entry.look_at = None  # an observed absence is no longer valid
        was_absent, entry.is_absent = entry.is_absent, False
        try:
            arn = await jobs.create(call.submission.request)
        except InUseError:
            entry.uncertain_until = self._clock()
            entry.is_absent = was_absent  # the name is another job's, unless it can be adopted
            job = await jobs.adopt(call.job_name, call.owner.uid)
            entry.is_absent = False
            _log.info("adopted", job=job.name, arn=job.arn)
            return job
        except AwsError as error:
            if not error.may_have_taken_effect:
                # A call that was not sent says nothing about earlier calls.
                is_asked = not isinstance(error, UnavailableError)
                entry.uncertain_until = before or self._clock() if is_asked else before
                entry.is_absent = was_absent
            raise
        _log.info("created", job=call.job_name, arn=arn)
        return call.job_type.expect_description(call.submission.request, arn, self._clock())

    async def _store_document(
        self, call: CreateJob, entry: Entry, jobs: JobsOfType
    ) -> JobDescription | None:
        """Store the document once for each attempt, however often its creation is refused.

        Returns:
            The job, if an earlier call had created it: its document stays as it is.
        """
        digest = hashlib.sha256(call.submission.document).hexdigest()
        if entry.document == digest:
            return None
        try:
            await self._put_document(call, only_new=True)
        except InUseError:
            try:
                job = await self._search(jobs, call.job_name, call.owner.uid, entry)
            except (AccessDeniedError, RoleNotUsableError):
                # A job that may exist, unseen, reads what is stored.
                if not await self._is_stored(call):
                    raise
            else:
                if job is not None:
                    return job
                await self._put_document(call)
        entry.document = digest
        return None

    async def _put_document(self, call: CreateJob, *, only_new: bool = False) -> None:
        submission, store = call.submission, call.submission.result_store
        await self._open_store(call).put_object(
            store.bucket,
            submission.key,
            submission.document,
            store.kms_key_id,
            only_new=only_new,
        )

    async def _is_stored(self, call: CreateJob) -> bool:
        """Whether the document that is stored is that of the call."""
        bucket, document = call.submission.result_store.bucket, call.submission.document
        objects = self._open_store(call)
        try:
            stored = await objects.find_object(bucket, call.submission.key, len(document))
        except (AccessDeniedError, TooLargeError):
            return False
        return stored == document

    def _open_store(self, call: CreateJob) -> Objects:
        region = call.submission.result_store.region or call.access.region
        return self._clients.objects(replace(call.access, region=region))

    async def _stop(self, call: StopJob) -> None:
        now, entry = self._clock(), self._cache.find(call.job_type, call.job_name, call.access)
        try:
            await self._open(call.access, call.job_type).stop(call.job_name)
        except NotFoundError:
            if entry:
                entry.observed = JobObservation(None, now + self._polling.longest)
                entry.look_at = entry.observed.due
            return
        if entry and entry.observed and entry.observed.job and entry.observed.is_live:
            status = {"status": JobStatus.STOPPING}
            self._record_live(entry.observed.job.model_copy(update=status), entry)

    def _open(self, access: Access, job_type: JobType) -> JobsOfType:
        return JobsOfType(self._clients.jobs(access), job_type)
