"""Calls to AWS: in a bounded thread pool, rate limited, retried and counted."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Protocol, Self

from tenacity import (
    AsyncRetrying,
    retry_if_exception_type,
    stop_after_attempt,
    wait_random_exponential,
)

from argmin.aws.circuit_breaker import CircuitBreaker, Endpoint
from argmin.aws.error_mapping import FAILURES, CallName, explain, is_answer, read_code
from argmin.aws.errors import (
    AwsError,
    ExpiredError,
    ThrottledError,
    UnavailableError,
    UnknownRegionError,
)
from argmin.aws.models import Access
from argmin.aws.rate_limit import Bucket, Budget, CrowdedError, Rates
from argmin.aws.session import ClientSettings, Session, Sessions, find_region

Answer = dict[str, Any]
"""A response as JSON, passed only to the module of its service."""
Finish = Callable[[Answer], Answer]
"""Processing of a response in the thread of the call, such as reading its body."""


class Observer(Protocol):
    """Callbacks for every call, from any thread."""

    def observe_aws_call(self, service: str, operation: str, code: str, seconds: float) -> None:
        """A call has ended: with AWS's code of the error, or with `OK`."""

    def observe_aws_wait(self, service: str, operation: str, seconds: float) -> None:
        """A call has waited this long for the rate limit."""


@dataclass(frozen=True)
class CallSettings:
    """Settings of the calls to AWS."""

    threads: int = 16
    """Number of concurrent calls."""
    rates: Rates = field(default_factory=Rates)
    patience_seconds: float = 2.0
    """Longest wait for the rate limit; beyond it the call fails with the time to retry."""
    attempts: int = 4
    call_seconds: float = 20.0
    """Timeout of all attempts of a call together, pauses included."""
    outage_seconds: float = 5.0
    """Interval between probes of an endpoint that does not respond."""
    clients: ClientSettings = field(default_factory=ClientSettings)


@dataclass
class _Call:
    access: Access
    service: str
    method: str
    parameters: Mapping[str, Any] = field(repr=False)
    caller: str
    finish: Finish | None
    may_have_taken_effect: bool = False
    """Whether an attempt had no response: a later refusal does not undo it."""
    is_answered: bool = False
    """Whether any attempt had a response, also a refusal."""

    @property
    def endpoint(self) -> Endpoint:
        """The endpoint of the call, for the circuit breaker."""
        access = self.access
        return (access.account, find_region(access), self.service, access.endpoint or "")

    @property
    def call_name(self) -> CallName:
        operation = "".join(part.capitalize() for part in self.method.split("_"))
        return CallName(self.service, operation, self.access.role_arn)


class Aws:
    """The client of AWS for one event loop; close it, or use it as a context manager.

    Raises `argmin.aws.errors` and nothing else.
    """

    def __init__(
        self, settings: CallSettings | None = None, observer: Observer | None = None
    ) -> None:
        self._settings = settings or CallSettings()
        self._observer = observer or _NoObserver()
        self._sessions = Sessions(self._settings.clients, self._observer.observe_aws_call)
        self._budget = Budget(self._settings.rates, time.monotonic)
        self._circuit_breaker = CircuitBreaker(self._settings.outage_seconds, time.monotonic)
        self._pool = ThreadPoolExecutor(self._settings.threads, thread_name_prefix="aws")

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Make no further calls; running ones end within their timeouts."""
        self._pool.shutdown(wait=False, cancel_futures=True)

    async def call(
        self,
        access: Access,
        service: str,
        method: str,
        parameters: Mapping[str, Any],
        *,
        caller: str = "",
        extra_seconds: float = 0.0,
        finish: Finish | None = None,
    ) -> Answer:
        """Make one call within the rate limit; retried if AWS throttles it or does not respond.

        After a cancellation the call itself may still take effect.

        Args:
            access: identity, account and region.
            service: such as `sagemaker`.
            method: the operation as botocore's clients name it, such as `list_tags`.
            parameters: the request of the operation.
            caller: whose call it is, such as the name of a job; it keeps its position in the
                queue if the wait is too long.
            extra_seconds: added to the timeout, as for a long poll.
            finish: processing of the response, in the same thread.
        """
        call = _Call(access, service, method, parameters, caller, finish)
        self._check_region(call)
        self._check_outage(call)
        try:
            return await self._call_in_time(call, self._settings.call_seconds + extra_seconds)
        except AwsError as error:
            error.may_have_taken_effect |= call.may_have_taken_effect
            raise
        finally:
            self._circuit_breaker.note(
                call.endpoint, call.is_answered, is_unanswered=call.may_have_taken_effect
            )

    async def _call_in_time(self, call: _Call, limit: float) -> Answer:
        try:
            async with asyncio.timeout(limit) as timeout:
                return await self._repeat(call)
        except CrowdedError as error:
            # A little early, since a position is lost if its caller is not waiting in time.
            after = max(0.1, error.after - self._settings.patience_seconds / 2)
            raise ThrottledError(
                f"{call.call_name} has to wait for its turn: {error}",
                timedelta(seconds=after),
                str(call.call_name),
            ) from None
        except TimeoutError:
            if not timeout.expired():
                raise
            raise UnavailableError(
                f"no answer to {call.call_name} within {limit:g} s", str(call.call_name)
            ) from None

    def _check_region(self, call: _Call) -> None:
        """Refuse a region that does not exist, instead of waiting for its host name."""
        region = call.access.region
        if call.access.endpoint or not region or self._sessions.knows(region):
            return
        raise UnknownRegionError(
            f"AWS has no region {region}: correct spec.backend.sageMaker.region, or the region of"
            " the bucket in spec.artifacts.s3",
            str(call.call_name),
        )

    def _check_outage(self, call: _Call) -> None:
        """Fail at once if the endpoint has not responded to the last calls."""
        # There is one receiver of the queue, with pauses of its own.
        if call.service == "sqs" or self._circuit_breaker.admits(call.endpoint):
            return
        error = UnavailableError(
            f"AWS has not answered of late: {call.call_name} is put off", str(call.call_name)
        )
        error.may_have_taken_effect = False  # nothing was sent
        raise error

    async def _repeat(self, call: _Call) -> Answer:
        retrying = AsyncRetrying(
            retry=retry_if_exception_type((UnavailableError, ThrottledError)),
            stop=stop_after_attempt(self._settings.attempts),
            wait=wait_random_exponential(multiplier=0.5, max=5.0),
            reraise=True,
        )
        return await retrying(self._try, call)

    async def _try(self, call: _Call) -> Answer:
        bucket = self._budget.find(
            call.access.account, find_region(call.access), call.service, call.method
        )
        if bucket is None:
            return await self._send(call)
        ticket = await self._wait_turn(call, bucket)
        try:
            answer = await self._send(call)
        except ThrottledError:
            bucket.slow_down(call.caller, ticket)
            raise
        bucket.speed_up()
        return answer

    async def _wait_turn(self, call: _Call, bucket: Bucket) -> int:
        started = time.monotonic()
        try:
            return await bucket.take(call.caller, self._settings.patience_seconds)
        finally:
            call_name = call.call_name
            self._observer.observe_aws_wait(
                call_name.service, call_name.operation, time.monotonic() - started
            )

    async def _send(self, call: _Call) -> Answer:
        """One call; repeated once with new credentials if the old ones are refused."""
        loop = asyncio.get_running_loop()
        try:
            return await loop.run_in_executor(self._pool, self._ask, call)
        except _StaleError as error:
            self._sessions.forget(error.session)
        try:
            return await loop.run_in_executor(self._pool, self._ask, call)
        except _StaleError as error:
            raise error.cause from None

    def _ask(self, call: _Call) -> Answer:
        """One call, in a thread of the pool."""
        started, code = time.monotonic(), "OK"
        session = self._sessions.find(call.access)
        try:
            client = session.client(call.service, find_region(call.access), call.access.endpoint)
            answer = getattr(client, call.method)(**call.parameters)
            call.is_answered = True
            return call.finish(answer) if call.finish else answer
        except FAILURES as error:
            code = read_code(error)
            cause = explain(error, call.call_name)
            call.may_have_taken_effect |= cause.may_have_taken_effect
            call.is_answered |= is_answer(error)
            if isinstance(cause, ExpiredError):
                raise _StaleError(session, cause) from None
            raise cause from error
        finally:
            call_name = call.call_name
            self._observer.observe_aws_call(
                call_name.service, call_name.operation, code, time.monotonic() - started
            )


class _StaleError(Exception):
    """The credentials of a session were refused."""

    def __init__(self, session: Session, cause: AwsError) -> None:
        super().__init__(cause.message)
        self.session = session
        self.cause = cause


class _NoObserver:
    def observe_aws_call(self, service: str, operation: str, code: str, seconds: float) -> None:
        pass

    def observe_aws_wait(self, service: str, operation: str, seconds: float) -> None:
        pass
