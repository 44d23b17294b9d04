"""Errors of AWS, in the classes that callers distinguish.

Every error has a stable `reason` and a message for users; none contains a secret.
"""

from __future__ import annotations

from datetime import timedelta


class AwsError(Exception):
    """AWS refused a call or did not respond.

    `transient` is whether the same call may succeed later with nothing changed.
    """

    reason = "AwsError"
    transient = False
    may_have_taken_effect = False
    """Whether an attempt had no response, so that the call may have taken effect or still may."""

    def __init__(self, message: str, operation: str = "", code: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.operation = operation
        """The operation, such as `sagemaker:CreateTrainingJob`."""
        self.code = code
        """The `Error.Code` of AWS; empty without a response."""


class ThrottledError(AwsError):
    """Too many calls: delayed by argmin's own limit, or refused by AWS. It had no effect."""

    reason = "Throttled"
    transient = True

    def __init__(self, message: str, after: timedelta, operation: str = "", code: str = "") -> None:
        super().__init__(message, operation, code)
        self.after = after
        """When to retry: the position in the queue is reserved for the same caller until then."""


class LimitExceededError(AwsError):
    """A quota of the account is used up; it may be raised, or usage may end."""

    reason = "QuotaExceeded"
    transient = True

    def __init__(self, message: str, quota: str, operation: str = "", code: str = "") -> None:
        super().__init__(message, operation, code)
        self.quota = quota
        """Name of the quota; empty if AWS names none."""


class InUseError(AwsError):
    """The name is taken, or the resource is busy: the caller has to check whose it is."""

    reason = "NameTaken"


class DuplicateError(InUseError):
    """An identical resource exists already."""


class NotFoundError(AwsError):
    """The resource does not exist."""

    reason = "NotFound"


class AccessDeniedError(AwsError):
    """A permission is missing."""

    reason = "AccessDenied"

    def __init__(
        self,
        message: str,
        action: str,
        principal: str = "",
        resource: str = "",
        operation: str = "",
        code: str = "",
    ) -> None:
        super().__init__(message, operation, code)
        self.action = action
        """The missing permission, such as `sagemaker:CreateTrainingJob`."""
        self.principal = principal
        """The identity that lacks it; empty if AWS does not name it."""
        self.resource = resource
        """The resource; empty if AWS does not name it."""


class RoleNotUsableError(AwsError):
    """A role cannot be assumed, or there are no credentials at all."""

    reason = "RoleNotUsable"


class ExpiredError(AwsError):
    """The credentials are refused, also after a refresh."""

    reason = "CredentialsExpired"
    transient = True


class InvalidError(AwsError):
    """The request is invalid; sending it again cannot help."""

    reason = "InvalidRequest"


class TooLargeError(InvalidError):
    """The object is larger than the caller's limit."""


class UnknownRegionError(InvalidError):
    """There is no such region: no call was made, and nothing can exist there."""


class UnavailableError(AwsError):
    """No response, or an error of the service: whether the call took effect is unknown."""

    reason = "AwsUnavailable"
    transient = True
    may_have_taken_effect = True
