"""AWS's errors, and how each protocol writes them."""

from __future__ import annotations

import json
import uuid
from dataclasses import dataclass
from xml.sax.saxutils import escape

from tests.aws.server.models import load_service


@dataclass(frozen=True)
class Reply:
    """An HTTP answer."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes
    error: str = ""


class AwsError(Exception):
    """What an operation raises to be refused in AWS's words."""

    def __init__(self, code: str, message: str, status: int = 400) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.status = status


class ConnectionLostError(ConnectionResetError):
    """The connection is reset instead of an answer; the server takes it for a lost one."""


def render_error(error: AwsError, service: str) -> Reply:
    """The error as the service's protocol writes it."""
    request_id = str(uuid.uuid4())
    protocol = load_service(service).metadata["protocol"]
    if protocol == "rest-xml":
        kind, body = "application/xml", _rest_xml(error, request_id)
    elif protocol == "query":
        kind, body = "text/xml", _query_xml(error, request_id)
    else:
        kind = "application/x-amz-json-1.1"
        body = json.dumps({"__type": error.code, "message": error.message})
    headers = (("Content-Type", kind), ("x-amzn-RequestId", request_id))
    return Reply(error.status, headers, body.encode(), error.code)


def _rest_xml(error: AwsError, request_id: str) -> str:
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f"<Error><Code>{error.code}</Code><Message>{escape(error.message)}</Message>"
        f"<RequestId>{request_id}</RequestId></Error>"
    )


def _query_xml(error: AwsError, request_id: str) -> str:
    fault = "Sender" if error.status < 500 else "Receiver"
    return (
        f"<ErrorResponse><Error><Type>{fault}</Type><Code>{error.code}</Code>"
        f"<Message>{escape(error.message)}</Message></Error>"
        f"<RequestId>{request_id}</RequestId></ErrorResponse>"
    )
