"""What a request is, before anybody answers it: service, operation, region, caller, subject."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, unquote

from moto.core.parse import PROTOCOL_PARSERS
from moto.core.request import Request as MotoRequest
from moto.core.routing import NotFound, get_service_router
from werkzeug.exceptions import MethodNotAllowed

from tests.aws.control import REGION
from tests.aws.server.errors import AwsError
from tests.aws.server.models import find_operation, load_service

Environ = dict[str, Any]

_SCOPE = re.compile(r"Credential=([^/]+)/\d{8}/([^/]+)/([^/]+)/aws4_request")
# The member that says what a request is about, where it has one: the first of these that it has.
_SUBJECTS = (
    re.compile(r"StreamName(Prefix)?$", re.I),
    re.compile(r"(JobName|QueueUrl|QueueName|RoleArn|ResourceArn|GroupName|^Name)$", re.I),
)
_JSON = ("json", "rest-json")


@dataclass(frozen=True)
class Incoming:
    """A request that is not yet answered."""

    environ: Environ
    service: str
    operation: str
    region: str
    access_key: str
    body: bytes | None
    """The body where it was read: not that of S3's uploads, which may be large."""

    def parse(self) -> Mapping[str, Any]:
        """The request by the names of botocore's model; of S3's without a large body.

        Raises:
            AwsError: SerializationException where the body is no such request.
        """
        protocol = load_service(self.service).metadata["protocol"]
        if protocol in _JSON:
            return _parse_json(self.body or b"")
        request = MotoRequest(rewind(self.environ, self.body or b""))
        operation, uri = find_operation(self.service, self.operation), {}
        if protocol.startswith("rest"):
            operation, uri = get_service_router(self.service).match(request)
        parsed: Mapping[str, Any] = PROTOCOL_PARSERS[protocol](operation).parse(
            {
                "method": request.method,
                "values": request.values,
                "headers": request.headers,
                "body": request.data,
                "url_path": request.path,
                "url_params": uri,
            }
        )
        return parsed

    @property
    def subject(self) -> str:
        """What the request is about, for people who read the recorded calls."""
        if self.service == "s3":
            return unquote(self.environ.get("PATH_INFO", "")).strip("/")
        try:
            request = self.parse()
        except AwsError:
            return ""
        named = (
            str(value)
            for subject in _SUBJECTS
            for key, value in request.items()
            if subject.search(key)
        )
        return next(named, "")


def read_request(environ: Environ) -> Incoming:
    """Identify a request by its signature; what is not signed is taken for S3's."""
    scope = _SCOPE.search(environ.get("HTTP_AUTHORIZATION", "")) or _SCOPE.search(
        "Credential=" + unquote(_query(environ).get("X-Amz-Credential", ""))
    )
    access_key, region, service = scope.groups() if scope else ("", REGION, "s3")
    is_bulky = service == "s3" and environ["REQUEST_METHOD"] != "POST"
    body = None if is_bulky else _read_body(environ)
    operation = _name_operation(service, environ, body)
    return Incoming(environ, service, operation, region, access_key, body)


def rewind(environ: Environ, body: bytes | None) -> Environ:
    """The request as it came, for one more reader."""
    if body is None:
        return environ
    return {**environ, "wsgi.input": io.BytesIO(body), "CONTENT_LENGTH": str(len(body))}


def _read_body(environ: Environ) -> bytes:
    length = int(environ.get("CONTENT_LENGTH") or 0)
    body: bytes = environ["wsgi.input"].read(length)
    return body


def _name_operation(service: str, environ: Environ, body: bytes | None) -> str:
    target: str = environ.get("HTTP_X_AMZ_TARGET", "")
    if target:
        return target.rpartition(".")[2]
    action = parse_qs((body or b"").decode(errors="replace")).get("Action")
    return action[0] if action else _route(service, environ)


def _route(service: str, environ: Environ) -> str:
    try:
        request = MotoRequest({**environ, "wsgi.input": io.BytesIO()})
        operation, _ = get_service_router(load_service(service).service_name).match(request)
    except (NotFound, MethodNotAllowed):
        return "Unknown"
    return str(operation.name)


def _query(environ: Environ) -> dict[str, str]:
    return {key: values[0] for key, values in parse_qs(environ.get("QUERY_STRING", "")).items()}


def _parse_json(body: bytes) -> Mapping[str, Any]:
    try:
        parsed = json.loads(body or b"{}")
    except ValueError as error:
        raise AwsError("SerializationException", f"the body is no JSON: {error}") from None
    if not isinstance(parsed, dict):
        raise AwsError("SerializationException", "the body is no JSON object")
    return parsed
