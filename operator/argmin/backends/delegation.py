"""AWS for the backends of one process: opened when something is delegated, and not before.

Its libraries take more memory than all the rest of the operator.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

from argmin.aws.budget import Rates
from argmin.aws.models import Access
from argmin.backends.hearing import Hearing
from argmin.backends.sagemaker import SageMakerJobs
from argmin.backends.sagemaker_board import Board, Wake
from argmin.backends.sagemaker_clients import Jobs, Logs, Objects
from argmin.backends.sagemaker_pace import Pace

if TYPE_CHECKING:
    from argmin.aws.calls import Aws, Observer

_QUEUE_REGION = re.compile(r"^https://sqs\.([a-z0-9-]+)\.amazonaws\.")

EventObserver = Callable[[str], None]
"""Told of each message of the queue, by its kind."""


class AwsClients:
    """The clients of the backends, over one pool of calls."""

    def __init__(self, aws: Aws) -> None:
        self._aws = aws

    def jobs(self, access: Access) -> Jobs:
        """The processing jobs that an identity can reach."""
        from argmin.aws.sagemaker import SageMaker

        return SageMaker(self._aws, access)

    def objects(self, access: Access) -> Objects:
        """The buckets that an identity can reach."""
        from argmin.aws.s3 import S3

        return S3(self._aws, access)

    def logs(self, access: Access) -> Logs:
        """The logs that an identity can reach."""
        from argmin.aws import logs

        return logs.Logs(self._aws, access)


@dataclass(frozen=True)
class DelegationSettings:
    """How this process deals with AWS."""

    queue_url: str = ""
    """SQS queue with the state changes of jobs; without one argmin asks for them."""
    shortest_pause: timedelta = Pace.shortest
    """How soon a young job is asked for again, where no event tells of it."""
    threads: int = 16
    """Calls at once."""
    rates: Rates = field(default_factory=Rates)


class Delegation:
    """What this process has at AWS; close it in the end."""

    def __init__(
        self,
        settings: DelegationSettings,
        observer: Observer,
        observe_event: EventObserver,
        is_leading: Callable[[], bool] = lambda: True,
    ) -> None:
        """`is_leading` is asked just before something is made that another process may undo."""
        self._settings = settings
        self._is_leading = is_leading
        self._observer = observer
        self._observe_event = observe_event
        self._board = Board()
        self._pace = Pace(settings.shortest_pause, hears_events=bool(settings.queue_url))
        self._hearing = Hearing(self._turn, settings.shortest_pause)
        self._aws: Aws | None = None

    def open_jobs(self) -> SageMakerJobs:
        """SageMaker's processing jobs."""
        clients = AwsClients(self._open())
        return SageMakerJobs(clients, self._pace, self._board, is_leading=self._is_leading)

    @property
    def is_deaf(self) -> bool:
        """Whether the queue of events is silent, and jobs are asked for as without one."""
        return self._hearing.is_silent

    def connect(self, wake: Wake) -> None:
        """Have `wake` called for the owner of each job that an event tells of."""
        self._board.connect(wake)

    async def listen(self) -> None:
        """Pass on what the queue says, until cancelled; without a queue, wait for that."""
        url = self._settings.queue_url
        if not url:
            await asyncio.Event().wait()
        from argmin.aws.events import Listener
        from argmin.aws.sqs import Queue

        region = _QUEUE_REGION.match(url)
        queue = Queue(self._open(), Access(region=region[1] if region else ""), url)
        self._hearing.start()
        await Listener(queue, self._board.hear, self._observe_event, self._hearing.note).listen()

    def close(self) -> None:
        """Call AWS no more."""
        if self._aws is not None:
            self._aws.close()

    def _turn(self, hears_events: bool) -> None:
        """Events come no more, or again; what was missed in between is made up for by asking."""
        self._pace.hears_events = hears_events
        if not hears_events:
            self._board.doubt_all()

    def _open(self) -> Aws:
        if self._aws is None:
            from argmin.aws.calls import Aws, CallSettings

            calls = CallSettings(threads=self._settings.threads, rates=self._settings.rates)
            self._aws = Aws(calls, self._observer)
        return self._aws
