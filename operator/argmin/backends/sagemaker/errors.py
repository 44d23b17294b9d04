"""Mapping errors of AWS to the status of a run and the time of the next attempt; pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from argmin.aws.errors import (
    AwsError,
    ExpiredError,
    InUseError,
    InvalidError,
    LimitExceededError,
    NotFoundError,
    ThrottledError,
    UnavailableError,
)
from argmin.backends.sagemaker.job_type import JobType
from argmin.backends.sagemaker.polling import Polling, spread
from argmin.backends.state import RunReason
from argmin.plan import Blocked, Retry


@dataclass(frozen=True)
class JobContext:
    """The job that a refused call was about, for messages."""

    job_type: JobType
    name: str
    force_delete_hint: str = ""
    """How to delete the owner without waiting; empty if it is not being deleted."""
    store: str = "the bucket of spec.artifacts.s3"
    """The bucket that was written to, and where it is configured."""


def explain_refusal(error: AwsError, job: JobContext, polling: Polling) -> Blocked | Retry:
    """The exception for the engine, which retries after any of these errors."""
    if isinstance(error, ThrottledError):
        return Retry(error.after, error.message)
    reason, text = _choose_message(error, job)
    message = f"{text}; {job.force_delete_hint}" if job.force_delete_hint else text
    is_waiting = isinstance(error, UnavailableError | ExpiredError | LimitExceededError)
    return Blocked(
        reason, message, spread(_choose_pause(error, polling), job.name), waiting=is_waiting
    )


def _choose_message(error: AwsError, job: JobContext) -> tuple[str, str]:
    match error:
        case UnavailableError():
            # A constant message, so that the status does not change with each attempt.
            return error.reason, f"AWS does not answer {error.operation}: argmin tries again"
        case NotFoundError() if error.operation.startswith("s3:"):
            advice = f"create {job.store}, or name another"
            return RunReason.STORE_MISSING, f"{error.message}: {advice}"
        case InvalidError():
            return error.reason, _explain_violations(error.message, job.job_type)
        case _:
            return error.reason, error.message


def _choose_pause(error: AwsError, polling: Polling) -> timedelta:
    match error:
        case UnavailableError() | ExpiredError():
            return polling.until_answer
        case InUseError() | InvalidError():
            return polling.until_edited
        case _:
            return polling.until_healed


_SETTINGS = "spec.backend.sageMaker"
_FIELDS = {
    "instanceType": f"{_SETTINGS}.instanceType",
    "instanceCount": f"{_SETTINGS}.instanceCount",
    "volumeSizeInGB": f"{_SETTINGS}.volumeSizeGB",
    "volumeKmsKeyId": f"{_SETTINGS}.volumeKmsKeyId",
    "kmsKeyId": f"{_SETTINGS}.outputKmsKeyId",
    "roleArn": f"{_SETTINGS}.roleArn",
    "subnets": f"{_SETTINGS}.network.subnets",
    "securityGroupIds": f"{_SETTINGS}.network.securityGroupIds",
    "maxRuntimeInSeconds": f"{_SETTINGS}.maxRuntimeSeconds",
    "tags": f"{_SETTINGS}.tags",
    "environment": "spec.env",
}
"""Fields of the spec by the last name of SageMaker's path."""

_VIOLATION = re.compile(
    r"Value (?P<value>.{0,2000}?) at '(?P<path>[\w.]+)' failed to satisfy constraint:"
    r" (?P<constraint>.*?)(?=; Value |$)",
    re.S,
)
_ENUMERATION = re.compile(r"\[([^\[\]]*)\]")
_MOST_VALUES = 3
_MOST_LENGTH = 160


def _explain_violations(text: str, job_type: JobType) -> str:
    """SageMaker's message with the fields of the spec, and without long lists.

    A message of another form is returned unchanged.
    """
    fields = {**_FIELDS, **job_type.request_fields}
    found = [_explain(match, fields) for match in _VIOLATION.finditer(text)]
    return "; ".join(found) or text


def _explain(violation: re.Match[str], fields: Mapping[str, str]) -> str:
    names = [name for name in violation["path"].split(".") if not name.isdigit()]
    known = (fields[name] for name in reversed(names) if name in fields)
    field = next(known, violation["path"])
    value = _cut(violation["value"].strip("'"))
    constraint = _ENUMERATION.sub(_shorten, violation["constraint"].strip())
    return f'{field}: SageMaker does not take "{value}": {_cut(constraint)}'


def _shorten(enumeration: re.Match[str]) -> str:
    values = enumeration[1].split(", ")
    more = len(values) - _MOST_VALUES
    if more <= 0:
        return enumeration[0]
    return f"[{', '.join(values[:_MOST_VALUES])} and {more} more]"


def _cut(text: str) -> str:
    return text if len(text) <= _MOST_LENGTH else f"{text[:_MOST_LENGTH]}…"
