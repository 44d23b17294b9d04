"""The log of one job of SageMaker in CloudWatch, read forwards: a stream for each instance."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable
from dataclasses import dataclass
from typing import Protocol, TypeVar

from tenacity import (
    AsyncRetrying,
    retry_if_exception_type,
    stop_after_delay,
    wait_random_exponential,
)

from argmin.api.progress import PROGRESS_PREFIX
from argmin.aws.errors import (
    AccessDeniedError,
    AwsError,
    ExpiredError,
    InvalidError,
    NotFoundError,
    RoleNotUsableError,
    ThrottledError,
    UnavailableError,
)
from argmin.aws.models import LogPage
from argmin.cli.errors import CliError, ExitStatus

Result = TypeVar("Result")

_OUTAGE_SECONDS = 60.0
"""Seconds without a response of AWS, after a first one, until reading fails."""
_PAGE_LINES = 10_000


class Logs(Protocol):
    """Logs, as `argmin.aws.logs.Logs`."""

    async def list_streams(self, group: str, prefix: str) -> tuple[str, ...]:
        """Names of the streams of a group that begin with `prefix`."""

    async def read_stream(
        self, group: str, stream: str, token: str | None = None, limit: int = ...
    ) -> LogPage:
        """A page of a stream, forwards from its start or from `token`."""


@dataclass(frozen=True)
class LogStreamRef:
    """The log group and stream prefix of a job of SageMaker."""

    group: str
    job_name: str
    prefix: str
    """What the names of its streams begin with."""
    region: str = ""
    account: str = ""
    """Empty as long as it is not known."""
    instances: int = 1

    def __str__(self) -> str:
        account = f" of account {self.account}" if self.account else ""
        region = f" in {self.region}" if self.region else ""
        return f"{self.job_name} in log group {self.group}{account}{region}"


class JobStreams:
    """The lines of all instances, each once; progress lines are left out."""

    def __init__(self, logs: Logs, stream: LogStreamRef) -> None:
        self.ref = stream
        self._logs = logs
        self._tokens: dict[str, str | None] = {}
        """Token of the next page of each stream."""
        self._has_answered = False

    @property
    def is_found(self) -> bool:
        """Whether a container has started, as far as CloudWatch knows."""
        return bool(self._tokens)

    async def read_on(self) -> AsyncGenerator[str]:
        """What has come since the last reading, one instance after the other.

        Raises:
            CliError: AWS refuses the person, or does not answer.
        """
        if len(self._tokens) < self.ref.instances:
            group, prefix = self.ref.group, self.ref.prefix
            for stream in await self._ask(self._logs.list_streams, group, prefix):
                self._tokens.setdefault(stream, None)
        for stream in tuple(self._tokens):
            async for line in self._read_stream(stream):
                yield line

    async def _read_stream(self, stream: str) -> AsyncGenerator[str]:
        host = stream.removeprefix(self.ref.prefix).rpartition("-")[0]
        label = f"[{host}] " if self.ref.instances > 1 else ""
        while True:
            token = self._tokens[stream]
            page = await self._read_page(stream, token)
            for event in page.events:
                if not event.text.startswith(PROGRESS_PREFIX):
                    yield f"{label}{event.text}\n"
            self._tokens[stream] = page.next_token
            # A page may be empty before the end; at the end the token stays as it is.
            if page.next_token in (token, None):
                return

    async def _read_page(self, stream: str, token: str | None) -> LogPage:
        group = self.ref.group
        return await self._ask(self._logs.read_stream, group, stream, token, _PAGE_LINES)

    async def _ask(self, question: Callable[..., Awaitable[Result]], *of: object) -> Result:
        retrying = AsyncRetrying(
            retry=retry_if_exception_type((UnavailableError, ThrottledError)),
            stop=stop_after_delay(_OUTAGE_SECONDS if self._has_answered else 0),
            wait=wait_random_exponential(multiplier=1, max=10),
            reraise=True,
        )
        try:
            answer: Result = await retrying(question, *of)
        except AwsError as error:
            raise translate_error(error, self.ref) from None
        self._has_answered = True
        return answer


def translate_error(error: AwsError, stream: LogStreamRef) -> CliError:
    """The error for the command line: what is missing, and to whom."""
    match error:
        case AccessDeniedError():
            message = (
                f"{error.message}\nyour own AWS credentials need logs:DescribeLogStreams and"
                f" logs:GetLogEvents for the log of {stream}"
            )
        case RoleNotUsableError():
            message = (
                f"there are no AWS credentials here to read the log of {stream} ({error.code}):"
                " sign in, such as by `aws sso login`, or set AWS_PROFILE, or AWS_ACCESS_KEY_ID"
                " and AWS_SECRET_ACCESS_KEY"
            )
        case ExpiredError():
            message = (
                f"your AWS credentials are refused, they may have expired: sign in anew to read the"
                f" log of {stream} ({error.message})"
            )
        case InvalidError(code="NoRegionError"):
            message = f"no AWS region is known to read the log of {stream}: set AWS_REGION"
        case NotFoundError():
            message = f"the log of {stream} was deleted: {error.message}"
            return CliError(message, ExitStatus.NOT_FOUND)
        case _:
            message = f"the log of {stream} cannot be read: {error.message}"
    return CliError(message, ExitStatus.UNREACHABLE)
