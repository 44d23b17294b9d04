"""Fetches the inputs of a run: each file whole and checked before it has its name."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError
from s3transfer.subscribers import BaseSubscriber

from argmin.api.answer import Reason
from argmin.api.run import SOURCE_INPUT, Download, Transfers
from argmin.api.storage import S3Object
from argmin_solvers.artifacts.checksums import digest_file, read_checksum
from argmin_solvers.artifacts.connection import (
    PART_BYTES,
    ByteCounter,
    Connection,
    Connections,
    find_endpoint,
)
from argmin_solvers.artifacts.errors import CorruptedError, is_missing
from argmin_solvers.artifacts.locations import (
    Action,
    ObjectLocation,
    StoredObject,
    end_folder,
    map_folder,
)
from argmin_solvers.artifacts.pool import Stopping, Task, Workers
from argmin_solvers.artifacts.retry import Persistence
from argmin_solvers.artifacts.transfer_log import Listener, LogMeter
from argmin_solvers.errors import RunError
from argmin_solvers.process.interruption import Interruption

INTERRUPTED = Stopping(
    0.0, RunError(Reason.INTERRUPTED, "interrupted while its inputs were fetched")
)
"""There is no answer to save yet: a request to stop ends it at once."""


@dataclass(frozen=True)
class Arrival:
    """An object and the file that it becomes."""

    location: ObjectLocation
    remote: StoredObject
    path: Path


def fetch_inputs(
    transfers: Transfers,
    interruption: Interruption,
    persistence: Persistence | None = None,
    listener: Listener | None = None,
    *,
    source_field: str = "spec.model.source",
) -> None:
    """Fetch all downloads of a job document; `source_field` is what names the input `source`.

    Raises:
        RunError: SourceNotFound where a key, a folder or a bucket is not there; TransferFailed;
            Interrupted.
    """
    workers = Workers(
        interruption,
        INTERRUPTED,
        persistence or Persistence(interruption),
        listener or LogMeter(),
    )
    with Connections(transfers.region, transfers.credentials_root) as connections:
        try:
            arrivals = [
                arrival
                for download in transfers.downloads
                for arrival in _list_arrivals(
                    download, _name_field(download.name, source_field), connections, workers
                )
            ]
            fetch_files("fetching the inputs", arrivals, connections, workers)
        finally:
            workers.close()


def fetch_files(
    title: str, arrivals: Iterable[Arrival], connections: Connections, workers: Workers
) -> None:
    """Fetch objects into files."""
    workers.move(title, [_plan(a, connections.reach(a.location.bucket)) for a in arrivals])


def _list_arrivals(
    download: Download, field: str, connections: Connections, workers: Workers
) -> Iterator[Arrival]:
    source = download.source
    try:
        connection = connections.reach(source)
        if source.key is not None:
            location = ObjectLocation(source, source.key)
            remote = workers.ask(partial(_describe, connection, location), location, Action.READ)
            yield Arrival(location, remote, Path(download.path))
        else:
            for path, remote in _list_folder(source, connection, workers):
                yield Arrival(
                    ObjectLocation(source, remote.key), remote, Path(download.path) / path
                )
    except RunError as failure:
        message = f"{field}.s3: {failure.message}"
        raise RunError(failure.reason, message, permanent=failure.permanent) from None


def _name_field(name: str, source_field: str) -> str:
    return source_field if name == SOURCE_INPUT else f"spec.inputs[{name}].source"


def _describe(connection: Connection, location: ObjectLocation) -> StoredObject:
    query = {"Bucket": location.bucket.bucket}
    try:
        head = connection.client.head_object(**query, Key=location.key)
    except ClientError as error:
        if is_missing(error):
            # The answer has no body that would tell a missing bucket from a missing key.
            connection.client.list_objects_v2(**query, Prefix=location.key, MaxKeys=1)
        raise
    return StoredObject(location.key, head["ContentLength"], head.get("ETag"))


def _list_folder(
    source: S3Object, connection: Connection, workers: Workers
) -> Iterator[tuple[str, StoredObject]]:
    location = ObjectLocation(source, str(source.prefix))
    objects = workers.ask(partial(_list_objects, connection, location), location, Action.LIST)
    return map_folder(location, objects)


def _list_objects(connection: Connection, location: ObjectLocation) -> list[StoredObject]:
    pages = connection.client.get_paginator("list_objects_v2").paginate(
        Bucket=location.bucket.bucket, Prefix=end_folder(location.key)
    )
    return [
        StoredObject(item["Key"], item["Size"], item.get("ETag"))
        for page in pages
        for item in page.get("Contents", ())
    ]


def _plan(arrival: Arrival, connection: Connection) -> Task:
    def move(count: Callable[[int], None]) -> None:
        _fetch(arrival, connection, count)

    return Task(arrival.location, Action.READ, arrival.remote.bytes, move)


def _fetch(arrival: Arrival, connection: Connection, count: Callable[[int], None]) -> None:
    """Download one file to a temporary name, check it, then rename it."""
    folder = arrival.path.parent
    folder.mkdir(parents=True, exist_ok=True)
    number, name = tempfile.mkstemp(prefix=".argmin-", dir=folder)
    os.close(number)
    draft = Path(name)
    try:
        transfer = connection.channel.manager.download(
            arrival.location.bucket.bucket,
            arrival.remote.key,
            str(draft),
            subscribers=[_Known(arrival.remote), ByteCounter(count)],
        )
        connection.follow(transfer)
        _check(draft, arrival, connection)
        draft.chmod(0o644)
        draft.replace(arrival.path)
    finally:
        draft.unlink(missing_ok=True)


def _check(file: Path, arrival: Arrival, connection: Connection) -> None:
    remote = arrival.remote
    if file.stat().st_size != remote.bytes:
        raise CorruptedError(f"{file.stat().st_size} of {remote.bytes} bytes have arrived")
    if remote.digest is not None:
        if digest_file(file) != remote.digest:
            raise CorruptedError("what has arrived has another digest than was told")
    elif remote.bytes >= PART_BYTES or "-" in (remote.etag or ""):
        # One that came in a single piece botocore has compared with its checksum on the way.
        _compare(file, arrival.location, connection)


def _compare(file: Path, location: ObjectLocation, connection: Connection) -> None:
    query: dict[str, Any] = {"Bucket": location.bucket.bucket, "Key": location.key}
    head = connection.client.head_object(**query, ChecksumMode="ENABLED")
    checksum = read_checksum(head, trusts_etag=not (location.bucket.endpoint or find_endpoint()))
    if checksum is None:
        return
    part_bytes = None
    if checksum.parts:
        part_bytes = connection.client.head_object(**query, PartNumber=1)["ContentLength"]
    if checksum.matches(file, part_bytes) is False:
        raise CorruptedError(f"what has arrived has another {checksum.algorithm} checksum")


class _Known(BaseSubscriber):  # type: ignore[misc]
    """Spares s3transfer a question, and pins the version that is read."""

    def __init__(self, remote: StoredObject) -> None:
        self._remote = remote

    def on_queued(self, future: Any, **_: Any) -> None:
        """Called by s3transfer before it begins."""
        future.meta.provide_transfer_size(self._remote.bytes)
        if self._remote.etag:
            future.meta.provide_object_etag(self._remote.etag)
