"""The intake: the HTTP server to which runs deliver results and report progress.

Senders are authenticated by `authentication`; a run can change only the object that its own pod
belongs to. Every replica accepts results; only the leader accepts progress.
"""

from __future__ import annotations

import math
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

import structlog
from aiohttp import web

from argmin.api.progress import ProgressReport, find_nonsense
from argmin.api.run import INTAKE_PATH, PROGRESS_PATH
from argmin.api.text import clean
from argmin.api.untrusted import DELIVERY, PROGRESS, UntrustedError, read_document
from argmin.plan import Resource
from argmin.runtime.intake.authentication import Authenticator, ReadRuns, digest_token
from argmin.runtime.intake.bodies import Bodies
from argmin.runtime.intake.progress import ProgressStore
from argmin.runtime.intake.rates import Rates
from argmin.runtime.intake.results import keep_result, read_delivery
from argmin.runtime.kube.client import Cluster
from argmin.runtime.kube.errors import ApiError, InvalidError, RefusalError

_log = structlog.get_logger(__name__)

_RESULT_LIMIT = DELIVERY.bytes
_REPORT_LIMIT = PROGRESS.bytes
_RESULTS_TOTAL = 16 * _RESULT_LIMIT
"""Bytes for all bodies together; a body needs several times its length while it is parsed."""
_REPORTS_TOTAL = 256 * _REPORT_LIMIT

_RESULTS_A_SECOND, _RESULTS_AT_ONCE = 0.5, 5.0
_REPORTS_A_SECOND, _REPORTS_AT_ONCE = 2.0, 4.0
"""Rates for one pod."""

_MESSAGE_LIMIT = 500

Handler = Callable[[web.Request], Awaitable[web.Response]]


class Intake:
    """Receives results and progress."""

    def __init__(
        self,
        cluster: Cluster,
        owners: Mapping[Resource, ReadRuns],
        progress_store: ProgressStore,
        is_leading: Callable[[], bool],
        answered: Callable[[str, int], None],
    ) -> None:
        """Connect the intake to what it uses.

        Args:
            cluster: the API server.
            owners: the types that may own runs, with a function that reads the runs of an object.
            progress_store: records their progress.
            is_leading: whether this process leads.
            answered: called with the path and the HTTP status of every response.
        """
        self._cluster = cluster
        self._senders = Authenticator(cluster, owners)
        self._progress_store = progress_store
        self._is_leading = is_leading
        self._answered = answered
        self._results = _Lane(
            Bodies(_RESULT_LIMIT, _RESULTS_TOTAL), Rates(_RESULTS_A_SECOND, _RESULTS_AT_ONCE)
        )
        self._reports = _Lane(
            Bodies(_REPORT_LIMIT, _REPORTS_TOTAL), Rates(_REPORTS_A_SECOND, _REPORTS_AT_ONCE)
        )

    def build(self) -> web.Application:
        """The application that handles `POST INTAKE_PATH` and `POST PROGRESS_PATH`."""
        app = web.Application(client_max_size=_RESULT_LIMIT)
        app.router.add_post(INTAKE_PATH, self._explain(self._take_result))
        app.router.add_post(PROGRESS_PATH, self._explain(self._take_progress))
        return app

    def _explain(self, handle: Handler) -> Handler:
        """Wrap `handle` so that errors become responses with a message."""

        async def answer(request: web.Request) -> web.Response:
            try:
                response = await handle(request)
            except RefusalError as refusal:
                why = _fold(refusal.message)
                # Refusals for rate are frequent: they are logged at debug level only.
                write = _log.debug if refusal.status == 429 else _log.info
                write("refused", path=request.path, status=refusal.status, why=why)
                response = _respond(refusal.status, why, refusal.retry_after)
            except ApiError as error:
                why = _fold(error.message)
                _log.warning("not taken", path=request.path, error=why)
                response = _respond(_status_of(error), why)
            self._answered(request.path, response.status)
            return response

        return answer

    async def _take_result(self, request: web.Request) -> web.Response:
        token = self._results.admit(request)
        sender = await self._senders.authenticate(token, request.remote or "")
        async with self._results.bodies.read(request, sender) as body:
            delivery = read_delivery(body)
            sender.check_claim(delivery.owner)
            name = await keep_result(self._cluster, sender, delivery)
        return web.json_response({"configMap": name})

    async def _take_progress(self, request: web.Request) -> web.Response:
        if not self._is_leading():
            return _respond(503, "not leading")  # not logged: it happens all the time
        token = self._reports.admit(request)
        sender = await self._senders.authenticate_cached(token, request.remote or "")
        async with self._reports.bodies.read(request, sender) as body:
            report = read_report(body)
        sender.check_claim(report.owner)
        key = sender.resource.key(sender.namespace, report.owner)
        self._progress_store.record(
            key, sender.owner["uid"], sender.run, sender.pod, report.progress
        )
        return web.json_response({})


@dataclass(frozen=True)
class _Lane:
    """The limits of one endpoint: bytes at once, and requests a second."""

    bodies: Bodies
    rates: Rates

    def admit(self, request: web.Request) -> str:
        """The token of a request; raises `RefusalError` above the sender's rate."""
        token = _read_token(request)
        wait = self.rates.take(digest_token(token))
        if wait:
            raise RefusalError(429, "too many requests with this token", wait)
        return token


def _fold(message: str) -> str:
    """One short line of a message that may quote what a sender wrote."""
    return " ".join(clean(message[:_MESSAGE_LIMIT]).split())


def _respond(status: int, message: str, retry_after: float | None = None) -> web.Response:
    headers = {} if retry_after is None else {"Retry-After": str(math.ceil(retry_after))}
    return web.json_response({"error": message}, status=status, headers=headers)


def _status_of(error: ApiError) -> int:
    if isinstance(error, InvalidError):
        return 422
    return 503 if error.transient else 502


def _read_token(request: web.Request) -> str:
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme != "Bearer" or not token:
        raise RefusalError(401, "send the run's token as Authorization: Bearer …")
    return token


def read_report(body: bytes) -> ProgressReport:
    """Read a report of progress.

    Raises:
        RefusalError: it cannot be parsed, or a number in it is not finite.
    """
    try:
        report = read_document(ProgressReport, body, PROGRESS)
    except UntrustedError:
        said = "the body is no report: send owner, run and progress as JSON"
        raise RefusalError(422, said) from None
    nonsense = find_nonsense(report.progress)
    if nonsense is not None:
        raise RefusalError(422, f"progress.{nonsense} is no decimal number")
    return report
