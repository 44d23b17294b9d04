"""The outputs of a job: folders of the container that go to S3."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any


@dataclass(frozen=True)
class JobOutput:
    """One output."""

    name: str
    local_path: PurePosixPath
    bucket: str
    prefix: str
    continuous: bool
    kms_key: str | None

    def locate(self, relative: str) -> tuple[str, str]:
        """Bucket and key of a file of this output."""
        return self.bucket, f"{self.prefix}/{relative}" if self.prefix else relative


def list_outputs(request: Mapping[str, Any]) -> list[JobOutput]:
    """The outputs of a CreateProcessingJob request that go to S3."""
    config = request.get("ProcessingOutputConfig", {})
    return [
        _read_output(output["OutputName"], output["S3Output"], config.get("KmsKeyId"))
        for output in config.get("Outputs", ())
        if "S3Output" in output
    ]


def _read_output(name: str, output: Mapping[str, Any], kms_key: str | None) -> JobOutput:
    bucket, prefix = split_uri(output["S3Uri"])
    return JobOutput(
        name=name,
        local_path=PurePosixPath(output["LocalPath"]),
        bucket=bucket,
        prefix=prefix.strip("/"),
        continuous=output["S3UploadMode"] == "Continuous",
        kms_key=kms_key,
    )


def split_uri(uri: str) -> tuple[str, str]:
    """Bucket and key (or prefix) of an s3:// URI."""
    bucket, _, key = uri.removeprefix("s3://").partition("/")
    return bucket, key
