"""CloudWatch Logs: what jobs write, and what argmin reads of it."""

from __future__ import annotations

from collections.abc import Callable

from tests.aws.iam.call import Call
from tests.aws.iam.request import Request


def name_group(call: Call) -> str:
    """The ARN of a log group as it is evaluated: a policy without `:*` at its end matches not."""
    return call.name_resource("logs", f"log-group:{_group_of(call)}:log-stream:")


def name_stream(call: Call) -> str:
    """The ARN of a log stream."""
    return f"{name_group(call)}{call.parameters['logStreamName']}"


def _group_of(call: Call) -> str:
    identifier: str = call.parameters.get("logGroupIdentifier", "")
    name: str = call.parameters.get("logGroupName", "")
    return name or identifier.partition(":log-group:")[2] or identifier


def _on_group(action: str) -> Callable[[Call], tuple[Request, ...]]:
    return lambda call: (call.request(action, name_group(call)),)


def _on_stream(action: str) -> Callable[[Call], tuple[Request, ...]]:
    return lambda call: (call.request(action, name_stream(call)),)


OPERATIONS = {
    "CreateLogGroup": _on_group("logs:CreateLogGroup"),
    "CreateLogStream": _on_stream("logs:CreateLogStream"),
    "DescribeLogStreams": _on_group("logs:DescribeLogStreams"),
    "FilterLogEvents": _on_group("logs:FilterLogEvents"),
    "GetLogEvents": _on_stream("logs:GetLogEvents"),
    "PutLogEvents": _on_stream("logs:PutLogEvents"),
}
