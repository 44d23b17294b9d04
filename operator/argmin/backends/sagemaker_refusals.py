"""What an error of AWS means for a run: what its status says, and when to try again; pure."""

from __future__ import annotations

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
from argmin.backends.run import RunReason
from argmin.backends.sagemaker_fields import explain_violations
from argmin.backends.sagemaker_pace import Pace, spread
from argmin.plan import Blocked, Retry


def explain_refusal(
    error: AwsError, job_name: str, pace: Pace, way_out: str = "", store: str = ""
) -> Blocked | Retry:
    """What the engine is told; every one of these heals by itself when its cause is gone.

    Args:
        error: what AWS said.
        job_name: of which processing job.
        pace: how long to wait.
        way_out: for who does not want to wait, in words.
        store: the bucket that was written to, and what names it, in words.
    """
    if isinstance(error, ThrottledError):
        return Retry(error.after, error.message)
    reason, said = _find_words(error, store or "the bucket of spec.artifacts.s3")
    message = f"{said}; {way_out}" if way_out else said
    is_waiting = isinstance(error, UnavailableError | ExpiredError | LimitExceededError)
    return Blocked(
        reason, message, spread(_choose_pause(error, pace), job_name), waiting=is_waiting
    )


def _find_words(error: AwsError, store: str) -> tuple[str, str]:
    match error:
        case UnavailableError():
            # The same words every time: a status that changed with each try would be noise.
            return error.reason, f"AWS does not answer {error.operation}: argmin tries again"
        case NotFoundError() if error.operation.startswith("s3:"):
            advice = f"create {store}, or name another"
            return RunReason.STORE_MISSING, f"{error.message}: {advice}"
        case InvalidError():
            return error.reason, explain_violations(error.message)
        case _:
            return error.reason, error.message


def _choose_pause(error: AwsError, pace: Pace) -> timedelta:
    match error:
        case UnavailableError() | ExpiredError():
            return pace.until_answer
        case InUseError() | InvalidError():
            return pace.until_edited
        case _:
            return pace.until_healed
