"""The two S3 servers of the tests, as one: what holds of a store has to hold of both."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from argmin.api.pod import LocalReference
from argmin.api.run import Download, Transfers
from argmin.api.storage import ACCESS_KEY_ID, SECRET_ACCESS_KEY, S3Object, S3Store

_numbers = itertools.count(1)


@dataclass
class Store:
    """A server with a bucket of its own for one test."""

    name: str
    url: str
    client: Any
    keys: tuple[str, str]
    stranger: tuple[str, str]
    """Keys that the server accepts, of somebody who may do nothing."""
    credentials: Path
    """Where Secrets are folders."""
    bucket: str = field(default_factory=lambda: f"team-{next(_numbers)}")

    def __post_init__(self) -> None:
        self.client.create_bucket(Bucket=self.bucket)
        self.write_secret("owner", self.keys)
        self.write_secret("stranger", self.stranger)

    def write_secret(self, name: str, keys: tuple[str, str]) -> None:
        """Make a Secret as a pod sees it."""
        folder = self.credentials / name
        folder.mkdir(parents=True)
        (folder / ACCESS_KEY_ID).write_text(keys[0])
        # As people write it who encode a line.
        (folder / SECRET_ACCESS_KEY).write_text(f"{keys[1]}\n")

    def put(self, key: str, content: bytes | str) -> None:
        """Put a small object."""
        body = content.encode() if isinstance(content, str) else content
        self.client.put_object(Bucket=self.bucket, Key=key, Body=body)

    def put_file(self, key: str, file: Path) -> None:
        """Put a file as boto3 does, in parts where it is large."""
        self.client.upload_file(str(file), self.bucket, key)

    def get(self, key: str) -> bytes:
        """The content of an object."""
        content: bytes = self.client.get_object(Bucket=self.bucket, Key=key)["Body"].read()
        return content

    def read_folder(self, prefix: str) -> Mapping[str, bytes]:
        """All objects below a prefix, by the rest of their keys."""
        pages = self.client.get_paginator("list_objects_v2").paginate(
            Bucket=self.bucket, Prefix=f"{prefix}/"
        )
        keys = [item["Key"] for page in pages for item in page.get("Contents", ())]
        return {key.removeprefix(f"{prefix}/"): self.get(key) for key in keys}

    def list_uploads(self) -> list[str]:
        """Keys of the uploads in parts that nobody has ended."""
        found = self.client.list_multipart_uploads(Bucket=self.bucket)
        return [upload["Key"] for upload in found.get("Uploads", ())]

    def place(
        self, prefix: str = "", *, secret: str = "owner", url: str = "", **fields: Any
    ) -> S3Store:
        """A place in the bucket to write to."""
        return S3Store(
            bucket=fields.pop("bucket", self.bucket),
            prefix=prefix,
            endpoint=url or self.url,
            credentials_secret=LocalReference(name=secret),
            **fields,
        )

    def source(self, *, secret: str = "owner", url: str = "", **fields: Any) -> S3Object:
        """A key or a prefix of the bucket to read."""
        return S3Object(
            bucket=fields.pop("bucket", self.bucket),
            endpoint=url or self.url,
            credentials_secret=LocalReference(name=secret),
            **fields,
        )

    def downloads(self, path: Path, **fields: Any) -> Transfers:
        """Transfers of a job that reads one input into a path."""
        download = Download(name="data", source=self.source(**fields), path=str(path))
        return Transfers(downloads=(download,), credentials_root=str(self.credentials))


def read_tree(folder: Path) -> dict[str, bytes]:
    """All files below a folder, by their relative paths; hidden ones too."""
    files = (path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}
