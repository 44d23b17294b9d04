"""What the SageMaker jobs of a job printed, from CloudWatch by the person's own AWS credentials."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from typing import TYPE_CHECKING, Self

from argmin.api.backend import SageMakerStatus
from argmin.api.run import LOG_KEY
from argmin.aws.models import Access
from argmin.backends.sagemaker.jobs import read_job_type
from argmin.cli.cluster.session import Session
from argmin.cli.errors import CliError, ExitStatus
from argmin.cli.kinds.run_view import RunView
from argmin.cli.logs.cloudwatch import JobStreams, LogStreamRef
from argmin.cli.output.formatting import open_console
from argmin.cli.results.fetch import fetch_part

if TYPE_CHECKING:
    from argmin.aws.client import Aws

SETTLE_SECONDS = 3.0
"""How long after the end of a job its last lines may take to be in CloudWatch."""
_SHORTEST_PAUSE = 2.0
_LONGEST_PAUSE = 5.0
_SECONDS_A_STREAM = 0.25
_INSTALL = (
    "reading the log of a job on SageMaker needs boto3, which is not installed here:"
    " pip install 'argmin-operator[operator]'"
)


class SageMakerLogs:
    """The logs of a job's attempts on SageMaker; use it as a context."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._aws: Aws | None = None
        self._streams: JobStreams | None = None
        self._awaited = ""
        self.has_read = False
        """Whether there was anything to read so far."""
        self.pause_seconds = _SHORTEST_PAUSE

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._aws is not None:
            self._aws.close()

    async def read_on(self, run: RunView, *, follow: bool) -> AsyncGenerator[str]:
        """What is new in the log of the last attempt, and of the one before it.

        Of a job that has ended, the log in its store where there is one.

        Raises:
            CliError: AWS refuses the person, or does not answer.
        """
        if run.is_finished and not self.has_read:
            kept = await self._fetch_kept(run)
            if kept is not None:
                self.has_read = True
                yield kept
                return
        is_news = False
        async for line in self._read_attempts(run):
            is_news = True
            yield line
        if follow and run.is_finished:
            await asyncio.sleep(SETTLE_SECONDS)
            async for line in self._read_attempts(run):
                yield line
        self._choose_pause(is_news)

    async def read_kept(self, run: RunView) -> str:
        """Nothing: the stored log is read first.

        Raises:
            CliError: always; it says where the log was looked for.
        """
        name, stream = run.owner, find_stream(run.backend_status)
        if stream is None:
            problem = "argmin has not handed it to SageMaker"
        elif run.is_finished:
            problem = (
                f"by your AWS credentials there is none of {stream}, which is so where no container"
                " has started, or where they are of another account; and none was kept with a"
                " result"
            )
        else:
            problem = "waiting for SageMaker to start the container; stay for it with -f"
        raise CliError(
            f"{name} has no log: {problem}; see `argmin watch {name}`", ExitStatus.NOT_FOUND
        )

    def report_waiting(self, run: RunView) -> None:
        """Report what is waited for, once for each attempt that has no log yet."""
        stream = find_stream(run.backend_status)
        if stream is None or self._awaited == stream.job_name:
            return
        if self._streams is None or not self._streams.is_found:
            self._awaited = stream.job_name
            open_console(stderr=True).print(
                f"waiting for SageMaker to start the container, whose log will be {stream}",
                soft_wrap=True,
                highlight=False,
            )

    async def _fetch_kept(self, run: RunView) -> str | None:
        if run.stored is None:
            return None
        try:
            kept = await fetch_part(self._session, run, LOG_KEY)
        except CliError as error:
            if error.status is not ExitStatus.NOT_FOUND:
                raise
            return None  # a store forgets, too: CloudWatch may still know
        return kept.decode(errors="replace") if kept is not None else None

    async def _read_attempts(self, run: RunView) -> AsyncGenerator[str]:
        stream, before = find_stream(run.backend_status), self._streams
        if before and (stream is None or before.ref.job_name != stream.job_name):
            async for line in before.read_on():
                yield line
            self._streams = None
        if stream is None:
            return
        if self._streams is None:
            self._streams = self._open(stream)
        async for line in self._streams.read_on():
            yield line
        self.has_read |= self._streams.is_found

    def _open(self, stream: LogStreamRef) -> JobStreams:
        try:
            from argmin.aws.client import Aws
            from argmin.aws.logs import Logs
        except ModuleNotFoundError as error:
            raise CliError(f"{_INSTALL} ({error})", ExitStatus.NOT_INSTALLED) from None
        if self._aws is None:
            self._aws = Aws()
        return JobStreams(Logs(self._aws, Access(region=stream.region)), stream)

    def _choose_pause(self, is_news: bool) -> None:
        longer = min(self.pause_seconds * 1.5, _LONGEST_PAUSE)
        pause = _SHORTEST_PAUSE if is_news else longer
        count = self._streams.ref.instances if self._streams else 1
        # All read the same account's logs: many instances are read more rarely.
        self.pause_seconds = max(pause, count * _SECONDS_A_STREAM)


def find_stream(status: object) -> LogStreamRef | None:
    """Where CloudWatch has the log of a run's last attempt; `None` without a SageMaker status."""
    if not isinstance(status, SageMakerStatus):
        return None
    job_type, (region, account) = read_job_type(status), _read_arn(status)
    return LogStreamRef(
        group=status.log_group or job_type.log_group,
        job_name=status.job_name,
        prefix=job_type.name_streams(status.job_name),
        region=status.region or region,
        account=account,
        instances=status.instance_count or 1,
    )


def _read_arn(status: SageMakerStatus) -> tuple[str, str]:
    """Region and account of a job; empty as long as it has no ARN."""
    parts = (status.job_arn or "").split(":")
    return (parts[3], parts[4]) if len(parts) > 5 else ("", "")
