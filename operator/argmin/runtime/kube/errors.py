"""Errors of the API server, in the classes that callers distinguish."""

from __future__ import annotations

from collections.abc import Collection


class ConnectError(Exception):
    """There is no cluster to connect to: no kubeconfig, a wrong context, no service account."""


class RefusalError(Exception):
    """A request of a run is refused; the message is returned to its sender."""

    def __init__(self, status: int, message: str, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.status = status
        """HTTP status of the response."""
        self.message = message
        self.retry_after = retry_after
        """Seconds after which the same request may be accepted; `None` if unknown."""


class ApiError(Exception):
    """The API server refused a request or did not respond; the message names the request.

    `transient` is whether the same request may succeed later with nothing changed.
    """

    transient = False

    def __init__(self, message: str, status: int = 0, reason: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.status = status
        """HTTP status; 0 without a response."""
        self.reason = reason
        """The machine-readable reason of the API server's `Status`, such as `AlreadyExists`."""


class NotFoundError(ApiError):
    """The object, or its type, does not exist."""


class ForbiddenError(ApiError):
    """The credentials are refused (401), or do not allow the call (403)."""


class TerminatingError(ForbiddenError):
    """The namespace is being deleted: it accepts no new objects and deletes its present ones."""


class ConflictError(ApiError):
    """A precondition failed: another uid or resource version, or the name is taken."""

    transient = True


class VanishedError(ConflictError):
    """No object with the given uid and name exists."""

    transient = False


class ExpiredError(ApiError):
    """The resource version or the continuation is too old: list again."""

    transient = True


class InvalidError(ApiError):
    """The object is invalid; sending it again cannot help."""


class UnavailableError(ApiError):
    """No response in time, too many requests, or an error of the server."""

    transient = True

    def __init__(
        self, message: str, status: int = 0, reason: str = "", retry_after: float | None = None
    ) -> None:
        super().__init__(message, status, reason)
        self.retry_after = retry_after
        """Seconds of the `Retry-After` header."""


_BY_STATUS: dict[int, type[ApiError]] = {
    401: ForbiddenError,
    403: ForbiddenError,
    404: NotFoundError,
    409: ConflictError,
    410: ExpiredError,
}


_TERMINATING = "NamespaceTerminating"
_VANISHED = "no existing object was found"
_NEVER_TAKEN = (
    "request is too large",  # the store's limit of an object
    "message larger than max",  # what the API server can send there
    "failed to create typed patch object",  # apply: a field of another type, a key twice in a list
)
"""Messages of responses with status 500 for an object that the server will never accept."""


def error_of(
    status: int,
    message: str,
    reason: str = "",
    retry_after: float | None = None,
    causes: Collection[str] = (),
) -> ApiError:
    """The exception for an HTTP status of 400 or more; `causes` are reasons, as in `Status`."""
    if status == 403 and _TERMINATING in causes:
        return TerminatingError(message, status, reason)
    if status == 409 and _VANISHED in message:
        return VanishedError(message, status, reason)
    if status >= 500 and any(words in message for words in _NEVER_TAKEN):
        return InvalidError(message, status, reason)
    if status == 429 or status >= 500:
        return UnavailableError(message, status, reason, retry_after)
    return _BY_STATUS.get(status, InvalidError)(message, status, reason)
