"""Amazon S3, and what speaks as it does: small objects, whole and checked."""

from __future__ import annotations

import base64
import contextlib
import hashlib
from datetime import datetime
from typing import Any

from argmin.aws.calls import Answer, Aws, Finish
from argmin.aws.errors import AccessDeniedError, NotFoundError, TooLargeError
from argmin.aws.models import Access, StoredObject

READ_LIMIT_BYTES = 8 * 1024 * 1024
"""Largest object that is read whole where the caller says nothing."""

_SERVICE = "s3"
_LIST_BUCKET = "s3:ListBucket"


class S3:
    """Buckets of one region, by one identity; every method raises `argmin.aws.errors`."""

    def __init__(self, aws: Aws, access: Access) -> None:
        self._aws = aws
        self._access = access

    async def put_object(
        self,
        bucket: str,
        key: str,
        body: bytes,
        content_type: str = "application/json",
        kms_key_id: str | None = None,
        *,
        only_new: bool = False,
    ) -> None:
        """Write a small object; the store checks its SHA-256 before it takes it.

        Raises:
            InUseError: it shall be `only_new`, and one of that key is there.
        """
        condition = {"IfNoneMatch": "*"} if only_new else {}
        encryption = (
            {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": kms_key_id} if kms_key_id else {}
        )
        await self._call(
            "put_object",
            Bucket=bucket,
            Key=key,
            Body=body,
            ContentType=content_type,
            ChecksumSHA256=base64.b64encode(hashlib.sha256(body).digest()).decode(),
            **encryption,
            **condition,
        )

    async def get_object(self, bucket: str, key: str, limit_bytes: int = READ_LIMIT_BYTES) -> bytes:
        """Read an object whole.

        Raises:
            NotFoundError: it is not there.
            TooLargeError: it is larger than `limit_bytes`; nothing of it is kept.
        """
        body, _ = await self._read(bucket, key, limit_bytes)
        return body

    async def _read(self, bucket: str, key: str, limit_bytes: int) -> tuple[bytes, datetime]:
        """An object whole, and when it was written."""

        def read(answer: Answer) -> Answer:
            with contextlib.closing(answer["Body"]) as stream:
                return {**answer, "Body": stream.read(limit_bytes + 1)}

        try:
            answer = await self._call("get_object", read, Bucket=bucket, Key=key)
        except AccessDeniedError as error:
            # Who may not list the bucket is told so of an object that is not there.
            if error.action != _LIST_BUCKET:
                raise
            raise NotFoundError(
                f"s3://{bucket}/{key} is not there", error.operation, error.code
            ) from error
        body: bytes = answer["Body"]
        if len(body) > limit_bytes:
            raise TooLargeError(
                f"s3://{bucket}/{key} is larger than {limit_bytes} bytes", "s3:GetObject"
            )
        modified: datetime = answer["LastModified"]
        return body, modified

    async def find_object(
        self,
        bucket: str,
        key: str,
        limit_bytes: int = READ_LIMIT_BYTES,
        since: datetime | None = None,
    ) -> bytes | None:
        """Read an object whole; `None` where it is not there, or was written before `since`."""
        try:
            body, modified = await self._read(bucket, key, limit_bytes)
        except NotFoundError:
            return None
        return None if since and modified < since else body

    async def head_object(self, bucket: str, key: str) -> StoredObject | None:
        """What is known of an object; `None` where it is not there.

        S3 gives no reason here: whoever may not list the bucket gets `None` for a forbidden
        object too.
        """
        try:
            answer = await self._call("head_object", Bucket=bucket, Key=key)
        except (NotFoundError, AccessDeniedError):
            return None
        return StoredObject(
            key, answer["ContentLength"], answer.get("ETag", "").strip('"'), answer["LastModified"]
        )

    async def delete_object(self, bucket: str, key: str) -> None:
        """Delete an object; one that is not there is as good as deleted."""
        await self._call("delete_object", Bucket=bucket, Key=key)

    async def list_objects(
        self, bucket: str, prefix: str, limit: int = 1000
    ) -> tuple[StoredObject, ...]:
        """The objects whose keys begin with `prefix`, at most `limit` of them, by their keys."""
        found: list[StoredObject] = []
        token: dict[str, str] = {}
        while len(found) < limit:
            answer = await self._call(
                "list_objects_v2",
                Bucket=bucket,
                Prefix=prefix,
                MaxKeys=min(1000, limit - len(found)),
                **token,
            )
            found += [
                StoredObject(o["Key"], o["Size"], o.get("ETag", "").strip('"'), o["LastModified"])
                for o in answer.get("Contents", ())
            ]
            if not answer.get("NextContinuationToken"):
                break
            token = {"ContinuationToken": answer["NextContinuationToken"]}
        return tuple(found)

    async def _call(
        self, operation: str, finish: Finish | None = None, /, **parameters: Any
    ) -> Answer:
        return await self._aws.call(
            self._access,
            _SERVICE,
            operation,
            parameters,
            caller=parameters.get("Key", ""),
            finish=finish,
        )
