"""Delivers a result to the operator's intake, which stores it in a ConfigMap."""

from __future__ import annotations

import base64
import gzip
from collections.abc import Callable, Mapping
from http import HTTPStatus
from http.client import HTTPException
from pathlib import Path

from tenacity import (
    RetryCallState,
    Retrying,
    retry_if_exception_type,
    stop_after_delay,
    stop_any,
    wait_random_exponential,
)

from argmin.api.answer import Reason
from argmin.api.run import (
    INTAKE_PATH,
    LOG_KEY,
    OUTPUTS_KEY,
    PROOF_KEY,
    RESULT_LIMIT_BYTES,
    SOLUTION_KEY,
    Delivery,
    Intake,
)
from argmin_solvers.errors import RunError
from argmin_solvers.intake.client import is_sound, post_json
from argmin_solvers.process.interruption import Interruption
from argmin_solvers.process.log_capture import log
from argmin_solvers.process.retry import StopInterrupted, pause
from argmin_solvers.text import shorten

_TRY_SECONDS = 30.0
_CONNECT_SECONDS = 5.0
_INTERRUPTED_TRY_SECONDS = 5.0
_LONGEST_WAIT_SECONDS = 15.0
_TRANSIENT = (408, 429)


class _UnavailableError(Exception):
    """A transient failure of an attempt to deliver."""

    def __init__(self, message: str, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after
        """Seconds of the response's Retry-After header."""


def pack_parts(
    solution: bytes, run_log: bytes, outputs: bytes | None, proof: bytes | None = None
) -> dict[str, bytes]:
    """The parts of a result by key, compressed, within the size a ConfigMap can hold.

    The log is left out where it does not fit; solution, outputs and a proof never are.

    Raises:
        RunError: AnswerTooLarge with size and limit.
    """
    parts = {SOLUTION_KEY: gzip.compress(solution, mtime=0)}
    if outputs is not None:
        parts[OUTPUTS_KEY] = outputs
    if proof is not None:
        parts[PROOF_KEY] = gzip.compress(proof, mtime=0)
    size = sum(map(len, parts.values()))
    if size > RESULT_LIMIT_BYTES:
        sizes = ", ".join(f"{key} {len(part)}" for key, part in parts.items())
        raise RunError(
            Reason.ANSWER_TOO_LARGE,
            f"the result has {size} bytes compressed ({sizes}), and {RESULT_LIMIT_BYTES} can be"
            " delivered without a store: keep fewer solutions (spec.solutionPool.size) or fewer"
            " outputs, or name a bucket in spec.artifacts",
        )
    packed_log = gzip.compress(run_log, mtime=0)
    if size + len(packed_log) > RESULT_LIMIT_BYTES:
        log.info("the log is not delivered: %d bytes are over the limit", len(packed_log))
    else:
        parts[LOG_KEY] = packed_log
    return parts


def deliver(
    intake: Intake,
    owner: str,
    parts: Mapping[str, bytes],
    interruption: Interruption | None = None,
    longest_wait_seconds: float = _LONGEST_WAIT_SECONDS,
) -> None:
    """POST the parts until they are taken, with growing, random waits.

    A request to stop brings the next try forward; soon after it, the tries end.

    Raises:
        RunError: AnswerUndelivered where nobody takes them in time or they are refused;
            AnswerTooLarge where the intake says so.
    """
    interruption = interruption or Interruption()
    delivery = Delivery(
        owner=owner,
        parts={key: base64.b64encode(part).decode() for key, part in parts.items()},
    )
    body = delivery.model_dump_json(by_alias=True).encode()
    url = _check_url(intake.url.rstrip("/") + INTAKE_PATH)
    retrying = Retrying(
        retry=retry_if_exception_type(_UnavailableError),
        wait=_choose_wait(longest_wait_seconds),
        stop=stop_any(stop_after_delay(intake.timeout_seconds), StopInterrupted(interruption)),
        sleep=lambda seconds: pause(seconds, interruption),
        before_sleep=_tell,
        reraise=True,
    )
    try:
        retrying(_post, url, Path(intake.token_path), body, interruption)
    except _UnavailableError as error:
        period = f"within {intake.timeout_seconds} s"
        if interruption.seconds is not None:
            period = "before the run had to end (it was told to stop)"
        raise RunError(Reason.UNDELIVERED, f"nobody took the result {period}: {error}") from None


def _check_url(url: str) -> str:
    if not is_sound(url):
        raise RunError(Reason.UNDELIVERED, f"{url} is no address: write http://HOST:PORT")
    return url


def _choose_wait(longest_seconds: float) -> Callable[[RetryCallState], float]:
    """Exponential backoff with jitter, at least the intake's Retry-After, up to the longest."""
    grow = wait_random_exponential(multiplier=0.5, max=longest_seconds)

    def wait(state: RetryCallState) -> float:
        error = state.outcome.exception() if state.outcome else None
        asked = error.retry_after if isinstance(error, _UnavailableError) else None
        return max(grow(state), min(asked or 0.0, longest_seconds))

    return wait


def _tell(state: RetryCallState) -> None:
    error = state.outcome.exception() if state.outcome else None
    log.info("the result was not taken, try %d: %s", state.attempt_number, error)


def _post(url: str, token_file: Path, body: bytes, interruption: Interruption) -> None:
    seconds = _TRY_SECONDS if interruption.seconds is None else _INTERRUPTED_TRY_SECONDS
    try:
        # Read at each try: the kubelet replaces the token while we wait.
        token = token_file.read_text().strip()
        response = post_json(
            url, token, body, connect_seconds=_CONNECT_SECONDS, answer_seconds=seconds
        )
    except ValueError:  # no text, or a line break in it
        raise _UnavailableError(f"the token file {token_file} holds no token") from None
    except (OSError, HTTPException) as error:
        raise _UnavailableError(f"{url}: {error or type(error).__name__}") from None
    status = response.status
    if HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES:
        return
    answer = f"{url} answered {status}: {shorten(response.text.strip(), 300)}"
    if status in _TRANSIENT or status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        raise _UnavailableError(answer, response.retry_after)
    if status == HTTPStatus.REQUEST_ENTITY_TOO_LARGE:
        raise RunError(Reason.ANSWER_TOO_LARGE, answer)
    raise RunError(Reason.UNDELIVERED, answer)
