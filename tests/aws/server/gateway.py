"""The way of every request: identify, guard, answer or hand to moto, record."""

from __future__ import annotations

import time
import traceback
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import Any

from moto.core.serialize import get_serializer_class

from tests.aws.control import CONTROL_PATH, Call, Fault, FaultKind
from tests.aws.server.control_api import answer_control
from tests.aws.server.errors import AwsError, ConnectionLostError, Reply, render_error
from tests.aws.server.faults import say
from tests.aws.server.guard import check_permission
from tests.aws.server.incoming import Environ, Incoming, read_request, rewind
from tests.aws.server.models import find_operation, list_regions, load_service
from tests.aws.server.registry import Context, Registry
from tests.aws.server.validation import validate_request
from tests.aws.server.world import World

StartResponse = Callable[..., Any]
Application = Callable[[Environ, StartResponse], Iterable[bytes]]


class Gateway:
    """The WSGI application in front of moto's."""

    def __init__(self, world: World, registry: Registry, moto: Application) -> None:
        self._world = world
        self._registry = registry
        self._moto = moto

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        """Answer one request.

        Raises:
            ConnectionLostError: it is to be reset instead.
        """
        if environ.get("PATH_INFO", "").startswith(CONTROL_PATH):
            return _send(answer_control(self._world, environ), start_response)
        return _send(self._answer_recorded(read_request(environ)), start_response)

    def _answer_recorded(self, incoming: Incoming) -> Reply:
        began, moment = time.monotonic(), datetime.now(UTC)
        caller = self._world.callers.find(incoming.access_key)
        context = Context(caller.account, incoming.region, caller, self._world)
        fault = self._world.faults.take(incoming.service, incoming.operation, caller.arn)
        status, error = 0, "ConnectionReset"
        try:
            if incoming.region not in list_regions():
                raise ConnectionLostError(f"there is no region {incoming.region}")
            reply = self._answer_guarded(incoming, context, fault)
            status, error = reply.status, reply.error
        finally:
            self._world.recorder.record(
                Call(
                    number=0,
                    time=moment,
                    seconds=time.monotonic() - began,
                    service=incoming.service,
                    operation=incoming.operation,
                    region=incoming.region,
                    account=caller.account,
                    access_key=incoming.access_key,
                    principal=caller.arn,
                    resource=incoming.subject,
                    status=status,
                    error=error,
                    fault=fault.id if fault else "",
                )
            )
        return reply

    def _answer_guarded(self, incoming: Incoming, context: Context, fault: Fault | None) -> Reply:
        try:
            if fault and fault.when == "before":
                self._strike(fault, incoming, context.caller.arn)
            self._admit(incoming, context)
            reply = self._answer(incoming, context)
            if fault and fault.when == "after":
                self._strike(fault, incoming, context.caller.arn)
        except AwsError as error:
            return render_error(error, incoming.service)
        return reply

    def _strike(self, fault: Fault, incoming: Incoming, caller: str) -> None:
        self._world.faults.strike(fault, incoming.service, incoming.operation, caller)

    def _admit(self, incoming: Incoming, context: Context) -> None:
        """Throttling, expired sessions and policies.

        Raises:
            AwsError: the call is refused.
        """
        settings = self._world.settings
        expires = context.caller.expires
        if expires and expires < datetime.now(UTC):
            raise say(FaultKind.EXPIRED_TOKEN, incoming.service)
        if not self._world.throttle.admit(
            settings.rates,
            context.account,
            context.region,
            incoming.service,
            incoming.operation,
        ):
            raise say(FaultKind.THROTTLING, incoming.service)
        if settings.iam:
            check_permission(incoming, context)

    def _answer(self, incoming: Incoming, context: Context) -> Reply:
        model = find_operation(incoming.service, incoming.operation)
        if not self._registry.knows(incoming.service):
            return self._forward(incoming, context)
        if model is None:
            raise AwsError("UnknownOperationException", f"no operation {incoming.operation}")
        request = incoming.parse()
        validate_request(model, request)
        operation = self._registry.find(incoming.service, incoming.operation, request)
        if operation is None:
            return self._forward(incoming, context)
        try:
            return _serialize(incoming, operation(request, context))
        except AwsError:
            raise
        except Exception as error:
            traceback.print_exc()
            raise AwsError("InternalFailure", f"the emulator failed: {error}", 500) from error

    def _forward(self, incoming: Incoming, context: Context) -> Reply:
        # moto would look the account up by the access key, which tells it nothing of ours.
        environ = {**incoming.environ, "HTTP_X_MOTO_ACCOUNT_ID": context.account}
        return _collect(self._moto, rewind(environ, incoming.body))


def _serialize(incoming: Incoming, response: object) -> Reply:
    service = load_service(incoming.service)
    serializer = get_serializer_class(service.service_name, service.metadata["protocol"])
    done = serializer(find_operation(incoming.service, incoming.operation)).serialize(response)
    body = done["body"]
    headers = tuple((str(key), str(value)) for key, value in done["headers"].items())
    data = body.encode() if isinstance(body, str) else bytes(body)
    return Reply(int(done["status_code"]), headers, data)


def _collect(application: Application, environ: Environ) -> Reply:
    started: dict[str, Any] = {}

    def start_response(status: str, headers: list[tuple[str, str]], *_: object) -> None:
        started.update(status=status, headers=headers)

    chunks = application(environ, start_response)
    try:
        body = b"".join(chunks)
    finally:
        close = getattr(chunks, "close", None)
        if close:
            close()
    status = int(started["status"].split()[0])
    headers = tuple(started["headers"])
    return Reply(status, headers, body, _error_code(status, headers, body))


def _error_code(status: int, headers: tuple[tuple[str, str], ...], body: bytes) -> str:
    """The error code of moto's answer, as far as it shows."""
    if status < 400:
        return ""
    named = {key.lower(): value for key, value in headers}.get("x-amzn-errortype")
    text = body.decode(errors="replace")
    for start, end in (("<Code>", "</Code>"), ('"__type": "', '"')):
        if not named and start in text:
            named = text.split(start, 1)[1].split(end, 1)[0]
    return (named or str(status)).rpartition("#")[2]


def _send(reply: Reply, start_response: StartResponse) -> Iterable[bytes]:
    headers = [(key, value) for key, value in reply.headers if key.lower() != "content-length"]
    # The answer to HEAD tells the length of a body that does not come with it.
    told = next((value for key, value in reply.headers if key.lower() == "content-length"), None)
    length = told if told is not None and not reply.body else str(len(reply.body))
    start_response(str(reply.status), [*headers, ("Content-Length", length)])
    return [reply.body]
