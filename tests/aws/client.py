"""argmin's own way to AWS, led to the emulator."""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest

from argmin.aws.client import Aws as Calls
from argmin.aws.client import CallSettings
from argmin.aws.models import Access
from argmin.aws.session import ClientSettings
from tests.aws.control import ACCOUNT
from tests.aws.emulator import Aws

TEAM_ROLE = f"arn:aws:iam::{ACCOUNT}:role/team"
QUICK = CallSettings(
    attempts=2, call_seconds=20.0, clients=ClientSettings(connect_seconds=2.0, read_seconds=2.0)
)


@dataclass
class Record:
    """An observer that remembers: every call by service, operation and code."""

    calls: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    waits: list[float] = field(default_factory=list)

    def observe_aws_call(self, service: str, operation: str, code: str, seconds: float) -> None:
        self.calls[service, operation, code] += 1

    def observe_aws_wait(self, service: str, operation: str, seconds: float) -> None:
        self.waits.append(seconds)


def lead_to(
    aws: Aws, monkeypatch: pytest.MonkeyPatch, credentials: Mapping[str, str] | None = None
) -> None:
    """Have this process see the emulator as AWS, with an administrator's keys or with others."""
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    for name, value in aws.environment(credentials=credentials).items():
        monkeypatch.setenv(name, value)


def make_operator(aws: Aws) -> dict[str, str]:
    """Keys of a user who may assume roles and nothing else, as the operator's own role may."""
    iam = aws.client("iam")
    iam.create_user(UserName="operator")
    allowed = {"Effect": "Allow", "Action": ["sts:AssumeRole", "sts:TagSession"], "Resource": "*"}
    policy = {"Version": "2012-10-17", "Statement": [allowed]}
    iam.put_user_policy(UserName="operator", PolicyName="assume", PolicyDocument=json.dumps(policy))
    key = iam.create_access_key(UserName="operator")["AccessKey"]
    return {name: key[name] for name in ("AccessKeyId", "SecretAccessKey")}


def make_role(aws: Aws, name: str = "team", condition: dict[str, Any] | None = None) -> str:
    """A role that the account may assume and that may do everything; its ARN."""
    statement = {
        "Effect": "Allow",
        "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"},
        "Action": ["sts:AssumeRole", "sts:TagSession"],
        **({"Condition": condition} if condition else {}),
    }
    iam = aws.client("iam")
    trust = {"Version": "2012-10-17", "Statement": [statement]}
    arn: str = iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(trust))["Role"][
        "Arn"
    ]
    everything = {"Effect": "Allow", "Action": "*", "Resource": "*"}
    policy = {"Version": "2012-10-17", "Statement": [everything]}
    iam.put_role_policy(RoleName=name, PolicyName="all", PolicyDocument=json.dumps(policy))
    return arn


async def find_caller(calls: Calls, access: Access) -> str:
    """The ARN of who calls AWS for us; raises `argmin.aws.errors`."""
    answer = await calls.call(access, "sts", "get_caller_identity", {})
    return str(answer["Arn"])
