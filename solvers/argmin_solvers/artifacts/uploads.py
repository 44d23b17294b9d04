"""Brings files into stores: in parts where they are large, each with its checksum."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError

from argmin.api.answer import Reason
from argmin.api.storage import S3Store, is_plain
from argmin_solvers.artifacts.connection import ByteCounter, Channel, Connection, Connections
from argmin_solvers.artifacts.errors import CorruptedError, refuses_checksums
from argmin_solvers.artifacts.locations import Action, ObjectLocation
from argmin_solvers.artifacts.pool import Task, Workers
from argmin_solvers.errors import RunError
from argmin_solvers.outputs.files import FoundFile, FoundOutput
from argmin_solvers.text import shorten

KEY_LIMIT_BYTES = 1024
_CHUNK = 1024 * 1024


@dataclass(frozen=True)
class Departure:
    """A file and the object that it becomes."""

    path: Path
    store: S3Store
    name: str
    """Relative to the folder of the store."""
    bytes: int
    content_type: str = "application/octet-stream"

    @property
    def key(self) -> str:
        """Its key."""
        return self.store.enter(self.name).prefix

    @property
    def location(self) -> ObjectLocation:
        """Where it goes."""
        return ObjectLocation(self.store, self.key)


def depart_output(found: FoundOutput, store: S3Store) -> Iterator[tuple[Departure, FoundFile]]:
    """The files of an output, on their way into a folder.

    Raises:
        RunError: ProgramFailed where a name cannot be part of a key.
    """
    for file in found.files:
        departure = Departure(Path(file.path), store, file.name, file.bytes)
        try:
            length = len(departure.key.encode())
        except UnicodeEncodeError:
            raise _unfit(found, file, "its name is not UTF-8") from None
        if not is_plain(file.name):
            raise _unfit(found, file, "its name has a control character")
        if length > KEY_LIMIT_BYTES:
            raise _unfit(found, file, f"its key has {length} bytes of at most {KEY_LIMIT_BYTES}")
        yield departure, file


def send_outputs(
    places: Sequence[tuple[FoundOutput, S3Store]], connections: Connections, workers: Workers
) -> Mapping[str, str]:
    """Bring outputs away, all of them at once; returns the digests of the files by their paths.

    The digest of a file is taken just before it goes, while others are on their way.

    Raises:
        RunError: TransferFailed; ProgramFailed where a file changes meanwhile.
    """
    digests: dict[str, str] = {}
    tasks = [
        _plan_output(departure, file, connections.reach(store), digests)
        for found, store in places
        for departure, file in depart_output(found, store)
    ]
    names = ", ".join(dict.fromkeys(found.name for found, _ in places))
    workers.move(f"uploading {names}", tasks)
    return digests


def send_files(
    title: str, departures: Iterable[Departure], connections: Connections, workers: Workers
) -> None:
    """Bring files of our own away."""
    workers.move(title, [_plan(d, connections.reach(d.store)) for d in departures])


def _unfit(found: FoundOutput, file: FoundFile, why: str) -> RunError:
    return RunError(
        Reason.PROGRAM_FAILED,
        f"spec.outputs.{found.name}: {shorten(repr(file.name), 120)} cannot be kept in a store:"
        f" {why}",
    )


def _plan_output(
    departure: Departure, file: FoundFile, connection: Connection, digests: dict[str, str]
) -> Task:
    def move(count: Callable[[int], None]) -> None:
        if file.path not in digests:
            digests[file.path] = file.digest()
        _send_as_understood(departure, connection, count)
        file.check()

    return Task(departure.location, Action.WRITE, departure.bytes, move)


def _plan(departure: Departure, connection: Connection) -> Task:
    def move(count: Callable[[int], None]) -> None:
        _send_as_understood(departure, connection, count)

    return Task(departure.location, Action.WRITE, departure.bytes, move)


def _send_as_understood(
    departure: Departure, connection: Connection, count: Callable[[int], None]
) -> None:
    channel = connection.channel
    try:
        _send(departure, connection, channel, count)
    except ClientError as error:
        can_adapt = channel.sends_checksums and departure.store.endpoint
        if not (can_adapt and refuses_checksums(error)):
            raise
        connection.do_without_checksums()
        channel = connection.channel
        _send(departure, connection, channel, count)
    if not channel.sends_checksums:
        _compare(departure, connection)


def _send(
    departure: Departure,
    connection: Connection,
    channel: Channel,
    count: Callable[[int], None],
) -> None:
    store = departure.store
    encryption = (
        {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": store.kms_key_id}
        if store.kms_key_id
        else {}
    )
    transfer = channel.manager.upload(
        str(departure.path),
        store.bucket,
        departure.key,
        extra_args={"ContentType": departure.content_type, **encryption},
        subscribers=[ByteCounter(count)],
    )
    connection.follow(transfer)


def _compare(departure: Departure, connection: Connection) -> None:
    """Look at what the store has, where it could not check a checksum itself."""
    head: dict[str, Any] = connection.client.head_object(
        Bucket=departure.store.bucket, Key=departure.key
    )
    if head["ContentLength"] != departure.bytes:
        raise CorruptedError(f"the store has {head['ContentLength']} of {departure.bytes} bytes")
    etag = str(head.get("ETag", "")).strip('"')
    # In parts, or by a key of KMS, a tag is something else.
    is_plain = len(etag) == 32 and head.get("ServerSideEncryption") in (None, "AES256")
    if is_plain and etag != _digest(departure.path):
        raise CorruptedError("the store has another content than was sent")


def _digest(path: Path) -> str:
    digest = hashlib.md5(usedforsecurity=False)
    with path.open("rb") as source:
        while chunk := source.read(_CHUNK):
            digest.update(chunk)
    return digest.hexdigest()
