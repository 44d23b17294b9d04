"""The connection of one process to AWS, opened when the first run is delegated.

Its libraries take more memory than all the rest of the operator.
"""

from __future__ import annotations

import asyncio
import os
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

from argmin.aws.models import Access
from argmin.aws.rate_limit import Rates
from argmin.backends.sagemaker.backend import SageMakerJobs
from argmin.backends.sagemaker.cache import JobCache, Wake
from argmin.backends.sagemaker.clients import Jobs, Logs, Objects
from argmin.backends.sagemaker.event_health import EventHealth
from argmin.backends.sagemaker.jobs import list_event_types
from argmin.backends.sagemaker.polling import Polling

if TYPE_CHECKING:
    from argmin.aws.client import Aws, Observer

_QUEUE_REGION = re.compile(r"^https://sqs\.([a-z0-9-]+)\.amazonaws\.")

EventObserver = Callable[[str], None]
"""Called for each message of the queue, with its kind."""


class AwsClients:
    """The clients of the backends, which share one pool of calls."""

    def __init__(self, aws: Aws) -> None:
        self._aws = aws

    def jobs(self, access: Access) -> Jobs:
        """The jobs that an identity can reach."""
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
    """Settings of this process for AWS."""

    queue_url: str = ""
    """SQS queue with the state changes of jobs; without one argmin polls them."""
    shortest_pause: timedelta = Polling.shortest
    """Polling interval of a young job without events."""
    threads: int = 16
    """Number of concurrent calls."""
    rates: Rates = field(default_factory=Rates)


class Delegation:
    """The connection to AWS; to be closed at the end."""

    def __init__(
        self,
        settings: DelegationSettings,
        observer: Observer,
        observe_event: EventObserver,
        is_leading: Callable[[], bool] = lambda: True,
    ) -> None:
        """`is_leading` is called just before a job is created."""
        self._settings = settings
        self._is_leading = is_leading
        self._observer = observer
        self._observe_event = observe_event
        self._cache = JobCache(os.environ.get("AWS_REGION", ""))
        self._polling = Polling(settings.shortest_pause, has_events=bool(settings.queue_url))
        self._event_health = EventHealth(self._on_change, settings.shortest_pause)
        self._aws: Aws | None = None

    def open_jobs(self) -> SageMakerJobs:
        """SageMaker's jobs."""
        clients = AwsClients(self._open())
        return SageMakerJobs(clients, self._polling, self._cache, is_leading=self._is_leading)

    @property
    def is_queue_silent(self) -> bool:
        """Whether the queue of events does not respond, so that jobs are polled as without one."""
        return self._event_health.is_silent

    def connect(self, wake: Wake) -> None:
        """Set the callback for the owner of each job with an event."""
        self._cache.connect(wake)

    async def listen(self) -> None:
        """Process the messages of the queue until cancelled; without a queue only wait."""
        url = self._settings.queue_url
        if not url:
            await asyncio.Event().wait()
        from argmin.aws.event_listener import Listener
        from argmin.aws.sqs import Queue

        region = _QUEUE_REGION.match(url)
        queue = Queue(self._open(), Access(region=region[1] if region else ""), url)
        self._event_health.start()
        await Listener(
            queue,
            list_event_types(),
            self._cache.record_hint,
            self._observe_event,
            self._event_health.note,
        ).listen()

    def close(self) -> None:
        """Close the connection."""
        if self._aws is not None:
            self._aws.close()

    def _on_change(self, has_events: bool) -> None:
        """Switch between events and polling; missed events are replaced by describing all jobs."""
        self._polling.has_events = has_events
        if not has_events:
            self._cache.hint_at_all()

    def _open(self) -> Aws:
        if self._aws is None:
            from argmin.aws.client import Aws, CallSettings

            calls = CallSettings(threads=self._settings.threads, rates=self._settings.rates)
            self._aws = Aws(calls, self._observer)
        return self._aws
