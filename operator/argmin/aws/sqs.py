"""Amazon SQS: receiving."""

from __future__ import annotations

from collections.abc import Sequence

from argmin.aws.client import Aws
from argmin.aws.errors import UnavailableError
from argmin.aws.models import Access, Message

BATCH = 10
"""Messages that SQS takes or gives at once."""
_SERVICE = "sqs"


class Queue:
    """One queue; every method raises `argmin.aws.errors`."""

    def __init__(self, aws: Aws, access: Access, url: str) -> None:
        self._aws = aws
        self._access = access
        self.url = url

    async def receive(self, wait_seconds: int, visibility_seconds: int) -> tuple[Message, ...]:
        """Up to ten messages, as soon as there is one; none after `wait_seconds` (at most 20).

        Who receives a message has it alone for `visibility_seconds`, and deletes it or gets it
        again.
        """
        answer = await self._aws.call(
            self._access,
            _SERVICE,
            "receive_message",
            {
                "QueueUrl": self.url,
                "MaxNumberOfMessages": BATCH,
                "WaitTimeSeconds": wait_seconds,
                "VisibilityTimeout": visibility_seconds,
            },
            extra_seconds=wait_seconds,
        )
        return tuple(
            Message(m["MessageId"], m["ReceiptHandle"], m["Body"])
            for m in answer.get("Messages", ())
        )

    async def delete(self, messages: Sequence[Message]) -> None:
        """Delete messages, at most ten.

        Raises:
            UnavailableError: some were not deleted; they will come again.
        """
        entries = [{"Id": str(i), "ReceiptHandle": m.receipt} for i, m in enumerate(messages)]
        if not entries:
            return
        answer = await self._aws.call(
            self._access,
            _SERVICE,
            "delete_message_batch",
            {"QueueUrl": self.url, "Entries": entries},
        )
        failed = answer.get("Failed", ())
        if failed:
            raise UnavailableError(
                f"{len(failed)} of {len(entries)} messages were not deleted:"
                f" {failed[0].get('Message') or failed[0].get('Code')}",
                "sqs:DeleteMessageBatch",
            )
