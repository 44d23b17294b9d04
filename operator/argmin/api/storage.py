"""Places in an S3-compatible object store: where a run reads from, and where its result goes."""

from __future__ import annotations

import re
from typing import Annotated, ClassVar

from pydantic import Field

from argmin.api.base import ApiModel, Rule
from argmin.api.pod import LocalReference
from argmin.api.scalars import Pattern, escape_cel

ACCESS_KEY_ID = "AWS_ACCESS_KEY_ID"
SECRET_ACCESS_KEY = "AWS_SECRET_ACCESS_KEY"
SESSION_TOKEN = "AWS_SESSION_TOKEN"
"""Keys of a Secret with credentials; the last is optional."""

Bucket = Annotated[
    str,
    Pattern(
        r"^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$",
        "write the bucket's name alone, such as team-models: 3 to 63 lower-case letters, digits,"
        " . and -",
        max_length=63,
    ),
]
Region = Annotated[
    str,
    Pattern(
        r"^[a-z]{2}(-[a-z]+)+-[0-9]{1,2}$", "write a region such as eu-central-1", max_length=32
    ),
]
Endpoint = Annotated[
    str,
    Pattern(
        r"^https?://[^/?#@\s]+/?$",
        "write the URL of the server, such as https://s3.example.org:9000, without path and"
        " credentials",
        max_length=253,
    ),
]
KmsKey = Annotated[
    str,
    Pattern(
        r"^[a-zA-Z0-9:/_-]+$",
        "write the ID or the ARN of a KMS key, or its alias, such as alias/team",
        max_length=2048,
    ),
]

_BAD_KEY = r"^/|(^|/)\.\.?(/|$)|//|[\x00-\x1f]"
_KEY_MESSAGE = (
    "is relative to the bucket: no / at its start, and none of //, . and .. as a part of it"
)


def is_plain(key: str | None) -> bool:
    """Whether a path stays below where it begins, and names each part once."""
    return key is None or re.search(_BAD_KEY, key) is None


def _plain_rule(field: str) -> Rule:
    return Rule(
        cel=f"!has(self.{field}) || !self.{field}.matches('{escape_cel(_BAD_KEY)}')",
        message=f"{field} {_KEY_MESSAGE}",
        holds=lambda place: is_plain(getattr(place, field)),
    )


class S3Bucket(ApiModel):
    """A bucket and how to reach it; left out, region and credentials are those of the run."""

    bucket: Bucket = Field(description="Name of the bucket, without s3:// and without a path.")
    region: Region | None = Field(
        default=None,
        description="AWS region of the bucket; if left out, that of the run, and us-east-1 with an"
        " endpoint.",
    )
    endpoint: Endpoint | None = Field(
        default=None,
        description="URL of an S3-compatible server; Amazon S3 if left out. The run calls it, never"
        " the operator.",
    )
    credentials_secret: LocalReference | None = Field(
        default=None,
        description=f"Secret with {ACCESS_KEY_ID} and {SECRET_ACCESS_KEY}, and {SESSION_TOKEN}"
        " where they are temporary. If left out, the run uses the identity of its service account"
        " or role. For pods of this cluster only.",
    )


class S3Object(S3Bucket):
    """A file (`key`), or a folder (`prefix`), that a run reads."""

    RULES: ClassVar[tuple[Rule, ...]] = (
        Rule(
            cel="has(self.key) != has(self.prefix)",
            message="s3 has key, for a file, or prefix, for a folder: write one of them",
            holds=lambda o: (o.key is None) != (o.prefix is None),
        ),
        Rule(
            cel="!has(self.key) || !self.key.endsWith('/')",
            message="key names a file and does not end with /: write prefix for a folder",
            holds=lambda o: o.key is None or not o.key.endswith("/"),
        ),
        _plain_rule("key"),
        _plain_rule("prefix"),
    )

    key: Annotated[str, Field(min_length=1, max_length=1024)] | None = Field(
        default=None,
        description="Key of one file, such as plans/2026.mps; exactly one of key and prefix is"
        " given.",
    )
    prefix: Annotated[str, Field(min_length=1, max_length=1024)] | None = Field(
        default=None,
        description="Folder, such as plans/2026: all objects below it are read. For inputs only; a"
        " model or script names a key.",
    )


class S3Store(S3Bucket):
    """A bucket, and a prefix in it, that a run writes to."""

    RULES: ClassVar[tuple[Rule, ...]] = (_plain_rule("prefix"),)

    prefix: Annotated[str, Field(max_length=700)] = Field(
        default="",
        description="Folder that all keys begin with; the top of the bucket if left out.",
    )
    kms_key_id: KmsKey | None = Field(
        default=None,
        description="ID, ARN or alias of the KMS key that encrypts what is written (SSE-KMS); the"
        " bucket's own encryption if left out.",
    )

    def enter(self, *parts: str) -> S3Store:
        """The folder of this store that the parts name."""
        joined = "/".join(part.strip("/") for part in (self.prefix, *parts) if part.strip("/"))
        return self.model_copy(update={"prefix": joined})


class Artifacts(ApiModel):
    """Where the result of a job is kept: solution, log and outputs."""

    s3: S3Store = Field(description="Bucket, and a folder in it, that the result is written to.")


class StoredResult(ApiModel):
    """A result in an object store: the folder that holds answer.json and all the rest."""

    bucket: Bucket = Field(description="Name of the bucket.")
    prefix: Annotated[str, Field(max_length=1024)] = Field(
        description="Folder of this result in the bucket; all its keys begin with it."
    )
    region: Region | None = Field(
        default=None, description="AWS region of the bucket, where one was named."
    )
    endpoint: Endpoint | None = Field(
        default=None, description="URL of the S3-compatible server; absent for Amazon S3."
    )
