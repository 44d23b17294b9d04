"""Inputs from S3 and outputs to S3, by HTTP with the job role's own credentials."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath
from typing import Any

import boto3
from boto3.exceptions import S3UploadFailedError
from botocore.client import Config
from botocore.exceptions import BotoCoreError, ClientError

from tests.aws.control import INTERNAL_ERROR
from tests.aws.processing.outputs import JobOutput, split_uri

CONTAINER_ROOT = PurePosixPath("/opt/ml")


class TransferError(Exception):
    """A job's files cannot be had or kept; the text is SageMaker's FailureReason."""


class Transfer:
    """The S3 side of one job."""

    def __init__(self, url: str, region: str, role: str, credentials: Mapping[str, Any]) -> None:
        self._role = role
        self._region = region
        self._client = boto3.session.Session(
            aws_access_key_id=credentials["AccessKeyId"],
            aws_secret_access_key=credentials["SecretAccessKey"],
            aws_session_token=credentials["SessionToken"],
            region_name=region,
        ).client(
            "s3", endpoint_url=url, config=Config(retries={"mode": "standard", "max_attempts": 5})
        )

    def download(self, source: Mapping[str, Any], ml: Path, host: int, hosts: int) -> None:
        """Bring one S3Input to its LocalPath.

        Raises:
            TransferError: nothing is there, or it may not be read.
        """
        uri = source["S3Uri"]
        folder = on_host(ml, PurePosixPath(source["LocalPath"]))
        folder.mkdir(parents=True, exist_ok=True)
        bucket, prefix = split_uri(uri)
        try:
            keys = [*self._list(bucket, prefix)]
            if not keys:
                raise TransferError(self._nothing_there(uri, bucket))
            if source.get("S3DataDistributionType") == "ShardedByS3Key":
                keys = keys[host::hosts]
            for key in keys:
                target = folder / _relative(key, prefix)
                target.parent.mkdir(parents=True, exist_ok=True)
                self._client.download_file(bucket, key, str(target))
        except ClientError as error:
            raise TransferError(self._explain(error, f"download data. {uri}")) from error
        except BotoCoreError as error:
            raise TransferError(INTERNAL_ERROR) from error

    def upload(self, output: JobOutput, ml: Path, seen: dict[Path, tuple[int, int]]) -> None:
        """Send an output's new and changed files; `seen` remembers what was sent.

        Raises:
            TransferError: the bucket is not there, or may not be written.
        """
        folder = on_host(ml, output.local_path)
        extra = (
            {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": output.kms_key}
            if output.kms_key
            else {}
        )
        for path in sorted(folder.rglob("*")):
            if not path.is_file():
                continue
            state = path.stat().st_mtime_ns, path.stat().st_size
            if seen.get(path) == state:
                continue
            bucket, key = output.locate(path.relative_to(folder).as_posix())
            self._send(path, bucket, key, extra)
            seen[path] = state

    def _send(self, path: Path, bucket: str, key: str, extra: Mapping[str, str]) -> None:
        try:
            self._client.upload_file(str(path), bucket, key, ExtraArgs=dict(extra))
        except S3UploadFailedError as error:
            cause = error.__cause__ or error.__context__
            if isinstance(cause, ClientError):
                text = self._explain(cause, f"upload data. s3://{bucket}/{key}")
                raise TransferError(text) from error
            raise TransferError(INTERNAL_ERROR) from error
        except BotoCoreError as error:
            raise TransferError(INTERNAL_ERROR) from error

    def _list(self, bucket: str, prefix: str) -> Iterator[str]:
        pages = self._client.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
        for page in pages:
            keys = (entry["Key"] for entry in page.get("Contents", ()))
            yield from (key for key in keys if not key.endswith("/"))

    def _nothing_there(self, uri: str, bucket: str) -> str:
        return (
            f'ClientError: Failed to download data. No S3 objects found under S3 URL "{uri}" given'
            " in input data source. Please ensure that the bucket exists in the selected region"
            f" ({self._region}), that objects exist under that S3 prefix, and that the role"
            f' "{self._role}" has "s3:ListBucket" permissions on bucket "{bucket}".'
        )

    def _explain(self, error: ClientError, what: str) -> str:
        status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 500)
        if status >= 500:
            return INTERNAL_ERROR
        told = error.response["Error"]
        return (
            f"ClientError: Failed to {what}: {told.get('Message', '')} (Service: Amazon S3;"
            f" Status Code: {status}; Error Code: {told.get('Code', '')}; role {self._role})"
        )


def on_host(ml: Path, path: PurePosixPath) -> Path:
    """Where a path of the container is, outside of it."""
    return ml / path.relative_to(CONTAINER_ROOT)


def _relative(key: str, prefix: str) -> str:
    """Where an object goes below LocalPath: what follows the last slash of the prefix, or on."""
    if key == prefix:
        return key.rpartition("/")[2]
    if prefix.endswith("/") or key[len(prefix) :].startswith("/"):
        return key[len(prefix) :].lstrip("/")
    return key[len(prefix.rpartition("/")[0]) :].lstrip("/")
