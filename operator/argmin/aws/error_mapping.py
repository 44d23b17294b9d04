"""Mapping exceptions of botocore to `argmin.aws.errors`, by error code or HTTP status."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from botocore import exceptions as boto
from botocore.parsers import ResponseParserError

from argmin.aws.errors import (
    AccessDeniedError,
    AwsError,
    DuplicateError,
    ExpiredError,
    InUseError,
    InvalidError,
    LimitExceededError,
    NotFoundError,
    RoleNotUsableError,
    ThrottledError,
    UnavailableError,
)

EXPIRED_CODES = frozenset(
    {
        "ExpiredToken",
        "ExpiredTokenException",
        "RequestExpired",
        "TokenRefreshRequired",
        "InvalidAccessKeyId",
        "InvalidClientTokenId",
        "InvalidToken",
        "UnrecognizedClientException",
    }
)
"""Codes for credentials that are expired, deleted, or of a revoked session."""

_THROTTLED = frozenset(
    {
        "Throttling",
        "ThrottlingException",
        "ThrottledException",
        "RequestThrottled",
        "RequestThrottledException",
        "TooManyRequestsException",
        "RequestLimitExceeded",
        "BandwidthLimitExceeded",
        "SlowDown",
    }
)
_LIMITED = frozenset(
    {"ResourceLimitExceeded", "LimitExceededException", "ServiceQuotaExceededException"}
)
_IN_USE = frozenset(
    {
        "ResourceInUse",
        "ResourceInUseException",
        "ConflictException",
        "Conflict",
        "PreconditionFailed",
        "ConditionalRequestConflict",
    }
)
_NOT_FOUND = frozenset(
    {
        "ResourceNotFound",
        "ResourceNotFoundException",
        "NoSuchKey",
        "NoSuchBucket",
        "NotFound",
        "QueueDoesNotExist",
        "AWS.SimpleQueueService.NonExistentQueue",
    }
)
_DENIED = frozenset(
    {"AccessDenied", "AccessDeniedException", "UnauthorizedOperation", "NotAuthorized"}
)
_OTHER_REGION = frozenset({"PermanentRedirect", "AuthorizationHeaderMalformed", "301"})
_UNAVAILABLE = frozenset(
    {"InternalFailure", "InternalError", "ServiceUnavailable", "RequestTimeout"}
)

FAILURES = (boto.BotoCoreError, boto.ClientError, ResponseParserError)
"""The exceptions that `explain` maps."""

_NO_ANSWER = (
    boto.HTTPClientError,  # resets, timeouts, TLS
    boto.ConnectionError,
    boto.ReadTimeoutError,
    boto.ResponseStreamingError,
    boto.IncompleteReadError,
    ResponseParserError,
    boto.FlexibleChecksumError,
)
_NO_CREDENTIALS = (
    boto.NoCredentialsError,
    boto.PartialCredentialsError,
    boto.CredentialRetrievalError,
    boto.MetadataRetrievalError,
    boto.ProfileNotFound,
    boto.NoAuthTokenError,
    boto.SSOError,
    boto.TokenRetrievalError,
)

_MISSING = re.compile(r"could not find|requested resource not found|does not exist", re.I)
_EXISTS = re.compile(r"already exist(s|ing)?\b", re.I)
_CANNOT_ASSUME = re.compile(r"could not assume role|cannot be assumed|unable to assume", re.I)
_QUOTA = re.compile(r"(?:service limit|quota) '([^']+)'", re.I)
_DENIAL = re.compile(
    r"(?:User: (?P<principal>\S+) )?is not authorized to perform: (?P<action>[\w-]+:\w+\*?)"
    r"(?: on (?:the )?resource: (?P<resource>\S+))?"
)
_EXPLICIT = re.compile(r"explicit deny in ((?:an?|the) [\w -]+)", re.I)

THROTTLE_PAUSE = timedelta(seconds=5)
"""Pause after throttling without a `Retry-After`."""


@dataclass(frozen=True)
class CallName:
    """The operation of a call, for messages."""

    service: str
    operation: str
    """The name in AWS's API, such as `CreateTrainingJob`."""
    role_arn: str | None = None

    def __str__(self) -> str:
        return f"{self.service}:{self.operation}"


def read_code(error: BaseException) -> str:
    """AWS's error code; the name of the exception's class without a response."""
    if isinstance(error, boto.ClientError):
        return str(error.response.get("Error", {}).get("Code", "")) or "Unknown"
    return type(error).__name__


def is_answer(error: BaseException) -> bool:
    """Whether an exception is a response of AWS."""
    return isinstance(error, boto.ClientError | ResponseParserError)


def explain(error: Exception, call_name: CallName) -> AwsError:
    """The error of `argmin.aws.errors` for an exception of botocore."""
    if isinstance(error, boto.ClientError):
        return _explain_refusal(error, call_name)
    code = read_code(error)
    if isinstance(error, _NO_CREDENTIALS):
        return RoleNotUsableError(
            f"argmin has no AWS credentials ({_one_line(error)}): give its service account a role,"
            " by EKS Pod Identity or by IRSA",
            str(call_name),
            code,
        )
    if isinstance(error, _NO_ANSWER):
        return UnavailableError(
            f"no answer to {call_name}: {_one_line(error)}", str(call_name), code
        )
    if isinstance(error, boto.NoRegionError):
        return InvalidError(
            "no AWS region is known: name one in spec.backend.sageMaker.region, or in the"
            " operator's AWS_REGION",
            str(call_name),
            code,
        )
    return InvalidError(f"{call_name} cannot be asked: {_one_line(error)}", str(call_name), code)


@dataclass(frozen=True)
class _Refusal:
    """An error response of AWS."""

    code: str
    text: str
    status: int
    call_name: CallName

    @property
    def place(self) -> dict[str, str]:
        return {"operation": str(self.call_name), "code": self.code}


def _explain_refusal(error: Any, call_name: CallName) -> AwsError:
    answer = error.response
    refusal = _Refusal(
        code=read_code(error),
        text=_one_line(answer.get("Error", {}).get("Message") or "no message"),
        status=int(answer.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)),
        call_name=call_name,
    )
    if error.operation_name == "AssumeRole" and call_name.operation != "AssumeRole":
        return _explain_role(refusal)
    return _pick(refusal)(refusal)


def _pick(refusal: _Refusal) -> Callable[[_Refusal], AwsError]:
    """The mappings of a refusal: the first that matches is used."""
    code, status = refusal.code, refusal.status
    choices = (
        (code in _THROTTLED or status == 429, _throttled),
        (code in _LIMITED, _limited),
        (code in EXPIRED_CODES, _expired),
        (code in _IN_USE, _in_use),
        (code in _NOT_FOUND, _not_found),
        (code in _OTHER_REGION, _other_region),
        (code in _DENIED, _denied),
        (code in _UNAVAILABLE or status >= 500, _unavailable),
        (code == "ValidationException", _invalid_request),
        (status == 404, _not_found),
        (status in (401, 403) and code.isdigit(), _denied),
    )
    return next((explanation for applies, explanation in choices if applies), _invalid)


def _throttled(refusal: _Refusal) -> AwsError:
    return ThrottledError(
        f"AWS takes no more calls of {refusal.call_name} for now: {refusal.text}",
        THROTTLE_PAUSE,
        **refusal.place,
    )


def _limited(refusal: _Refusal) -> AwsError:
    match = _QUOTA.search(refusal.text)
    quota = match[1] if match else ""
    named = f'the AWS quota "{quota}"' if quota else "an AWS quota"
    return LimitExceededError(
        f"{named} is used up: ask for more in AWS Service Quotas, or wait until something ends."
        f" AWS says: {refusal.text}",
        quota,
        **refusal.place,
    )


def _expired(refusal: _Refusal) -> AwsError:
    who = refusal.call_name.role_arn or "argmin"
    return ExpiredError(
        f"AWS does not take the credentials of {who} any more: {refusal.text}", **refusal.place
    )


def _in_use(refusal: _Refusal) -> AwsError:
    kind = DuplicateError if _EXISTS.search(refusal.text) else InUseError
    return kind(f"{refusal.call_name}: {refusal.text}", **refusal.place)


def _not_found(refusal: _Refusal) -> AwsError:
    return NotFoundError(f"{refusal.call_name}: {refusal.text}", **refusal.place)


def _other_region(refusal: _Refusal) -> AwsError:
    return InvalidError(
        f"the bucket is of another region: name it in the field region ({refusal.text})",
        **refusal.place,
    )


def _denied(refusal: _Refusal) -> AwsError:
    match = _DENIAL.search(refusal.text)
    action = match["action"] if match else _guess_action(refusal.call_name)
    principal = (match["principal"] if match else None) or ""
    resource = (match["resource"] if match else None) or ""
    who = principal or refusal.call_name.role_arn or "argmin's role"
    message = f"{who} lacks the permission {action}" + (f" on {resource}" if resource else "")
    explicit = _EXPLICIT.search(refusal.text)
    message += f": an explicit deny in {explicit[1]} forbids it" if explicit else ": allow it"
    return AccessDeniedError(message, action, principal, resource, **refusal.place)


def _guess_action(call_name: CallName) -> str:
    """The permission that an operation needs, if AWS does not name it."""
    renamed = {"s3:HeadObject": "s3:GetObject", "s3:ListObjectsV2": "s3:ListBucket"}
    return renamed.get(str(call_name), str(call_name))


def _unavailable(refusal: _Refusal) -> AwsError:
    return UnavailableError(
        f"AWS failed at {refusal.call_name} ({refusal.code}): {refusal.text}", **refusal.place
    )


def _invalid_request(refusal: _Refusal) -> AwsError:
    """The error for a `ValidationException`, whose meaning only its message shows."""
    if _CANNOT_ASSUME.search(refusal.text):
        return RoleNotUsableError(
            "SageMaker cannot assume the job's role: it must exist, and its trust policy must name"
            " sagemaker.amazonaws.com; or name another in spec.backend.sageMaker.roleArn."
            f" AWS says: {refusal.text}",
            **refusal.place,
        )
    if _EXISTS.search(refusal.text):
        return DuplicateError(f"{refusal.call_name}: {refusal.text}", **refusal.place)
    if _MISSING.search(refusal.text):
        return _not_found(refusal)
    return _invalid(refusal)


def _invalid(refusal: _Refusal) -> AwsError:
    return InvalidError(
        f"AWS refuses {refusal.call_name} ({refusal.code}): {refusal.text}", **refusal.place
    )


def _explain_role(refusal: _Refusal) -> AwsError:
    """The error for a role that cannot be assumed."""
    if refusal.code in _THROTTLED or refusal.code in EXPIRED_CODES or refusal.status >= 500:
        return _pick(refusal)(refusal)
    return RoleNotUsableError(
        f"argmin cannot assume the role {refusal.call_name.role_arn}: it must exist, and its trust"
        " policy must allow argmin sts:AssumeRole and sts:TagSession; or name another in"
        " spec.backend.sageMaker.assumeRoleArn."
        f" AWS says: {refusal.text}",
        **refusal.place,
    )


def _one_line(text: object) -> str:
    return " ".join(str(text).split())
