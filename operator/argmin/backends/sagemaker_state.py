"""From SageMaker's description of a processing job to an attempt; pure, and never an exception."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from argmin.api.outcome import Answer, ExitCode, Outcome, Reason
from argmin.aws.models import ProcessingJob, ProcessingStatus
from argmin.backends.answers import parse_answer
from argmin.backends.run import NOT_KEPT, Attempt, RunPhase, RunReason
from argmin.backends.sagemaker_causes import Cause, Surroundings, find_cause, read_exit_code

LOG_GROUP = "/aws/sagemaker/ProcessingJobs"
"""Where the output of all processing jobs goes, in streams `<job>/algo-<n>-<number>`."""

_MESSAGE_LIMIT = 1024
_PREPARING = "SageMaker is preparing the instance"


@dataclass(frozen=True)
class Reading:
    """What a description says of an attempt."""

    attempt: Attempt
    permanent: bool = False
    """Another attempt would end the same until somebody changes something."""
    is_stopping: bool = False
    """It has been told to stop, and has not yet."""


def read_job(
    job: ProcessingJob,
    answer: Answer | None = None,
    sources: Mapping[str, str] | None = None,
) -> Reading:
    """One attempt from its processing job.

    Args:
        job: as SageMaker describes it.
        answer: the whole answer, where the caller has read it; else that of the exit message,
            which is cut where it is long.
        sources: the fields that name what it reads, by their URIs.
    """
    found = answer or parse_answer(job.exit_message)
    if job.status.is_over:
        return _read_end(job, found, sources or {})
    started = job.processing_start_time
    attempt = Attempt(
        name=job.name,
        phase=RunPhase.RUNNING if started else RunPhase.PENDING,
        reason=None if started else RunReason.PREPARING,
        message=None if started else _PREPARING,
        started=started,
    )
    return Reading(attempt, is_stopping=job.status is ProcessingStatus.STOPPING)


def count_instance_seconds(job: ProcessingJob, now: datetime) -> int:
    """Seconds of instances that a job has used so far: what AWS counts.

    From the start of the container to its end, times the number of instances.
    """
    start = job.processing_start_time
    if start is None:
        return 0
    end = job.processing_end_time or now
    return max(0, math.ceil((end - start).total_seconds())) * job.instance_count


def needs_whole_answer(job: ProcessingJob) -> bool:
    """Whether the answer has to be read from the store, since the exit message has none whole."""
    return (
        job.status.is_over
        and job.processing_start_time is not None
        and parse_answer(job.exit_message) is None
    )


def _read_end(job: ProcessingJob, answer: Answer | None, sources: Mapping[str, str]) -> Reading:
    ended = Attempt(
        name=job.name,
        phase=RunPhase.FAILED,
        answer=answer,
        started=job.processing_start_time,
        finished=job.processing_end_time or job.last_modified_time,
    )
    if job.status is ProcessingStatus.COMPLETED:
        return Reading(_succeed(ended, answer))
    if job.status is ProcessingStatus.STOPPED:
        return _read_stop(job, ended, answer)
    where = Surroundings(job.image, job.role_arn, job.instance_type or "", sources)
    return _read_failure(job, ended, answer, where)


def _succeed(ended: Attempt, answer: Answer | None) -> Attempt:
    return replace(
        ended,
        phase=RunPhase.SUCCEEDED,
        exit_code=ExitCode.OK,
        reason=str(answer.reason) if answer else None,
        message=(answer.message if answer else None) or None,
    )


def _read_stop(job: ProcessingJob, ended: Attempt, answer: Answer | None) -> Reading:
    """A job that was stopped: SageMaker tells no exit code then, and the answer has to tell."""
    limit = job.max_runtime_seconds
    is_timeout = _ran_too_long(job)
    if answer and _has_result(answer):
        if answer.reason in NOT_KEPT:
            return Reading(_lose(ended, answer, stopped=not is_timeout))
        return Reading(replace(_succeed(ended, answer), stopped=not is_timeout))
    if is_timeout:
        message = (
            f"the attempt was stopped after {limit} s without a solution:"
            " raise spec.backend.sageMaker.maxRuntimeSeconds"
        )
        timeout = replace(ended, reason=RunReason.DEADLINE_EXCEEDED, message=message)
        return Reading(timeout, permanent=True)
    if answer and answer.reason is not Reason.INTERRUPTED:
        return Reading(_end_with(ended, answer, stopped=True))
    stopped = replace(
        ended,
        exit_code=ExitCode.INTERRUPTED if answer else None,
        reason=RunReason.STOPPED,
        message="the SageMaker job was stopped",
        stopped=True,
    )
    return Reading(stopped)


def _ran_too_long(job: ProcessingJob) -> bool:
    start, end, limit = (
        job.processing_start_time,
        job.processing_end_time,
        job.max_runtime_seconds,
    )
    return bool(start and end and limit and end - start >= timedelta(seconds=limit))


def _read_failure(
    job: ProcessingJob, ended: Attempt, answer: Answer | None, where: Surroundings
) -> Reading:
    code = read_exit_code(job.failure_reason)
    cause = find_cause(job.failure_reason, where)
    if answer and cause.reason == RunReason.DEADLINE_EXCEEDED and _has_result(answer):
        is_lost = answer.reason in NOT_KEPT
        return Reading(_lose(ended, answer) if is_lost else _succeed(ended, answer))
    if answer and code is not None and not _knows_better(cause, answer):
        failed = _end_with(replace(ended, exit_code=code), answer)
        return Reading(failed, permanent=code in ExitCode.PERMANENT)
    failed = replace(
        ended,
        exit_code=code,
        reason=str(cause.reason),
        message=cause.message[:_MESSAGE_LIMIT],
        stopped=cause.by_platform,
    )
    return Reading(failed, permanent=cause.permanent)


def _has_result(answer: Answer) -> bool:
    return answer.outcome is not Outcome.ERROR


def _knows_better(cause: Cause, answer: Answer) -> bool:
    """Whether the platform knows a cause of which the runner saw only the effect."""
    return cause.reason == RunReason.OOM_KILLED and answer.outcome is Outcome.ERROR


def _lose(ended: Attempt, answer: Answer, stopped: bool = False) -> Attempt:
    """A solution was found, and did not reach the bucket: the attempt has failed, and says so.

    Where somebody stopped it, that is no failure of its own.
    """
    if stopped:
        message = answer.message or None
        return replace(ended, reason=RunReason.STOPPED, message=message, stopped=True)
    advice = "raise spec.backend.sageMaker.maxRuntimeSeconds"
    message = f"{answer.message}: {advice}" if answer.message else advice
    return replace(ended, reason=str(answer.reason), message=message[:_MESSAGE_LIMIT])


def _end_with(ended: Attempt, answer: Answer, stopped: bool = False) -> Attempt:
    return replace(
        ended, reason=str(answer.reason), message=answer.message or None, stopped=stopped
    )
