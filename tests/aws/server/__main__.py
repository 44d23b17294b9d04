"""The emulator's process; `tests.aws.emulator` starts it."""

from __future__ import annotations

import argparse
import shutil
import signal
import socket
import struct
import sys
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from moto import settings
from moto.moto_server.werkzeug_app import (
    DomainDispatcherApplication,
    MotoRequestHandler,
    create_backend_app,
)
from werkzeug.serving import BaseWSGIServer, make_server

from tests.aws.server.errors import ConnectionLostError
from tests.aws.server.gateway import Gateway
from tests.aws.server.registry import load_registry
from tests.aws.server.world import World


class RequestHandler(MotoRequestHandler):  # type: ignore[misc]
    """Says nothing about calls: the recorder knows them all. Resets what is to be reset."""

    def connection_dropped(
        self, error: BaseException, environ: dict[str, Any] | None = None
    ) -> None:
        """End a connection that got no answer: by a TCP reset where a fault wants that."""
        self.close_connection = True
        if isinstance(error, ConnectionLostError):
            at_once = struct.pack("ii", 1, 0)  # linger for no time: a reset instead of an end
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, at_once)
            self.connection.close()

    def log(self, type: str, message: str, *args: object) -> None:  # noqa: A002 - werkzeug's name
        if type == "error":
            print(message % args, file=sys.stderr)


def main() -> None:
    """Serve until SIGTERM, or until standard input ends where a test holds it."""
    options = _parse_arguments()
    options.work.mkdir(parents=True, exist_ok=True)
    # Whatever name it is called by, buckets are part of the path.
    settings.S3_IGNORE_SUBDOMAIN_BUCKETNAME = True
    world = World("", options.cache, options.work, options.checkout)
    moto = DomainDispatcherApplication(create_backend_app)
    servers = _listen(options.host, options.port, Gateway(world, load_registry(), moto))
    world.url = f"http://{options.host[0]}:{servers[0].port}"
    over = threading.Event()
    for signum in (signal.SIGTERM, signal.SIGINT):
        signal.signal(signum, lambda _signum, _frame: over.set())
    if options.attached:
        threading.Thread(target=_wait_for_parent, args=(over,), daemon=True).start()
    for server in servers:
        threading.Thread(target=server.serve_forever, daemon=True).start()
    print(world.url, flush=True)
    try:
        over.wait()
    finally:
        world.faults.clear()
        world.jobs.end_all()
        shutil.rmtree(options.work, ignore_errors=True)


def _listen(hosts: Sequence[str], port: int, application: Gateway) -> list[BaseWSGIServer]:
    """A server on each address, all on one port."""
    servers: list[BaseWSGIServer] = []
    for host in hosts:
        servers.append(
            make_server(host, port, application, threaded=True, request_handler=RequestHandler)
        )
        port = servers[0].port
    return servers


def _parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="tests.aws.server")
    parser.add_argument("--host", action="append", required=True, help="the first: for jobs")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--cache", type=Path, required=True)
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--checkout", type=Path, required=True)
    parser.add_argument("--attached", action="store_true", help="end when standard input ends")
    return parser.parse_args()


def _wait_for_parent(over: threading.Event) -> None:
    sys.stdin.read()
    over.set()


if __name__ == "__main__":
    main()
