"""Where files are in a store, and where they go on disk; pure."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import Enum

from argmin.api.outcome import Reason
from argmin.api.storage import S3Bucket
from argmin_solvers.failure import RunError


class Action(Enum):
    """What is done with a place, and the permissions of IAM that it takes."""

    READ = ("reading", "s3:GetObject on the object and s3:ListBucket on the bucket")
    LIST = ("listing", "s3:ListBucket on the bucket")
    WRITE = ("writing", "s3:PutObject and s3:AbortMultipartUpload on the object")

    def __init__(self, verb: str, permissions: str) -> None:
        self.verb = verb
        self.permissions = permissions


@dataclass(frozen=True)
class Place:
    """A key of a bucket, as people are told of it."""

    bucket: S3Bucket
    key: str

    def __str__(self) -> str:
        at = f" at {self.bucket.endpoint}" if self.bucket.endpoint else ""
        return f"s3://{self.bucket.bucket}/{self.key}{at}"

    @property
    def identity(self) -> str:
        """Who acts on it."""
        secret = self.bucket.credentials_secret
        return f"the credentials in Secret {secret.name}" if secret else "the identity of the run"


@dataclass(frozen=True)
class StoredObject:
    """An object of a bucket."""

    key: str
    bytes: int
    etag: str | None = None


def end_folder(prefix: str) -> str:
    """The prefix of all keys in a folder: it ends with a slash, whether it was written or not."""
    return f"{prefix.rstrip('/')}/"


def map_folder(place: Place, objects: Iterable[StoredObject]) -> Iterator[tuple[str, StoredObject]]:
    """The objects of a folder with their relative paths, in the order of these.

    Objects of zero bytes whose key ends with a slash are what consoles make of an empty folder:
    they are left out.

    Raises:
        RunError: SourceNotFound where nothing is left; TransferFailed where a key is no path, or
            two keys cannot both be files.
    """
    start = end_folder(place.key)
    found = {
        item.key.removeprefix(start): item
        for item in objects
        if not (item.key.endswith("/") and item.bytes == 0)
    }
    if not found:
        raise RunError(
            Reason.SOURCE_NOT_FOUND,
            f"{place} holds no file: prefix is a folder, whose keys begin with {start}",
        )
    for path in sorted(found):
        _check_path(path, found, place)
        yield path, found[path]


def _check_path(path: str, others: Iterable[str], place: Place) -> None:
    parts = path.split("/")
    if any(part in ("", ".", "..") for part in parts) or "\0" in path:
        raise RunError(
            Reason.TRANSFER_FAILED,
            f"{place}: the key {path!r} below it is no path of a file: an empty part, . and .."
            " lead out of a folder; rename the object",
        )
    for end in range(1, len(parts)):
        above = posixpath.join(*parts[:end])
        if above in others:
            raise RunError(
                Reason.TRANSFER_FAILED,
                f"{place}: the keys {above!r} and {path!r} below it cannot both be files of a"
                " folder; rename one of the objects",
            )
