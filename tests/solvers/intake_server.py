"""An intake over real HTTP."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class IntakeServer(ThreadingHTTPServer):
    """Answers with the codes it is given, then with 200, and remembers what it was sent."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.codes: list[int] = []
        self.retry_after = ""
        self.requests: list[tuple[str, str, bytes]] = []
        self.on_request: Callable[[], object] = lambda: None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


class Handler(BaseHTTPRequestHandler):
    server: IntakeServer

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.requests.append((self.path, self.headers["Authorization"], body))
        code = self.server.codes.pop(0) if self.server.codes else 200
        self.server.on_request()
        self.send_response(code)
        if code >= 400 and self.server.retry_after:
            self.send_header("Retry-After", self.server.retry_after)
        self.end_headers()
        self.wfile.write(b"the reason of the intake")

    def log_message(self, *_: object) -> None:
        """Quiet."""


@contextmanager
def serving_intake() -> Iterator[IntakeServer]:
    """An intake that answers while the block runs."""
    with IntakeServer() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.shutdown()
        thread.join()
