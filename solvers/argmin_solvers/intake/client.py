"""One POST of JSON to the operator's intake.

By the standard library: a client library costs as much start-up as the rest of the runner, which
hundreds of small jobs pay hundreds of times.
"""

from __future__ import annotations

from dataclasses import dataclass
from http.client import HTTPConnection, HTTPSConnection
from urllib.parse import urlsplit

LONGEST_RETRY_AFTER = 60.0
"""Seconds that an answer may ask us to wait; more is taken for this."""


@dataclass(frozen=True)
class Response:
    """The answer to a POST."""

    status: int
    text: str
    retry_after: float | None = None
    """Seconds that the server asks us to wait, at most LONGEST_RETRY_AFTER; `None`: it does not."""


def is_sound(url: str) -> bool:
    """Whether a URL can be posted to."""
    try:
        where = urlsplit(url)
        return where.scheme in ("http", "https") and bool(where.hostname) and where.port != 0
    except ValueError:  # a port that is none
        return False


def post_json(
    url: str, token: str, body: bytes, *, connect_seconds: float, answer_seconds: float
) -> Response:
    """POST on a connection of its own.

    Raises:
        OSError: nobody answered in time.
        HTTPException: what came back is no HTTP.
        ValueError: the token is none.
    """
    where = urlsplit(url)
    kind = HTTPSConnection if where.scheme == "https" else HTTPConnection
    connection = kind(str(where.hostname), where.port, timeout=connect_seconds)
    try:
        connection.connect()
        connection.sock.settimeout(answer_seconds)
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        connection.request("POST", where.path, body, headers)
        response = connection.getresponse()
        text = response.read().decode(errors="replace")
        return Response(response.status, text, _read_seconds(response.getheader("Retry-After")))
    finally:
        connection.close()


def _read_seconds(header: str | None) -> float | None:
    """Seconds of a Retry-After header; its other form, a date, counts as none."""
    text = (header or "").strip()
    is_number = text.isascii() and text.isdigit() and len(text) < 10
    return min(float(text), LONGEST_RETRY_AFTER) if is_number else None
