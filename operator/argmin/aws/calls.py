"""Calls to AWS: in a bounded pool of threads, paced, repeated where that may help, and counted."""

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

from argmin.aws.budget import Bucket, Budget, CrowdedError, Rates
from argmin.aws.errors import (
    AwsError,
    ExpiredError,
    ThrottledError,
    UnavailableError,
    UnknownRegionError,
)
from argmin.aws.models import Access
from argmin.aws.outages import Outages, Place
from argmin.aws.refusals import FAILURES, Question, explain, is_answer, read_code
from argmin.aws.session import ClientSettings, Session, Sessions, find_region

Answer = dict[str, Any]
"""An answer in AWS's own form: only between here and the file of its service."""
Finish = Callable[[Answer], Answer]
"""What is still to be done with an answer in the thread that has got it, such as to read on."""


class Observer(Protocol):
    """Told of every call; it may be told from any thread."""

    def observe_aws_call(self, service: str, operation: str, code: str, seconds: float) -> None:
        """A call has ended: with AWS's code of the error, or with `OK`."""

    def observe_aws_wait(self, service: str, operation: str, seconds: float) -> None:
        """A call has waited so long for its turn."""


@dataclass(frozen=True)
class CallSettings:
    """How argmin calls AWS."""

    threads: int = 16
    """Calls at once."""
    rates: Rates = field(default_factory=Rates)
    patience_seconds: float = 2.0
    """Who would wait longer for its turn is told when to come again."""
    attempts: int = 4
    call_seconds: float = 20.0
    """All attempts of a call together, and the pauses between them."""
    outage_seconds: float = 5.0
    """Where AWS does not answer at all, one call is made in so many seconds."""
    clients: ClientSettings = field(default_factory=ClientSettings)


@dataclass
class _Call:
    access: Access
    service: str
    method: str
    parameters: Mapping[str, Any] = field(repr=False)
    caller: str
    finish: Finish | None
    leaves_doubt: bool = False
    """Whether a try was not answered: a later one that is refused does not undo it."""
    is_answered: bool = False
    """Whether any try was answered, if only by a refusal."""

    @property
    def place(self) -> Place:
        """What answers, or does not, as one."""
        access = self.access
        return (access.account, find_region(access), self.service, access.endpoint or "")

    @property
    def question(self) -> Question:
        operation = "".join(part.capitalize() for part in self.method.split("_"))
        return Question(self.service, operation, self.access.role_arn)


class Aws:
    """AWS, for one event loop; close it, or use it as a context.

    Raises `argmin.aws.errors` and nothing else.
    """

    def __init__(
        self, settings: CallSettings | None = None, observer: Observer | None = None
    ) -> None:
        self._settings = settings or CallSettings()
        self._observer = observer or _Silence()
        self._sessions = Sessions(self._settings.clients, self._observer.observe_aws_call)
        self._budget = Budget(self._settings.rates, time.monotonic)
        self._outages = Outages(self._settings.outage_seconds, time.monotonic)
        self._pool = ThreadPoolExecutor(self._settings.threads, thread_name_prefix="aws")

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Call no more; calls under way end by themselves, within their timeouts."""
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
        """Make one call, in its turn; a few times where AWS is busy or silent.

        Whoever cancels this waits for nothing; the call itself may still take effect.

        Args:
            access: who calls, and where.
            service: such as `sagemaker`.
            method: the operation as botocore's clients name it, such as `list_tags`.
            parameters: in AWS's own form.
            caller: whose call it is, such as the name of a job; its place is kept where it is
                sent away.
            extra_seconds: how long the call may take beyond the usual, as a long poll does.
            finish: what is still to be done with the answer, in the same thread.
        """
        call = _Call(access, service, method, parameters, caller, finish)
        self._check_region(call)
        self._check_outage(call)
        try:
            return await self._call_in_time(call, self._settings.call_seconds + extra_seconds)
        except AwsError as error:
            error.leaves_doubt |= call.leaves_doubt
            raise
        finally:
            self._outages.note(call.place, call.is_answered, is_silent=call.leaves_doubt)

    async def _call_in_time(self, call: _Call, limit: float) -> Answer:
        try:
            async with asyncio.timeout(limit) as timeout:
                return await self._repeat(call)
        except CrowdedError as error:
            # A little early, to wait for the turn here: a turn that nobody waits for is lost.
            after = max(0.1, error.after - self._settings.patience_seconds / 2)
            raise ThrottledError(
                f"{call.question} has to wait for its turn: {error}",
                timedelta(seconds=after),
                str(call.question),
            ) from None
        except TimeoutError:
            if not timeout.expired():
                raise
            raise UnavailableError(
                f"no answer to {call.question} within {limit:g} s", str(call.question)
            ) from None

    def _check_region(self, call: _Call) -> None:
        """No thread waits for a server that a mistyped name leads to."""
        region = call.access.region
        if call.access.endpoint or not region or self._sessions.knows(region):
            return
        raise UnknownRegionError(
            f"AWS has no region {region}: correct spec.backend.sageMaker.region, or the region of"
            " the bucket in spec.artifacts.s3",
            str(call.question),
        )

    def _check_outage(self, call: _Call) -> None:
        """Nobody waits where others have waited in vain just now."""
        # Who listens to a queue is alone there, and has pauses of its own.
        if call.service == "sqs" or self._outages.admits(call.place):
            return
        error = UnavailableError(
            f"AWS has not answered of late: {call.question} is put off", str(call.question)
        )
        error.leaves_doubt = False  # nothing was sent
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
            question = call.question
            self._observer.observe_aws_wait(
                question.service, question.operation, time.monotonic() - started
            )

    async def _send(self, call: _Call) -> Answer:
        """One call; with new credentials once, where the old ones are refused."""
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
            cause = explain(error, call.question)
            call.leaves_doubt |= cause.leaves_doubt
            call.is_answered |= is_answer(error)
            if isinstance(cause, ExpiredError):
                raise _StaleError(session, cause) from None
            raise cause from error
        finally:
            question = call.question
            self._observer.observe_aws_call(
                question.service, question.operation, code, time.monotonic() - started
            )


class _StaleError(Exception):
    """The credentials of a session were refused."""

    def __init__(self, session: Session, cause: AwsError) -> None:
        super().__init__(cause.message)
        self.session = session
        self.cause = cause


class _Silence:
    def observe_aws_call(self, service: str, operation: str, code: str, seconds: float) -> None:
        pass

    def observe_aws_wait(self, service: str, operation: str, seconds: float) -> None:
        pass
