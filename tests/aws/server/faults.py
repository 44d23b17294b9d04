"""Faults on demand, and real throttling."""

from __future__ import annotations

import threading
import time
import uuid
from collections.abc import Mapping
from fnmatch import fnmatchcase

from tests.aws.control import Fault, FaultKind
from tests.aws.server.errors import AwsError, ConnectionLostError

_ERRORS: Mapping[FaultKind, tuple[str, str, int]] = {
    FaultKind.THROTTLING: ("ThrottlingException", "Rate exceeded", 400),
    FaultKind.INTERNAL_ERROR: ("InternalFailure", "An internal error has occurred", 500),
    FaultKind.UNAVAILABLE: ("ServiceUnavailable", "The service is unavailable", 503),
    FaultKind.EXPIRED_TOKEN: (
        "ExpiredTokenException",
        "The security token included in the request is expired",
        400,
    ),
}
# S3 and STS have words of their own.
_S3_ERRORS: Mapping[FaultKind, tuple[str, str, int]] = {
    FaultKind.THROTTLING: ("SlowDown", "Please reduce your request rate.", 503),
    FaultKind.INTERNAL_ERROR: (
        "InternalError",
        "We encountered an internal error. Please try again.",
        500,
    ),
    FaultKind.EXPIRED_TOKEN: ("ExpiredToken", "The provided token has expired.", 400),
}


class Faults:
    """The faults that are set, each until it struck as often as it should."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._faults: dict[str, Fault] = {}
        self._cleared = threading.Event()

    def add(self, fault: Fault) -> Fault:
        """Set a fault; it gets its id."""
        with self._lock:
            added = fault.model_copy(update={"id": uuid.uuid4().hex[:8], "hits": 0})
            self._faults[added.id] = added
            self._cleared.clear()
            return added

    def list(self) -> list[Fault]:
        """All that were set and not cleared, with how often each struck."""
        with self._lock:
            return [*self._faults.values()]

    def clear(self, fault_id: str | None = None) -> None:
        """Clear one fault or all; calls that hang on them are reset."""
        with self._lock:
            if fault_id is None:
                self._faults.clear()
                self._cleared.set()
            else:
                self._faults.pop(fault_id, None)

    def take(self, service: str, operation: str, principal: str) -> Fault | None:
        """The fault that strikes this call, if any; it is counted."""
        with self._lock:
            for fault in self._faults.values():
                if _matches(fault, service, operation, principal):
                    struck = fault.model_copy(update={"hits": fault.hits + 1})
                    self._faults[fault.id] = struck
                    return struck
        return None

    def strike(self, fault: Fault, service: str, action: str, principal: str) -> None:
        """Let it happen.

        Raises:
            AwsError: the fault's error in the service's words.
            ConnectionLostError: a reset, or a hang that is over.
        """
        if fault.kind is FaultKind.HANG:
            self._hang(fault)
        if fault.kind in (FaultKind.HANG, FaultKind.RESET):
            raise ConnectionLostError(fault.id)
        if fault.kind is FaultKind.ACCESS_DENIED:
            raise access_denied(service, action, principal)
        raise say(fault.kind, service)

    def _hang(self, fault: Fault) -> None:
        end = time.monotonic() + fault.seconds
        while time.monotonic() < end and any(other.id == fault.id for other in self.list()):
            self._cleared.wait(min(0.2, max(0.0, end - time.monotonic())))


def say(kind: FaultKind, service: str) -> AwsError:
    """The error of a kind in the service's words."""
    words = _S3_ERRORS.get(kind) if service == "s3" else None
    code, message, status = words or _ERRORS[kind]
    if service == "sts" and kind is FaultKind.EXPIRED_TOKEN:
        code = "ExpiredToken"
    return AwsError(code, message, status)


def access_denied(service: str, action: str, principal: str, why: str = "") -> AwsError:
    """The refusal of a principal, in the service's words."""
    if service == "s3":
        return AwsError("AccessDenied", "Access Denied", 403)
    code = "AccessDenied" if service == "sts" else "AccessDeniedException"
    reason = why or f"because no identity-based policy allows the {service}:{action} action"
    text = f"User: {principal} is not authorized to perform: {service}:{action} {reason}"
    return AwsError(code, text, 403 if service == "sts" else 400)


def _matches(fault: Fault, service: str, operation: str, principal: str) -> bool:
    return (
        (fault.times is None or fault.hits < fault.times)
        and fnmatchcase(service, fault.service)
        and fnmatchcase(operation, fault.operation)
        and fault.principal in principal
    )


class Throttle:
    """A token bucket for each account, region and operation: a second's worth at once."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._buckets: dict[tuple[str, str, str, str], tuple[float, float]] = {}

    def admit(
        self,
        rates: Mapping[str, float],
        account: str,
        region: str,
        service: str,
        operation: str,
    ) -> bool:
        """Whether one more call is within the rate."""
        names = (f"{service}:{operation}", f"{service}:*", "*")
        rate = next((rates[name] for name in names if name in rates), None)
        if rate is None:
            return True
        key = (account, region, service, operation)
        now, burst = time.monotonic(), max(rate, 1.0)
        with self._lock:
            tokens, seen = self._buckets.get(key, (burst, now))
            tokens = min(burst, tokens + (now - seen) * rate)
            admitted = tokens >= 1
            self._buckets[key] = (tokens - admitted, now)
        return admitted
