"""Places in an S3-compatible object store: where a run reads from, and where its result goes."""

from __future__ import annotations

import re
from typing import Annotated, ClassVar

from pydantic import Field

from argmin.api.common import ApiModel, LocalReference, Pattern, Rule, escape_cel

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

    bucket: Bucket
    region: Region | None = Field(
        default=None, description="Region of the bucket; that of the run where left out."
    )
    endpoint: Endpoint | None = Field(
        default=None,
        description="URL of an S3-compatible server; Amazon S3 where left out. The run calls it,"
        " never the operator.",
    )
    credentials_secret: LocalReference | None = Field(
        default=None,
        description=f"Secret with {ACCESS_KEY_ID} and {SECRET_ACCESS_KEY}, and {SESSION_TOKEN}"
        " where they are temporary; the identity of the run where left out.",
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

    key: Annotated[str, Field(min_length=1, max_length=1024)] | None = None
    prefix: Annotated[str, Field(min_length=1, max_length=1024)] | None = None


class S3Store(S3Bucket):
    """A bucket, and a prefix in it, that a run writes to."""

    RULES: ClassVar[tuple[Rule, ...]] = (_plain_rule("prefix"),)

    prefix: Annotated[str, Field(max_length=700)] = Field(
        default="", description="What all keys begin with; the bucket itself where left out."
    )
    kms_key_id: KmsKey | None = Field(
        default=None, description="KMS key that encrypts what is written (SSE-KMS)."
    )

    def enter(self, *parts: str) -> S3Store:
        """The folder of this store that the parts name."""
        joined = "/".join(part.strip("/") for part in (self.prefix, *parts) if part.strip("/"))
        return self.model_copy(update={"prefix": joined})


class Artifacts(ApiModel):
    """Where the result of a job is kept: solution, log and outputs."""

    s3: S3Store


class StoredResult(ApiModel):
    """A result in an object store: the folder that holds answer.json and all the rest."""

    bucket: Bucket
    prefix: Annotated[str, Field(max_length=1024)]
    region: Region | None = None
    endpoint: Endpoint | None = None
