"""A second S3 server, independent of moto: versitygw, which keeps objects as plain files.

What passes against both does not lean on the habits of one. Its files can be damaged behind its
back, and it can be killed and started again on the same port.
"""

from __future__ import annotations

import shutil
import signal
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import boto3
import httpx
from botocore.config import Config

from tests.cluster.binaries import binary
from tests.cluster.waiting import wait_until

REGION = "us-east-1"
ROOT_KEYS = ("gateway-root", "gateway-root-secret")
STRANGER_KEYS = ("gateway-stranger", "gateway-stranger-secret")
"""An account that the server knows, and that owns nothing."""
START_SECONDS = 30.0


class Gateway:
    """A running server."""

    def __init__(self, folder: Path, host: str, port: int) -> None:
        self._folder = folder
        self._host, self._port = host, port
        self._process: subprocess.Popen[bytes] | None = None
        # One session: it reads the service's model once.
        self._session = boto3.session.Session()
        for name in ("objects", "metadata", "accounts"):
            (folder / name).mkdir()

    @property
    def url(self) -> str:
        """Its endpoint."""
        return f"http://{self._host}:{self._port}"

    def start(self) -> None:
        """Start it; returns once it answers."""
        with (self._folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [str(binary("versitygw")), *self._list_options()],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                env={"PATH": "/usr/bin:/bin", "HOME": str(self._folder)},
            )
        wait_until(
            self._answers,
            "versitygw to answer",
            timeout=START_SECONDS,
            hint=(self._folder / "log").read_text,
        )

    def stop(self) -> None:
        """Kill it, as a power cut would."""
        if self._process is not None:
            self._process.send_signal(signal.SIGKILL)
            self._process.wait()
            self._process = None

    def add_account(self, keys: tuple[str, str]) -> None:
        """Make an account that may do nothing yet."""
        access, secret = keys
        root, root_secret = ROOT_KEYS
        subprocess.run(
            [
                *(str(binary("versitygw")), "admin", "--access", root, "--secret", root_secret),
                *("--endpoint-url", self.url, "create-user"),
                *("--access", access, "--secret", secret, "--role", "user"),
            ],
            check=True,
            capture_output=True,
            timeout=START_SECONDS,
        )

    def client(self, keys: tuple[str, str] = ROOT_KEYS) -> Any:
        """A boto3 client."""
        return self._session.client(
            "s3",
            endpoint_url=self.url,
            region_name=REGION,
            aws_access_key_id=keys[0],
            aws_secret_access_key=keys[1],
            config=Config(s3={"addressing_style": "path"}),
        )

    def damage(self, bucket: str, key: str) -> None:
        """Change a byte in the middle of an object, so that nobody knows."""
        with (self._folder / "objects" / bucket / key).open("r+b") as file:
            file.seek(0, 2)
            middle = file.tell() // 2
            file.seek(middle)
            byte = file.read(1)[0]
            file.seek(middle)
            file.write(bytes([byte ^ 0xFF]))

    def _answers(self) -> bool:
        try:
            answer = httpx.get(f"{self.url}/health", timeout=5, trust_env=False)
        except httpx.TransportError:
            return False
        return answer.status_code == 200

    def _list_options(self) -> list[str]:
        access, secret = ROOT_KEYS
        return [
            *("--access", access, "--secret", secret),
            *("--port", f"{self._host}:{self._port}", "--health", "/health"),
            *("--iam-dir", str(self._folder / "accounts"), "--iam-cache-disable"),
            *("--keep-alive", "--quiet"),
            # Beside the files: not every file system has room for extended attributes.
            *("posix", "--sidecar", str(self._folder / "metadata")),
            str(self._folder / "objects"),
        ]


@contextmanager
def gateway(host: str = "127.0.0.1") -> Iterator[Gateway]:
    """A server for the length of a block."""
    folder = Path(tempfile.mkdtemp(prefix="argmin-versitygw-"))
    server = Gateway(folder, host, _find_port(host))
    try:
        server.start()
        server.add_account(STRANGER_KEYS)
        yield server
    finally:
        server.stop()
        shutil.rmtree(folder, ignore_errors=True)


def _find_port(host: str) -> int:
    with closing(socket.socket()) as probe:
        probe.bind((host, 0))
        port: int = probe.getsockname()[1]
        return port
