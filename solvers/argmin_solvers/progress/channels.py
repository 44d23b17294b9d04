"""The channels by which a runner reports progress; none of them blocks a search."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from http import HTTPStatus
from http.client import HTTPException
from pathlib import Path
from typing import Protocol

from argmin.api.progress import PROGRESS_FILE, PROGRESS_LIMIT_BYTES, PROGRESS_PREFIX, Progress
from argmin.api.run import PROGRESS_PATH, Intake, ProgressChannel, RunDocument
from argmin_solvers.intake.client import Response, is_sound, post_json
from argmin_solvers.process.log_capture import print_aside
from argmin_solvers.text import shorten

_ENVELOPE_BYTES = 600
"""Room for names of owner and run, of 253 characters each."""
_TIMEOUT_SECONDS = 2.0
_TRIES = 3
"""Where the intake's service leads to a replica that does not lead, another may be behind it."""
_PASSING = (
    HTTPStatus.REQUEST_TIMEOUT,
    HTTPStatus.CONFLICT,
    HTTPStatus.TOO_EARLY,
    HTTPStatus.TOO_MANY_REQUESTS,
)
"""Refusals of this report, or of this moment: a later one may be taken."""


class ChannelClosedError(Exception):
    """The channel accepts no further reports."""


class Channel(Protocol):
    """Sends progress."""

    def send(self, progress: Progress) -> bool:
        """Send; whether it has arrived, as far as can be known.

        Raises:
            ChannelClosedError: it was refused for good.
        """
        ...


def open_channel(document: RunDocument) -> Channel | None:
    """The channel that a job document names; `None` for no progress reports."""
    if document.progress is ProgressChannel.FILE:
        return FileChannel(Path(document.root) / PROGRESS_FILE)
    if document.progress is ProgressChannel.LOG:
        return LogChannel()
    if document.progress is ProgressChannel.INTAKE and document.intake is not None:
        return IntakeChannel(document.intake, document.name, document.run)
    return None


def encode_progress(progress: Progress) -> str:
    """The progress as JSON; metrics are left out, from the last, where it would be too long."""
    for kept in range(len(progress.metrics), -1, -1):
        shown = progress.model_copy(update={"metrics": progress.metrics[:kept]})
        wire = shown.model_dump_json(by_alias=True, exclude_none=True, exclude_defaults=True)
        if len(wire.encode()) <= PROGRESS_LIMIT_BYTES - _ENVELOPE_BYTES:
            break
    return wire


class FileChannel:
    """Appends a line of JSON to a file."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def send(self, progress: Progress) -> bool:
        """Append a line; in one write, so that no reader sees a part of it."""
        try:
            with self._path.open("ab", buffering=0) as file:
                file.write(f"{encode_progress(progress)}\n".encode())
        except OSError as error:
            raise ChannelClosedError(f"{self._path} cannot be written: {error.strerror}") from None
        return True


class LogChannel:
    """Prints a line among those of the run, which `run.log` leaves out."""

    def send(self, progress: Progress) -> bool:
        """Print a line, if there is room for it."""
        return print_aside(f"{PROGRESS_PREFIX}{encode_progress(progress)}")


class IntakeChannel:
    """Posts to the operator's intake."""

    def __init__(
        self,
        intake: Intake,
        owner: str,
        run: str,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`clock` returns monotonic seconds."""
        self._url = intake.url.rstrip("/") + PROGRESS_PATH
        self._token_file = Path(intake.token_path)
        self._owner = owner
        self._run = run
        self._clock = clock
        self._next = float("-inf")
        """When the intake lets us post again."""

    def send(self, progress: Progress) -> bool:
        """Post a report; at once again where it met a replica that does not lead.

        Nothing is posted while the intake has asked to wait: the report counts as not arrived.
        """
        if not is_sound(self._url):
            raise ChannelClosedError(f"{self._url} is no address")
        if self._clock() < self._next:
            return False
        owner, run = json.dumps(self._owner), json.dumps(self._run)
        report = f'{{"owner":{owner},"run":{run},"progress":{encode_progress(progress)}}}'
        body = report.encode()
        for _ in range(_TRIES):
            response = self._post(body)
            if response is None:
                return False
            if response.retry_after is not None:
                self._next = self._clock() + response.retry_after
            elif response.status == HTTPStatus.SERVICE_UNAVAILABLE:
                continue
            return response.status < HTTPStatus.MULTIPLE_CHOICES
        return False

    def _post(self, body: bytes) -> Response | None:
        """The response; `None` if there was none."""
        try:
            # Read at each report: the kubelet replaces the token meanwhile.
            token = self._token_file.read_text().strip()
            response = post_json(
                self._url,
                token,
                body,
                connect_seconds=_TIMEOUT_SECONDS,
                answer_seconds=_TIMEOUT_SECONDS,
            )
        except (OSError, HTTPException, ValueError):
            return None  # best effort: the next report is not far
        status = response.status
        is_refusal = HTTPStatus.BAD_REQUEST <= status < HTTPStatus.INTERNAL_SERVER_ERROR
        if is_refusal and status not in _PASSING:
            answer = shorten(response.text.strip(), 300)
            raise ChannelClosedError(f"{self._url} answered {status}: {answer}")
        return response
