"""SQS: the queue of events."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import urlsplit

from tests.aws.iam.call import Call
from tests.aws.iam.request import Request


def name_queue(call: Call) -> str:
    """The ARN of a queue, from its URL, which names its account too, or from its name alone."""
    if "QueueName" in call.parameters:
        return call.name_resource("sqs", call.parameters["QueueName"])
    account, name = urlsplit(call.parameters["QueueUrl"]).path.strip("/").split("/")[-2:]
    return f"arn:aws:sqs:{call.region}:{account}:{name}"


def _on_queue(action: str) -> Callable[[Call], tuple[Request, ...]]:
    return lambda call: (call.request(action, name_queue(call)),)


OPERATIONS = {
    "ChangeMessageVisibility": _on_queue("sqs:ChangeMessageVisibility"),
    "ChangeMessageVisibilityBatch": _on_queue("sqs:ChangeMessageVisibility"),
    "DeleteMessage": _on_queue("sqs:DeleteMessage"),
    "DeleteMessageBatch": _on_queue("sqs:DeleteMessage"),
    "GetQueueAttributes": _on_queue("sqs:GetQueueAttributes"),
    "GetQueueUrl": _on_queue("sqs:GetQueueUrl"),
    "ReceiveMessage": _on_queue("sqs:ReceiveMessage"),
}
