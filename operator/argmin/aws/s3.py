"""Amazon S3 and compatible stores: small objects, with checksums."""

from __future__ import annotations

import base64
import contextlib
import hashlib
from datetime import datetime
from typing import Any

from argmin.aws.client import Answer, Aws, Finish
from argmin.aws.errors import AccessDeniedError, NotFoundError, TooLargeError
from argmin.aws.models import Access, StoredObject

READ_LIMIT_BYTES = 8 * 1024 * 1024
"""Default limit of an object that is read whole, in bytes."""

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
        kms_key_id: str | None = None,
        *,
        only_new: bool = False,
    ) -> None:
        """Write a small JSON object; the store verifies its SHA-256.

        Raises:
            InUseError: with `only_new`, if an object of that key exists.
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
            ContentType="application/json",
            ChecksumSHA256=base64.b64encode(hashlib.sha256(body).digest()).decode(),
            **encryption,
            **condition,
        )

    async def _read(self, bucket: str, key: str, limit_bytes: int) -> tuple[bytes, datetime]:
        """An object whole, and when it was written."""

        def read(answer: Answer) -> Answer:
            with contextlib.closing(answer["Body"]) as stream:
                return {**answer, "Body": stream.read(limit_bytes + 1)}

        try:
            answer = await self._call("get_object", read, Bucket=bucket, Key=key)
        except AccessDeniedError as error:
            # Without s3:ListBucket, S3 responds with AccessDenied for a missing object.
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
        """Read an object whole; `None` if it does not exist, or was written before `since`."""
        try:
            body, modified = await self._read(bucket, key, limit_bytes)
        except NotFoundError:
            return None
        return None if since and modified < since else body

    async def head_object(self, bucket: str, key: str) -> StoredObject | None:
        """The metadata of an object; `None` if it does not exist.

        S3 gives no reason here: without s3:ListBucket, the result is `None` for a forbidden
        object too.
        """
        try:
            answer = await self._call("head_object", Bucket=bucket, Key=key)
        except (NotFoundError, AccessDeniedError):
            return None
        return StoredObject(
            key, answer["ContentLength"], answer.get("ETag", "").strip('"'), answer["LastModified"]
        )

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
