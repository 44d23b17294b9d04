"""A call of AWS's API as its server sees it, before it is known which permissions it needs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from tests.aws.iam.request import Context, ContextValue, Principal, Request


@dataclass(frozen=True)
class Target:
    """What a call is about, as it stands before the call."""

    tags: Mapping[str, str] = field(default_factory=dict)
    account: str = ""
    """The account that owns it; empty where it is the caller's."""
    kms_key_arn: str = ""
    """Of an object in S3, or of a bucket: the key of KMS that encrypts it."""
    exists: bool = True


@dataclass(frozen=True)
class Call:
    """One call; `parameters` are named as in boto3 and already validated."""

    service: str
    """As boto3 names it: sagemaker, s3, sqs, logs, sts, kms."""
    operation: str
    parameters: Mapping[str, Any]
    principal: Principal
    region: str = "eu-central-1"
    account: str = ""
    """The account that the call goes to; the principal's where it is left out."""
    target: Target = field(default_factory=Target)
    moment: datetime | None = None
    source_ip: str = ""
    is_encrypted: bool = True

    @property
    def home(self) -> str:
        """The account in which the call's resources are."""
        return self.account or self.principal.account

    def name_resource(self, service: str, resource: str) -> str:
        """The ARN of a resource of this account and region."""
        return f"arn:aws:{service}:{self.region}:{self.home}:{resource}"

    def request(
        self,
        action: str,
        *resources: str,
        context: Mapping[str, ContextValue] | None = None,
    ) -> Request:
        """A request that this call makes, with the condition keys that every request has."""
        keys = Context(self._surroundings()) | (context or {})
        return Request(self.principal, action, resources or ("*",), keys)

    def _surroundings(self) -> dict[str, ContextValue]:
        keys: dict[str, ContextValue] = {
            "aws:RequestedRegion": self.region,
            "aws:SecureTransport": str(self.is_encrypted).lower(),
        }
        if self.target.account:
            keys["aws:ResourceAccount"] = self.target.account
        if self.source_ip:
            keys["aws:SourceIp"] = self.source_ip
        if self.moment is not None:
            keys["aws:CurrentTime"] = self.moment.isoformat()
            keys["aws:EpochTime"] = str(int(self.moment.timestamp()))
        return keys


def with_prefix(prefix: str, tags: Mapping[str, str]) -> dict[str, ContextValue]:
    """Condition keys for tags, such as `aws:RequestTag/Team` for the prefix `aws:RequestTag`."""
    return {f"{prefix}/{key}": value for key, value in tags.items()}
