"""Hints that a job of SageMaker has changed: EventBridge's events, received from an SQS queue.

Events may be lost, duplicated and out of order. So an event only triggers a call that describes the
job, and the description is used.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import structlog
from pydantic import BaseModel, ConfigDict, Field
from tenacity import (
    AsyncRetrying,
    RetryCallState,
    retry_if_exception_type,
    wait_random_exponential,
)

from argmin.api.untrusted import EVENT, UntrustedError, sift, validate
from argmin.aws.errors import AwsError
from argmin.aws.models import JobHint, Message
from argmin.aws.sqs import Queue

POLL_SECONDS = 5
"""Seconds of a long poll; it cannot be cancelled, so a stop may take as long."""
VISIBILITY_SECONDS = 60
LONGEST_PAUSE = 60.0
_PARTS = ("name", "arn", "status")
"""What an event reports of a job, in fields such as `TrainingJobName`."""

_log = structlog.get_logger(__name__)

JobTypes = Mapping[str, str]
"""Names of types in SageMaker's API, such as `TrainingJob`, by the detail type of their events."""
HintHandler = Callable[[JobHint], None]
"""Called for each hint; it must not block or raise."""
PollObserver = Callable[[AwsError | None], None]
"""Called after each receive, with the error if it failed."""
EventObserver = Callable[[str], None]
"""Called for each message with `hint`, `other` (another event) or `malformed`."""


class _Event(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)

    detail_type: str = Field(alias="detail-type")
    detail: Any = None


class MalformedEventError(ValueError):
    """A message that is not an EventBridge event."""


def read_hint(body: str, job_types: JobTypes) -> JobHint | None:
    """The hint in a message; `None` for an event about something else.

    Raises:
        MalformedEventError: it is not an event, or one about a job without a name.
    """
    try:
        event = validate(_Event, sift(body, EVENT))
        noun = job_types.get(event.detail_type)
        if noun is None:
            return None
        detail = event.detail if isinstance(event.detail, dict) else {}
        parts = {part: detail.get(f"{noun}{part.capitalize()}") for part in _PARTS}
        given = {part: value for part, value in parts.items() if value is not None}
        return validate(JobHint, {"job_type": noun, **given})
    except UntrustedError as error:
        raise MalformedEventError(str(error)) from None


@dataclass
class Listener:
    """Receives the messages of one queue."""

    queue: Queue
    job_types: JobTypes
    on_hint: HintHandler
    observe_event: EventObserver = field(default=lambda _: None)
    observe_poll: PollObserver = field(default=lambda _: None)

    async def listen(self) -> None:
        """Receive messages until cancelled; retried while the queue is unavailable."""
        retrying = AsyncRetrying(
            retry=retry_if_exception_type(AwsError),
            wait=wait_random_exponential(multiplier=1, max=LONGEST_PAUSE),
            before_sleep=self._complain,
        )
        while True:
            await retrying(self._try_poll)

    async def _try_poll(self) -> None:
        try:
            await self.poll()
        except AwsError as error:
            self.observe_poll(error)
            raise
        self.observe_poll(None)

    def _complain(self, state: RetryCallState) -> None:
        error = state.outcome.exception() if state.outcome else None
        pause = state.next_action.sleep if state.next_action else 0.0
        _log.debug(
            "the queue of events does not answer",
            queue=self.queue.url,
            error=str(error),
            retry_in=round(pause, 1),
        )

    async def poll(self) -> int:
        """Receive once and pass on the hints; returns the number of messages.

        A message is deleted after it was passed on: after a crash in between it is redelivered.
        """
        messages = await self.queue.receive(POLL_SECONDS, VISIBILITY_SECONDS)
        for hint in self._read(messages):
            self.on_hint(hint)
        await self.queue.delete(messages)
        return len(messages)

    def _read(self, messages: Sequence[Message]) -> list[JobHint]:
        """The hints in messages, one for each job."""
        hints: dict[tuple[str, str], JobHint] = {}
        for message in messages:
            try:
                hint = read_hint(message.body, self.job_types)
            except MalformedEventError as error:
                _log.warning("a message is no event", message=message.id, error=str(error))
                self.observe_event("malformed")
                continue
            self.observe_event("hint" if hint else "other")
            if hint:
                hints[hint.job_type, hint.arn or hint.name] = hint
        return list(hints.values())
