"""Reading an attempt from SageMaker's description of its job; pure, and raises nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta

from argmin.api.answer import ExitCode, Reason, RunReport
from argmin.backends.answers import parse_answer
from argmin.backends.sagemaker.failure_reason import Cause, ErrorContext, find_cause, read_exit_code
from argmin.backends.sagemaker.job_type import JobDescription, JobStatus
from argmin.backends.state import NOT_KEPT, Attempt, RunPhase, RunReason

_MESSAGE_LIMIT = 1024
_SLACK = timedelta(seconds=5)
"""Tolerance by which a job without an exit code counts as ended by its maximum runtime."""
_PREPARING = "SageMaker is preparing the instance"


@dataclass(frozen=True)
class Reading:
    """What a description reports of an attempt."""

    attempt: Attempt
    permanent: bool = False
    """Another attempt would fail the same way until somebody changes something."""
    is_stopping: bool = False
    """A stop was requested, and it has not ended yet."""


def read_job(
    job: JobDescription,
    answer: RunReport | None = None,
    sources: Mapping[str, str] | None = None,
) -> Reading:
    """One attempt from its job.

    Args:
        job: SageMaker's description.
        answer: the complete answer, if the caller has read it; else that of the exit message is
            used, which is truncated if long.
        sources: the fields of its inputs, by URI.
    """
    found = answer or parse_answer(job.exit_message)
    if job.status.is_over:
        return _read_end(job, found, sources or {})
    started = job.start_time
    attempt = Attempt(
        name=job.name,
        phase=RunPhase.RUNNING if started else RunPhase.PENDING,
        reason=None if started else RunReason.PREPARING,
        message=None if started else _PREPARING,
        started=started,
    )
    return Reading(attempt, is_stopping=job.status is JobStatus.STOPPING)


def exceeded_max_runtime(job: JobDescription) -> bool:
    """Whether an ended job had exceeded its maximum runtime.

    Its status is then `Stopped` or `Failed`; for `Stopped` only its times show the cause.
    """
    start, end, limit = (
        job.start_time,
        job.end_time,
        job.max_runtime_seconds,
    )
    if not (start and end and limit) or read_exit_code(job.failure_reason) is not None:
        return False
    is_failed = job.status is JobStatus.FAILED
    return end - start >= timedelta(seconds=limit) - (_SLACK if is_failed else timedelta(0))


def _read_end(job: JobDescription, answer: RunReport | None, sources: Mapping[str, str]) -> Reading:
    ended = Attempt(
        name=job.name,
        phase=RunPhase.FAILED,
        answer=answer,
        started=job.start_time,
        finished=job.end_time or job.last_modified_time,
    )
    if job.status is JobStatus.COMPLETED:
        return Reading(_succeed(ended, answer))
    if job.status is JobStatus.STOPPED:
        return _read_stop(job, ended, answer)
    where = ErrorContext(job.image, job.role_arn, job.instance_type or "", sources)
    return _read_failure(job, ended, answer, where)


def _succeed(ended: Attempt, answer: RunReport | None) -> Attempt:
    return replace(
        ended,
        phase=RunPhase.SUCCEEDED,
        exit_code=ExitCode.OK,
        reason=str(answer.reason) if answer else None,
        message=(answer.message if answer else None) or None,
    )


def _read_stop(job: JobDescription, ended: Attempt, answer: RunReport | None) -> Reading:
    """A stopped job: SageMaker reports no exit code, so the answer decides."""
    is_timeout = exceeded_max_runtime(job)
    if answer and answer.has_result:
        if answer.reason in NOT_KEPT:
            return Reading(_mark_undelivered(ended, answer, stopped=not is_timeout))
        return Reading(replace(_succeed(ended, answer), stopped=not is_timeout))
    if is_timeout:
        return Reading(_time_out(job, ended), permanent=True)
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


def _time_out(job: JobDescription, ended: Attempt) -> Attempt:
    message = (
        f"the attempt was stopped after {job.max_runtime_seconds} s without a solution:"
        " raise spec.backend.sageMaker.maxRuntimeSeconds"
    )
    return replace(ended, reason=RunReason.DEADLINE_EXCEEDED, message=message)


def _read_failure(
    job: JobDescription, ended: Attempt, answer: RunReport | None, where: ErrorContext
) -> Reading:
    code = read_exit_code(job.failure_reason)
    cause = find_cause(job.failure_reason, where)
    if exceeded_max_runtime(job):
        if answer and answer.has_result:
            is_lost = answer.reason in NOT_KEPT
            return Reading(_mark_undelivered(ended, answer) if is_lost else _succeed(ended, answer))
        return Reading(_time_out(job, ended), permanent=True)
    if answer and code is not None and not _has_platform_cause(cause, answer):
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


def _has_platform_cause(cause: Cause, answer: RunReport) -> bool:
    """Whether the platform reports a cause of which the runner saw only the effect."""
    return cause.reason == RunReason.OOM_KILLED and not answer.has_result


def _mark_undelivered(ended: Attempt, answer: RunReport, stopped: bool = False) -> Attempt:
    """The attempt with a solution that did not reach the bucket: failed, with that reason.

    If it was stopped from outside, it counts as interrupted instead.
    """
    if stopped:
        message = answer.message or None
        return replace(ended, reason=RunReason.STOPPED, message=message, stopped=True)
    advice = "raise spec.backend.sageMaker.maxRuntimeSeconds"
    message = f"{answer.message}: {advice}" if answer.message else advice
    return replace(ended, reason=str(answer.reason), message=message[:_MESSAGE_LIMIT])


def _end_with(ended: Attempt, answer: RunReport, stopped: bool = False) -> Attempt:
    return replace(
        ended, reason=str(answer.reason), message=answer.message or None, stopped=stopped
    )
