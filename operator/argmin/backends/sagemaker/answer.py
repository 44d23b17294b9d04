"""Reading the answer of an ended job, and whether its result is in the bucket."""

from __future__ import annotations

from datetime import datetime

import structlog

from argmin.api.answer import Outcome, Reason, RunReport
from argmin.api.run import ANSWER_FILE
from argmin.api.storage import S3Store, StoredResult
from argmin.api.untrusted import ANSWER
from argmin.aws.errors import AccessDeniedError, TooLargeError
from argmin.backends.answers import parse_answer
from argmin.backends.sagemaker.clients import Objects
from argmin.backends.sagemaker.job_type import JobDescription, JobStatus
from argmin.backends.sagemaker.observation import read_region
from argmin.backends.sagemaker.status import exceeded_max_runtime

_log = structlog.get_logger(__name__)

_SOLVED = (Outcome.OPTIMAL, Outcome.FEASIBLE)


def read_result_store(job: JobDescription) -> S3Store | None:
    """The folder of a job's result, from its description: the settings may have changed since."""
    bucket, _, prefix = job.result_uri.removeprefix("s3://").partition("/")
    return S3Store(bucket=bucket, prefix=prefix, region=read_region(job.arn)) if bucket else None


async def read_answer(
    job: JobDescription, store: S3Store | None, objects: Objects
) -> RunReport | None:
    """The answer of an ended job.

    A short answer is in the exit message; a long one is read from the bucket. SageMaker uploads the
    result of a completed job; for one that was stopped or exceeded its maximum runtime the upload
    may be incomplete.

    Raises:
        AwsError: the answer should be in the bucket, and cannot be read.
    """
    reported = parse_answer(job.exit_message)
    if job.start_time is None or store is None:
        return reported
    if job.status is JobStatus.COMPLETED:
        found = await _complete(reported, job, store, objects)
        return found and _mark_delivered(found, store)
    if job.status is JobStatus.STOPPED or exceeded_max_runtime(job):
        return await _read_stopped(job, reported, store, objects)
    if reported or not job.exit_message:
        return reported
    return await _fetch_if_allowed(job, store, objects)


async def _read_stopped(
    job: JobDescription, reported: RunReport | None, store: S3Store, objects: Objects
) -> RunReport | None:
    if reported and reported.solve.outcome not in _SOLVED:
        return reported
    if await _is_stored(job, store, objects):
        found = await _complete(reported, job, store, objects)
        return found and _mark_delivered(found, store)
    if reported is None:
        return None
    message = "SageMaker stopped the job before its result was in the bucket"
    return reported.model_copy(
        update={
            "succeeded": False,
            "reason": Reason.UNDELIVERED,
            "message": message,
            "delivered": False,
        }
    )


async def _complete(
    reported: RunReport | None, job: JobDescription, store: S3Store, objects: Objects
) -> RunReport | None:
    """The answer of the exit message, or the one in the bucket if that was shortened."""
    if reported and not reported.shortened:
        return reported
    return await _fetch(job, store, objects) or reported


async def _is_stored(job: JobDescription, store: S3Store, objects: Objects) -> bool:
    """Whether the result in the bucket is that of this job, not of an earlier attempt."""
    try:
        found = await objects.head_object(store.bucket, _locate(store))
    except AccessDeniedError:
        return False  # S3's response for an absent object without s3:ListBucket
    modified = found.last_modified if found else None
    return modified is not None and modified >= _read_creation_time(job)


async def _fetch_if_allowed(
    job: JobDescription, store: S3Store, objects: Objects
) -> RunReport | None:
    try:
        return await _fetch(job, store, objects)
    except AccessDeniedError:
        return None


async def _fetch(job: JobDescription, store: S3Store, objects: Objects) -> RunReport | None:
    """The answer in the bucket, unless it is of an earlier attempt: all share one folder.

    One over the size limit, which argmin's runner never writes, counts as none.
    """
    try:
        content = await objects.find_object(
            store.bucket, _locate(store), ANSWER.bytes, since=_read_creation_time(job)
        )
    except TooLargeError as error:
        _log.warning("an answer cannot be read", job=job.name, error=error.message)
        return None
    return parse_answer(content.decode(errors="replace")) if content is not None else None


def _read_creation_time(job: JobDescription) -> datetime:
    return job.creation_time.replace(microsecond=0)  # S3 has whole seconds


def _locate(store: S3Store) -> str:
    return store.enter(ANSWER_FILE).prefix


def _mark_delivered(answer: RunReport, store: S3Store) -> RunReport:
    stored = StoredResult(bucket=store.bucket, prefix=store.prefix, region=store.region)
    return answer.model_copy(update={"delivered": True, "stored": stored})
