"""What goes wrong with a store: whether it may pass, and in which words it is told."""

from __future__ import annotations

import errno

from botocore.exceptions import (
    BotoCoreError,
    ChecksumError,
    ClientError,
    CredentialRetrievalError,
    FlexibleChecksumError,
    HTTPClientError,
    IncompleteReadError,
    MetadataRetrievalError,
    NoCredentialsError,
    PartialCredentialsError,
    ProfileNotFound,
    SSLError,
)
from botocore.exceptions import ConnectionError as StoreConnectionError
from botocore.parsers import ResponseParserError
from s3transfer.exceptions import RetriesExceededError
from urllib3.exceptions import HTTPError

from argmin.api.answer import Reason
from argmin_solvers.artifacts.locations import Action, ObjectLocation
from argmin_solvers.errors import RunError
from argmin_solvers.text import shorten

STORE_ERRORS = (
    BotoCoreError,
    ClientError,
    HTTPError,
    OSError,
    ResponseParserError,
    RetriesExceededError,
)
"""All that a transfer may raise, apart from what we raise ourselves."""

_NO_BUCKET = ("NoSuchBucket",)
_MISSING = (*_NO_BUCKET, "NoSuchKey", "NotFound", "404")
_DENIED = ("AccessDenied", "Forbidden", "403", "AllAccessDisabled", "KMS.AccessDeniedException")
_EXPIRED = ("ExpiredToken", "TokenRefreshRequired")
_BAD_CREDENTIALS = (
    *_EXPIRED,
    "InvalidAccessKeyId",
    "InvalidToken",
    "SignatureDoesNotMatch",
)
_CHANGED = ("PreconditionFailed", "412")
_PASSING = (
    "BadDigest",
    "BandwidthLimitExceeded",
    "InternalError",
    "NoSuchUpload",  # a server that was restarted has forgotten it
    "OperationAborted",
    "RequestLimitExceeded",
    "RequestTimeout",
    "ServiceUnavailable",
    "SlowDown",
    "Throttling",
    "ThrottlingException",
    "TooManyRequests",
    "XAmzContentChecksumMismatch",
)
_PASSING_STATUS = (408, 429)
_UNKNOWN_CHECKSUMS = (
    "InvalidArgument",
    "InvalidRequest",
    "NotImplemented",
    "SignatureDoesNotMatch",
    "XAmzContentSHA256Mismatch",
)
_PASSING_TYPES = (
    ChecksumError,
    StoreConnectionError,
    CredentialRetrievalError,
    FlexibleChecksumError,
    HTTPClientError,
    HTTPError,
    IncompleteReadError,
    MetadataRetrievalError,
)
_NETWORK_ERRORS = (
    errno.ECONNABORTED,
    errno.ECONNREFUSED,
    errno.ECONNRESET,
    errno.EHOSTUNREACH,
    errno.ENETUNREACH,
    errno.EPIPE,
    errno.ETIMEDOUT,
)


class CorruptedError(Exception):
    """What arrived is not what the store says it keeps, or the other way round."""


def is_passing(error: BaseException) -> bool:
    """Whether another try may succeed without anybody doing anything."""
    error = _unwrap(error)
    if isinstance(error, ClientError):
        status = _status(error)
        if status == 501:
            return False
        return _code(error) in _PASSING or status in _PASSING_STATUS or status >= 500
    if isinstance(error, SSLError):
        return "CERTIFICATE_VERIFY_FAILED" not in str(error)
    if isinstance(error, OSError) and not isinstance(error, HTTPError):
        return isinstance(error, TimeoutError) or error.errno in _NETWORK_ERRORS
    return isinstance(error, (*_PASSING_TYPES, CorruptedError))


def is_missing(error: ClientError) -> bool:
    """Whether a key or its bucket is not there."""
    return _code(error) in _MISSING


def is_corrupted(error: BaseException | None) -> bool:
    """Whether bytes and checksum do not belong together: where it stays so, waiting is no help."""
    return isinstance(error, CorruptedError | FlexibleChecksumError | ChecksumError)


def refuses_checksums(error: BaseException) -> bool:
    """Whether a server says no in the way of those that do not know S3's own checksums."""
    error = _unwrap(error)
    return isinstance(error, ClientError) and (
        _code(error) in _UNKNOWN_CHECKSUMS or _status(error) == 501
    )


def explain(error: BaseException, location: ObjectLocation, action: Action) -> RunError:
    """The failure of the run, in words that say what to do."""
    error = _unwrap(error)
    if isinstance(error, ClientError):
        return _explain_answer(error, location, action)
    if isinstance(error, NoCredentialsError | PartialCredentialsError | ProfileNotFound):
        return _failed(
            f"{action.verb} {location}: there are no AWS credentials ({error}):"
            f" {location.actor.advise(action)}",
            permanent=True,
        )
    if isinstance(error, ResponseParserError):
        return _failed(f"{location}: what answers there is no S3 server: correct endpoint")
    if isinstance(error, OSError) and error.errno == errno.ENOSPC:
        return _failed(
            f"{action.verb} {location}: the disk of the run is full: give it more room, such as"
            " spec.resources.requests.ephemeral-storage"
        )
    said = shorten(str(error) or type(error).__name__, 300)
    return _failed(f"{action.verb} {location} failed: {said}")


def _explain_answer(error: ClientError, location: ObjectLocation, action: Action) -> RunError:
    code, status = _code(error), _status(error)
    told = f"{status} {code}" if code != str(status) else code
    if code in _NO_BUCKET:
        bucket = location.bucket.bucket
        return RunError(
            Reason.SOURCE_NOT_FOUND if action is not Action.WRITE else Reason.TRANSFER_FAILED,
            f"{action.verb} {location}: there is no bucket {bucket} ({told}): create it, or correct"
            f" bucket, region or endpoint{_say_where(action)}",
            permanent=True,
        )
    if code in _MISSING and action is not Action.WRITE:
        what = f"{location} does not exist ({told}): put it there, or correct bucket and key"
        return RunError(Reason.SOURCE_NOT_FOUND, what)
    if code in _BAD_CREDENTIALS:
        return _failed(
            f"{action.verb} {location}: the store does not accept {location.identity} ({told}):"
            " the keys are wrong, expired or of another account",
            permanent=code not in _EXPIRED,  # those of a pod's own identity are renewed
        )
    if code in _DENIED or status == 403:
        return _failed(
            f"{action.verb} {location} is forbidden to {location.identity} ({told}): it takes"
            f" {action.permissions}, and the use of its KMS key where there is one",
            permanent=True,
        )
    if code in _CHANGED:
        return _failed(f"{location} was replaced while it was read: read it again")
    said = shorten(str(error.response.get("Error", {}).get("Message", "")), 200)
    return _failed(f"{action.verb} {location} failed ({told}): {said}")


def _say_where(action: Action) -> str:
    """The fields of places to write to; those to read from are named around the message."""
    return f" in {action.fields}" if action.fields else ""


def _failed(message: str, *, permanent: bool = False) -> RunError:
    return RunError(Reason.TRANSFER_FAILED, message, permanent=permanent)


def _unwrap(error: BaseException) -> BaseException:
    last = getattr(error, "last_exception", None)
    return last if isinstance(error, RetriesExceededError) and last else error


def _code(error: ClientError) -> str:
    return str(error.response.get("Error", {}).get("Code", ""))


def _status(error: ClientError) -> int:
    return int(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))
