"""Reading the answer of a processing job that is over, and whether its result is in the bucket."""

from __future__ import annotations

from datetime import datetime

import structlog

from argmin.api.outcome import Answer, Outcome, Reason
from argmin.api.run import ANSWER_FILE
from argmin.api.storage import S3Store, StoredResult
from argmin.aws.errors import AccessDeniedError, TooLargeError
from argmin.aws.models import ProcessingJob, ProcessingStatus
from argmin.backends.answers import parse_answer
from argmin.backends.sagemaker_causes import is_timeout
from argmin.backends.sagemaker_clients import Objects
from argmin.backends.sagemaker_sighting import read_region

_log = structlog.get_logger(__name__)

_SOLVED = (Outcome.OPTIMAL, Outcome.FEASIBLE)


def read_place(job: ProcessingJob) -> S3Store | None:
    """The folder of a job's result, from its own description: settings may have changed since."""
    bucket, _, prefix = job.result_uri.removeprefix("s3://").partition("/")
    return S3Store(bucket=bucket, prefix=prefix, region=read_region(job.arn)) if bucket else None


async def read_answer(job: ProcessingJob, place: S3Store | None, objects: Objects) -> Answer | None:
    """The answer of a job that is over.

    The exit message has it whole, unless it is long; then it is read from the bucket. SageMaker
    stores the result of a job that has completed; of one that was stopped, or that took longer than
    it may, only what it still could.

    Raises:
        AwsError: the answer has to be in the bucket, and cannot be read.
    """
    told = parse_answer(job.exit_message)
    if job.processing_start_time is None or place is None:
        return told
    if job.status is ProcessingStatus.COMPLETED:
        found = await _complete(told, job, place, objects)
        return found and _deliver(found, place)
    if job.status is ProcessingStatus.STOPPED or is_timeout(job.failure_reason):
        return await _read_stopped(job, told, place, objects)
    if told or not job.exit_message:
        return told
    return await _fetch_if_allowed(job, place, objects)


async def _read_stopped(
    job: ProcessingJob, told: Answer | None, place: S3Store, objects: Objects
) -> Answer | None:
    if told and told.outcome not in _SOLVED:
        return told
    if await _is_stored(job, place, objects):
        found = await _complete(told, job, place, objects)
        return found and _deliver(found, place)
    if told is None:
        return None
    message = "SageMaker stopped the job before its result was in the bucket"
    return told.model_copy(
        update={"reason": Reason.UNDELIVERED, "message": message, "delivered": False}
    )


async def _complete(
    told: Answer | None, job: ProcessingJob, place: S3Store, objects: Objects
) -> Answer | None:
    """What the exit message tells, or what the bucket has where that is more."""
    if told and not told.shortened:
        return told
    return await _fetch(job, place, objects) or told


async def _is_stored(job: ProcessingJob, place: S3Store, objects: Objects) -> bool:
    """Whether the result in the bucket is of this job, and not of an earlier attempt."""
    try:
        found = await objects.head_object(place.bucket, _locate(place))
    except AccessDeniedError:
        return False  # what S3 says of an absent object to who may not list the bucket
    modified = found.last_modified if found else None
    return modified is not None and modified >= _find_birth(job)


async def _fetch_if_allowed(job: ProcessingJob, place: S3Store, objects: Objects) -> Answer | None:
    try:
        return await _fetch(job, place, objects)
    except AccessDeniedError:
        return None


async def _fetch(job: ProcessingJob, place: S3Store, objects: Objects) -> Answer | None:
    """The answer in the bucket, unless an earlier attempt has left it: all share one folder.

    One that is too large to be read, which no runner of ours writes, counts as none.
    """
    try:
        content = await objects.find_object(place.bucket, _locate(place), since=_find_birth(job))
    except TooLargeError as error:
        _log.warning("an answer cannot be read", job=job.name, error=error.message)
        return None
    return parse_answer(content.decode(errors="replace")) if content is not None else None


def _find_birth(job: ProcessingJob) -> datetime:
    return job.creation_time.replace(microsecond=0)  # S3 keeps whole seconds


def _locate(place: S3Store) -> str:
    return place.enter(ANSWER_FILE).prefix


def _deliver(answer: Answer, place: S3Store) -> Answer:
    stored = StoredResult(bucket=place.bucket, prefix=place.prefix, region=place.region)
    return answer.model_copy(update={"delivered": True, "stored": stored})
