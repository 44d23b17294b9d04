"""Connections to stores: who we are, how we speak, and how much at once."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError
from s3transfer.manager import TransferConfig, TransferManager
from s3transfer.subscribers import BaseSubscriber

from argmin.api.answer import Reason
from argmin.api.run import CREDENTIALS_ROOT
from argmin.api.storage import ACCESS_KEY_ID, SECRET_ACCESS_KEY, SESSION_TOKEN, S3Bucket
from argmin_solvers.errors import RunError
from argmin_solvers.process.log_capture import log

MIB = 1024 * 1024
PART_BYTES = 8 * MIB
"""Larger files go in parts of this size; s3transfer takes larger parts where there are too many."""
REQUESTS_AT_ONCE = 10
"""Of one connection; each holds a buffer, and no more of a file is ever in memory."""

_CONNECT_SECONDS = 5
_READ_SECONDS = 30
_TRIES = 4
"""Of one request, by botocore itself; whole files are tried again by us."""
_CLOSE_SECONDS = 3.0
"""How long what was broken off may take to end: a silent server holds threads for longer."""
_DEFAULT_REGION = "us-east-1"
"""What servers other than Amazon's sign for, unless they are told another."""
_ENDPOINT_VARIABLES = ("AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL")

_TRANSFER = TransferConfig(
    multipart_threshold=PART_BYTES,
    multipart_chunksize=PART_BYTES,
    max_request_concurrency=REQUESTS_AT_ONCE,
    # Of 256 KiB each: what was read from the net and not yet written.
    max_io_queue_size=64,
)


class ByteCounter(BaseSubscriber):  # type: ignore[misc]
    """Tells how many bytes of one transfer have moved; fewer where some are sent again."""

    def __init__(self, count: Callable[[int], None]) -> None:
        self._count = count

    def on_progress(self, bytes_transferred: int, **_: Any) -> None:
        """Called by s3transfer, in threads of its own."""
        self._count(bytes_transferred)


@dataclass(frozen=True)
class Keys:
    """AWS credentials."""

    access_key_id: str
    secret_access_key: str
    session_token: str | None = None

    def __repr__(self) -> str:
        """Nothing: they belong into no log."""
        return "Keys(…)"


def read_keys(secret: str, root: str = CREDENTIALS_ROOT) -> Keys:
    """The credentials of a Secret that is mounted as a folder of files.

    Raises:
        RunError: TransferFailed, naming the Secret and the key that it lacks.
    """
    folder = Path(root) / secret
    values = {}
    for name in (ACCESS_KEY_ID, SECRET_ACCESS_KEY, SESSION_TOKEN):
        try:
            values[name] = (folder / name).read_text().strip() or None
        except OSError:
            values[name] = None
        if values[name] is None and name != SESSION_TOKEN:
            raise RunError(
                Reason.TRANSFER_FAILED,
                f"Secret {secret} has no key {name}: it takes {ACCESS_KEY_ID} and"
                f" {SECRET_ACCESS_KEY}, and {SESSION_TOKEN} for temporary credentials",
                permanent=True,
            )
    return Keys(str(values[ACCESS_KEY_ID]), str(values[SECRET_ACCESS_KEY]), values[SESSION_TOKEN])


@dataclass(frozen=True)
class Channel:
    """One way of speaking to a store."""

    client: Any
    manager: Any
    sends_checksums: bool
    """S3's own, which servers that are not of our days refuse."""


class Connection:
    """A store, with the transfers that are under way; threads may share it."""

    def __init__(self, bucket: S3Bucket, region: str | None, keys: Keys | None) -> None:
        self._bucket = bucket
        self._region = region
        self._keys = keys
        self._lock = threading.Lock()
        self._retired: list[Channel] = []
        self._under_way: set[Any] = set()
        self.channel = self._open(sends_checksums=True)

    @property
    def client(self) -> Any:
        """The client of boto3."""
        return self.channel.client

    def _open(self, *, sends_checksums: bool) -> Channel:
        endpoint = self._bucket.endpoint or find_endpoint()
        session = boto3.session.Session(
            aws_access_key_id=self._keys and self._keys.access_key_id,
            aws_secret_access_key=self._keys and self._keys.secret_access_key,
            aws_session_token=self._keys and self._keys.session_token,
            region_name=self._bucket.region or self._region,
        )
        client: Any = session.client(
            "s3",
            endpoint_url=endpoint,
            region_name=session.region_name or (_DEFAULT_REGION if endpoint else None),
            config=Config(
                connect_timeout=_CONNECT_SECONDS,
                read_timeout=_READ_SECONDS,
                retries={"mode": "standard", "total_max_attempts": _TRIES},
                max_pool_connections=2 * REQUESTS_AT_ONCE,
                request_checksum_calculation=(
                    "when_supported" if sends_checksums else "when_required"
                ),
                # A server of one's own seldom has a name for each bucket.
                s3={"addressing_style": "path"} if endpoint else None,
            ),
        )
        return Channel(client, TransferManager(client, _TRANSFER), sends_checksums)

    def do_without_checksums(self) -> None:
        """From now on speak as clients did before S3 had its own checksums."""
        with self._lock:
            if not self.channel.sends_checksums:
                return
            log.info(
                "%s does not know S3's checksums: sizes and entity tags are compared instead",
                self._bucket.endpoint or find_endpoint() or "the store",
            )
            # What is under way with the old one goes on.
            self._retired.append(self.channel)
            self.channel = self._open(sends_checksums=False)

    def follow(self, transfer: Any) -> None:
        """Wait for the end of a transfer; raises what it raised."""
        with self._lock:
            self._under_way.add(transfer)
        try:
            transfer.result()
        finally:
            with self._lock:
                self._under_way.discard(transfer)

    def close(self, *, cancel: bool) -> None:
        """End all that is under way: quietly, or breaking it off."""
        if cancel:
            with self._lock:
                for transfer in self._under_way:
                    transfer.cancel()
        channels = [*self._retired, self.channel]
        threads = [threading.Thread(target=c.manager.shutdown, daemon=True) for c in channels]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(_CLOSE_SECONDS if cancel else None)


def find_endpoint() -> str | None:
    """The endpoint that the environment names, in the place of Amazon's."""
    return next((url for name in _ENDPOINT_VARIABLES if (url := os.environ.get(name))), None)


class Connections:
    """One connection for each store and identity, opened when it is first asked for."""

    def __init__(self, region: str | None = None, credentials_root: str = CREDENTIALS_ROOT) -> None:
        self._region = region
        self._root = credentials_root
        self._open: dict[tuple[str | None, ...], Connection] = {}

    def __enter__(self) -> Connections:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        for connection in self._open.values():
            connection.close(cancel=kind is not None)

    def reach(self, bucket: S3Bucket) -> Connection:
        """The connection to a bucket; only one thread may ask.

        Raises:
            RunError: TransferFailed, where its Secret is not as it should be.
        """
        secret = bucket.credentials_secret.name if bucket.credentials_secret else None
        key = (bucket.endpoint, bucket.region, secret)
        if key not in self._open:
            keys = read_keys(secret, self._root) if secret else None
            try:
                self._open[key] = Connection(bucket, self._region, keys)
            except (BotoCoreError, ValueError) as error:
                raise RunError(
                    Reason.TRANSFER_FAILED, f"bucket {bucket.bucket} cannot be reached: {error}"
                ) from None
        return self._open[key]
