"""What can go wrong between argmin and AWS, in the few ways that callers tell apart.

Every error carries a stable `reason` and a message for people; none holds a secret.
"""

from __future__ import annotations

from datetime import timedelta


class AwsError(Exception):
    """AWS said no, or did not answer.

    `transient` says whether the same call may succeed a little later with nothing changed.
    """

    reason = "AwsError"
    transient = False
    leaves_doubt = False
    """Whether the call may have taken effect, or may still: a try of it was not answered."""

    def __init__(self, message: str, operation: str = "", code: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.operation = operation
        """What was asked, such as `sagemaker:CreateProcessingJob`."""
        self.code = code
        """The `Error.Code` of AWS; empty where no answer came."""


class ThrottledError(AwsError):
    """Too many calls: ours were held back, or AWS refused one. This try has done nothing."""

    reason = "Throttled"
    transient = True

    def __init__(self, message: str, after: timedelta, operation: str = "", code: str = "") -> None:
        super().__init__(message, operation, code)
        self.after = after
        """When to come again: a place is kept until then for the same caller."""


class LimitExceededError(AwsError):
    """A quota of the account is used up; it may be raised, or something may end."""

    reason = "QuotaExceeded"
    transient = True

    def __init__(self, message: str, quota: str, operation: str = "", code: str = "") -> None:
        super().__init__(message, operation, code)
        self.quota = quota
        """Name of the quota in AWS's words; empty where AWS names none."""


class InUseError(AwsError):
    """Something of that name is there, or it is busy: look whose it is."""

    reason = "NameTaken"


class DuplicateError(InUseError):
    """The very same thing is there already."""


class NotFoundError(AwsError):
    """What was asked for does not exist."""

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
        """The missing permission, such as `sagemaker:CreateProcessingJob`."""
        self.principal = principal
        """Who lacks it; empty where AWS does not say."""
        self.resource = resource
        """On what; empty where AWS does not say."""


class RoleNotUsableError(AwsError):
    """A role cannot be assumed, or there are no credentials at all."""

    reason = "RoleNotUsable"


class ExpiredError(AwsError):
    """The credentials are refused, also after they were obtained anew."""

    reason = "CredentialsExpired"
    transient = True


class InvalidError(AwsError):
    """The request is refused as it is; sending it again cannot help."""

    reason = "InvalidRequest"


class TooLargeError(InvalidError):
    """What is there is larger than the caller takes."""


class UnknownRegionError(InvalidError):
    """There is no such region: nobody was asked, and nothing can be there."""


class UnavailableError(AwsError):
    """No answer, or an error of the service: whether anything was done is unknown."""

    reason = "AwsUnavailable"
    transient = True
    leaves_doubt = True
