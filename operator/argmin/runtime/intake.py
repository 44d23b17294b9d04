"""The intake: where runs hand over their results, and tell how their searches get on.

Who sends is found out by `senders`. A run can reach nothing but the object that its own pod
belongs to. Every replica takes results; progress is taken only where it is written down.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Iterable

import structlog
from aiohttp import web
from pydantic import ValidationError

from argmin.api.progress import ProgressReport, find_nonsense
from argmin.api.run import INTAKE_PATH, PROGRESS_PATH, RESULT_LIMIT_BYTES
from argmin.plan import Key, Resource
from argmin.runtime.cluster import Cluster
from argmin.runtime.errors import ApiError, InvalidError, RefusalError
from argmin.runtime.progress import ProgressBoard
from argmin.runtime.results import keep_result, read_delivery
from argmin.runtime.senders import Senders

_log = structlog.get_logger(__name__)

_RESULT_LIMIT = RESULT_LIMIT_BYTES * 4 // 3 + 64 * 1024
_REPORT_LIMIT = 16 * 1024
_BODIES_AT_ONCE = 8
"""A body of the largest size takes several megabytes while it is read and checked."""
_BODY_SECONDS = 60.0

Handler = Callable[[web.Request], Awaitable[web.Response]]


class Intake:
    """Takes results and progress in."""

    def __init__(
        self,
        cluster: Cluster,
        resources: Iterable[Resource],
        board: ProgressBoard,
        is_leading: Callable[[], bool],
        answered: Callable[[str, int], None],
    ) -> None:
        """`resources` are those that runs may belong to; `board` takes their progress.

        `answered` is told the path and the HTTP status of every answer.
        """
        self._cluster = cluster
        self._senders = Senders(cluster)
        self._resources = {resource.kind: resource for resource in resources}
        self._board = board
        self._is_leading = is_leading
        self._answered = answered
        self._bodies = asyncio.Semaphore(_BODIES_AT_ONCE)

    def build(self) -> web.Application:
        """The application that answers `POST INTAKE_PATH` and `POST PROGRESS_PATH`."""
        app = web.Application(client_max_size=_RESULT_LIMIT)
        app.router.add_post(INTAKE_PATH, self._explain(self._take_result))
        app.router.add_post(PROGRESS_PATH, self._explain(self._take_progress))
        return app

    def _explain(self, handle: Handler) -> Handler:
        """What `handle` does, with answers that tell the sender what went wrong."""

        async def answer(request: web.Request) -> web.Response:
            try:
                response = await handle(request)
            except RefusalError as refusal:
                _log.info("refused", path=request.path, status=refusal.status, why=refusal.message)
                response = _tell(refusal.status, refusal.message)
            except ApiError as error:
                _log.warning("not taken", path=request.path, error=error.message)
                response = _tell(_status_of(error), error.message)
            self._answered(request.path, response.status)
            return response

        return answer

    async def _take_result(self, request: web.Request) -> web.Response:
        sender = await self._senders.identify(_read_token(request))
        async with self._bodies:
            delivery = read_delivery(await _read_body(request, _RESULT_LIMIT))
            sender.check_claim(delivery.owner)
            name = await keep_result(self._cluster, sender, delivery)
        return web.json_response({"configMap": name})

    async def _take_progress(self, request: web.Request) -> web.Response:
        if not self._is_leading():
            return _tell(503, "not leading")  # no news for the log: it happens all the time
        sender = await self._senders.recognize(_read_token(request))
        report = _read_report(await _read_body(request, _REPORT_LIMIT))
        sender.check_claim(report.owner)
        resource = self._resources.get(sender.owner["kind"])
        if resource is None:
            raise RefusalError(403, f"nothing is to be known of a {sender.owner['kind']}")
        key = Key(resource, sender.namespace, report.owner)
        self._board.post(key, sender.owner["uid"], sender.pod, report.progress)
        return web.json_response({})


def _tell(status: int, message: str) -> web.Response:
    return web.json_response({"error": message}, status=status)


def _status_of(error: ApiError) -> int:
    if isinstance(error, InvalidError):
        return 422
    return 503 if error.transient else 502


def _read_token(request: web.Request) -> str:
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme != "Bearer" or not token:
        raise RefusalError(401, "send the run's token as Authorization: Bearer …")
    return token


async def _read_body(request: web.Request, limit: int) -> bytes:
    try:
        async with asyncio.timeout(_BODY_SECONDS):
            return await request.clone(client_max_size=limit).read()
    except TimeoutError:
        raise RefusalError(408, f"the body did not come within {_BODY_SECONDS:g} s") from None
    except web.HTTPRequestEntityTooLarge:
        raise RefusalError(413, f"the body is over {limit} bytes") from None


def _read_report(body: bytes) -> ProgressReport:
    try:
        report = ProgressReport.model_validate(json.loads(body))
    except (ValueError, ValidationError):
        said = "the body is no report: send owner, run and progress as JSON"
        raise RefusalError(422, said) from None
    name = find_nonsense(report.progress)
    if name is not None:
        value = report.progress.to_wire()[name]
        raise RefusalError(422, f"progress.{name}: {value!r} is no decimal number")
    return report
