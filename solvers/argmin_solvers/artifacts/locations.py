"""Where files are in a store, and where they go on disk; pure."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import Enum

from argmin.api.answer import Reason
from argmin.api.storage import S3Bucket
from argmin_solvers.errors import RunError


class Action(Enum):
    """An operation on a location, the IAM permissions it needs, and the fields that name it."""

    READ = ("reading", "s3:GetObject on the object and s3:ListBucket on the bucket")
    LIST = ("listing", "s3:ListBucket on the bucket")
    WRITE = (
        "writing",
        "s3:PutObject and s3:AbortMultipartUpload on the object",
        "spec.artifacts.s3, s3 of the output or the chart's defaultStore",
    )

    def __init__(self, verb: str, permissions: str, fields: str = "") -> None:
        self.verb = verb
        self.permissions = permissions
        self.fields = fields


@dataclass(frozen=True)
class Identity:
    """Who acts where no Secret is named, and how one comes to be somebody."""

    name: str
    advice: str

    def advise(self, action: Action) -> str:
        """How to be somebody who may do it."""
        return (
            f"{self.advice}; the place is that of {action.fields}" if action.fields else self.advice
        )


RUN = Identity(
    "the identity of the run",
    "name a Secret in credentialsSecret of its s3, or give the run an identity, such as that of a"
    " service account",
)
PERSON = Identity(
    "your AWS credentials", "set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"
)


@dataclass(frozen=True)
class ObjectLocation:
    """A key of a bucket, as people are told of it."""

    bucket: S3Bucket
    key: str
    actor: Identity = RUN

    def __str__(self) -> str:
        at = f" at {self.bucket.endpoint}" if self.bucket.endpoint else ""
        return f"s3://{self.bucket.bucket}/{self.key}{at}"

    @property
    def identity(self) -> str:
        """Who acts on it."""
        secret = self.bucket.credentials_secret
        return f"the credentials in Secret {secret.name}" if secret else self.actor.name


@dataclass(frozen=True)
class StoredObject:
    """An object of a bucket."""

    key: str
    bytes: int
    etag: str | None = None
    digest: str | None = None
    """`sha256:` and the digest that it has to have, where somebody has told it."""


def end_folder(prefix: str) -> str:
    """The prefix of all keys in a folder: it ends with a slash, whether it was written or not."""
    return f"{prefix.rstrip('/')}/"


def map_folder(
    location: ObjectLocation, objects: Iterable[StoredObject]
) -> Iterator[tuple[str, StoredObject]]:
    """The objects of a folder with their relative paths, in the order of these.

    Objects of zero bytes whose key ends with a slash are what consoles make of an empty folder:
    they are left out.

    Raises:
        RunError: SourceNotFound where nothing is left; TransferFailed where a key is no path, or
            two keys cannot both be files.
    """
    start = end_folder(location.key)
    found = {
        item.key.removeprefix(start): item
        for item in objects
        if not (item.key.endswith("/") and item.bytes == 0)
    }
    if not found:
        raise RunError(
            Reason.SOURCE_NOT_FOUND,
            f"{location} holds no file: prefix is a folder, whose keys begin with {start}",
        )
    for path in sorted(found):
        check_path(path, found, location)
        yield path, found[path]


def check_path(path: str, others: Iterable[str], location: ObjectLocation) -> None:
    """Refuse a path that leads out of a folder, or through what has to be a file.

    Args:
        path: relative to the folder.
        others: all paths of the folder.
        location: the folder in the store.

    Raises:
        RunError: TransferFailed.
    """
    parts = path.split("/")
    if any(part in ("", ".", "..") for part in parts) or "\0" in path:
        raise RunError(
            Reason.TRANSFER_FAILED,
            f"{location}: the key {path!r} below it is no path of a file: an empty part, . and .."
            " lead out of a folder; rename the object",
        )
    for end in range(1, len(parts)):
        above = posixpath.join(*parts[:end])
        if above in others:
            raise RunError(
                Reason.TRANSFER_FAILED,
                f"{location}: the keys {above!r} and {path!r} below it cannot both be files of a"
                " folder; rename one of the objects",
            )
