"""A network between a client and a store, which can fail: cut, hang, and be there again."""

from __future__ import annotations

import contextlib
import re
import socket
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

_CHUNK = 64 * 1024
_RESET = struct.pack("ii", 1, 0)
"""SO_LINGER: close with a reset, not with a farewell."""
_CHECKSUM_HEADER = re.compile(rb"^x-amz-(checksum-|sdk-checksum-|trailer)", re.I | re.M)
_REQUEST = re.compile(rb"^[A-Z]+ /\S* HTTP/1\.1\r\n")
_UNKNOWN = b"<Error><Code>NotImplemented</Code><Message>A header is unknown.</Message></Error>"
_NOT_IMPLEMENTED = (
    b"HTTP/1.1 501 Not Implemented\r\nContent-Type: application/xml\r\nConnection: close\r\n"
    b"Content-Length: %d\r\n\r\n%s" % (len(_UNKNOWN), _UNKNOWN)
)


class Relay:
    """Passes bytes on between clients and a server, and counts them."""

    def __init__(self, server_url: str) -> None:
        where = urlsplit(server_url)
        self._server = (str(where.hostname), where.port or 80)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._lock = threading.Lock()
        self._open: set[socket.socket] = set()
        self._limit: int | None = None
        self._passing = threading.Event()
        self._passing.set()
        self._is_down = False
        self.moved = 0
        """Bytes so far, both ways."""
        self.refused = 0
        """Connections that found it down."""
        self.requests: list[bytes] = []
        """The heads of all requests."""
        self.knows_checksums = True
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def url(self) -> str:
        """The endpoint to use in the place of the server's."""
        return f"http://127.0.0.1:{self._listener.getsockname()[1]}"

    def go_down(self, after_bytes: int = 0) -> None:
        """Cut every connection, and all that come: now, or when so many more bytes have moved."""
        with self._lock:
            self._limit = self.moved + after_bytes
            self._cut_at_limit()

    def come_back(self) -> None:
        """Be a network again."""
        with self._lock:
            self._limit = None
            self._is_down = False
        self._passing.set()

    @property
    def is_down(self) -> bool:
        """Whether it has been cut."""
        return self._is_down

    def hang(self) -> None:
        """Pass nothing on any more, and say nothing."""
        self._passing.clear()

    def close(self) -> None:
        """Cut all, for good."""
        self._listener.close()
        self.go_down()
        self._passing.set()

    def _cut_at_limit(self) -> None:
        if self._limit is None or self.moved < self._limit:
            return
        self._is_down = True
        for connection in self._open:
            with contextlib.suppress(OSError):
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
                connection.shutdown(socket.SHUT_RDWR)

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            with self._lock:
                if self._is_down:
                    self.refused += 1
                    client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
                    client.close()
                    continue
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        try:
            server = socket.create_connection(self._server, 10)
        except OSError:
            client.close()
            return
        server.settimeout(None)
        with client, server:
            with self._lock:
                self._open |= {client, server}
            back = threading.Thread(target=self._pump, args=(server, client), daemon=True)
            back.start()
            self._pump(client, server, is_request=True)
            back.join()
            with self._lock:
                self._open -= {client, server}

    def _pump(
        self, source: socket.socket, sink: socket.socket, *, is_request: bool = False
    ) -> None:
        with contextlib.suppress(OSError):
            while chunk := source.recv(_CHUNK):
                if is_request and not self._admits(chunk):
                    source.sendall(_NOT_IMPLEMENTED)
                    break
                self._passing.wait()
                sink.sendall(chunk)
                with self._lock:
                    self.moved += len(chunk)
                    self._cut_at_limit()
        for end in (source, sink):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)

    def _admits(self, chunk: bytes) -> bool:
        if not _REQUEST.match(chunk):
            return True
        head = chunk.partition(b"\r\n\r\n")[0]
        self.requests.append(head)
        return self.knows_checksums or not _CHECKSUM_HEADER.search(head)


@contextmanager
def relay(server_url: str) -> Iterator[Relay]:
    """A network for the length of a block."""
    network = Relay(server_url)
    try:
        yield network
    finally:
        network.close()
