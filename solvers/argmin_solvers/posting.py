"""One POST of JSON to the operator's intake.

By the standard library: a client library costs as much start-up as the rest of the runner, which
hundreds of small jobs pay hundreds of times.
"""

from __future__ import annotations

from http.client import HTTPConnection, HTTPSConnection
from urllib.parse import urlsplit


def is_sound(url: str) -> bool:
    """Whether a URL can be posted to."""
    try:
        where = urlsplit(url)
        return where.scheme in ("http", "https") and bool(where.hostname) and where.port != 0
    except ValueError:  # a port that is none
        return False


def post_json(
    url: str, token: str, body: bytes, *, connect_seconds: float, answer_seconds: float
) -> tuple[int, str]:
    """POST on a connection of its own; the status of the answer, and its text.

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
        return response.status, response.read().decode(errors="replace")
    finally:
        connection.close()
