"""The ways by which a runner tells its progress; none of them ever holds up a search."""

from __future__ import annotations

from http import HTTPStatus
from http.client import HTTPException
from pathlib import Path
from typing import Protocol

from argmin.api.progress import PROGRESS_FILE, PROGRESS_PREFIX, Progress, ProgressReport
from argmin.api.run import PROGRESS_PATH, Intake, ProgressChannel, RunDocument
from argmin_solvers.models.text import shorten
from argmin_solvers.posting import is_sound, post_json
from argmin_solvers.runlog import print_aside

_TIMEOUT_SECONDS = 2.0
_TRIES = 3
"""Where the intake's service leads to a replica that does not lead, another may be behind it."""


class ChannelClosedError(Exception):
    """Nothing more can be told by this channel."""


class Channel(Protocol):
    """Takes progress somewhere."""

    def send(self, progress: Progress) -> bool:
        """Send; whether it has arrived, as far as can be known.

        Raises:
            ChannelClosedError: it was refused for good.
        """
        ...


def open_channel(document: RunDocument) -> Channel | None:
    """The channel that a job document names; `None` where nobody wants to know."""
    if document.progress is ProgressChannel.FILE:
        return FileChannel(Path(document.root) / PROGRESS_FILE)
    if document.progress is ProgressChannel.LOG:
        return LogChannel()
    if document.progress is ProgressChannel.INTAKE and document.intake is not None:
        return IntakeChannel(document.intake, document.name, document.run)
    return None


def _encode(progress: Progress) -> str:
    return progress.model_dump_json(by_alias=True, exclude_none=True)


class FileChannel:
    """Appends a line of JSON to a file."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def send(self, progress: Progress) -> bool:
        """Append a line; in one write, so that no reader sees a part of it."""
        try:
            with self._path.open("ab", buffering=0) as file:
                file.write(f"{_encode(progress)}\n".encode())
        except OSError as error:
            raise ChannelClosedError(f"{self._path} cannot be written: {error.strerror}") from None
        return True


class LogChannel:
    """Prints a line among those of the run, which `run.log` leaves out."""

    def send(self, progress: Progress) -> bool:
        """Print a line, if there is room for it."""
        return print_aside(f"{PROGRESS_PREFIX}{_encode(progress)}")


class IntakeChannel:
    """Posts to the operator's intake."""

    def __init__(self, intake: Intake, owner: str, run: str) -> None:
        self._url = intake.url.rstrip("/") + PROGRESS_PATH
        self._token_file = Path(intake.token_path)
        self._owner = owner
        self._run = run

    def send(self, progress: Progress) -> bool:
        """Post a report; at once again where it met a replica that does not lead."""
        if not is_sound(self._url):
            raise ChannelClosedError(f"{self._url} is no address")
        report = ProgressReport(owner=self._owner, run=self._run, progress=progress)
        body = report.model_dump_json(by_alias=True, exclude_none=True).encode()
        for _ in range(_TRIES):
            status = self._post(body)
            if status != HTTPStatus.SERVICE_UNAVAILABLE:
                break
        return status is not None and status < HTTPStatus.MULTIPLE_CHOICES

    def _post(self, body: bytes) -> int | None:
        """The status of the answer; `None` where there was none."""
        try:
            # Read at each report: the kubelet replaces the token meanwhile.
            token = self._token_file.read_text().strip()
            status, said = post_json(
                self._url,
                token,
                body,
                connect_seconds=_TIMEOUT_SECONDS,
                answer_seconds=_TIMEOUT_SECONDS,
            )
        except (OSError, HTTPException, ValueError):
            return None  # best effort: the next report is not far
        if HTTPStatus.BAD_REQUEST <= status < HTTPStatus.INTERNAL_SERVER_ERROR:
            answer = shorten(said.strip(), 300)
            raise ChannelClosedError(f"{self._url} answered {status}: {answer}")
        return status
