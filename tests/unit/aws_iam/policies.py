"""Policies and requests in few words, for tables of what is allowed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tests.aws.iam import Context, Policy, PolicyKind, Principal, Request, read_policy
from tests.aws.iam.request import ContextValue

ACCOUNT = "111122223333"
OTHER_ACCOUNT = "444455556666"
ALICE = Principal(f"arn:aws:iam::{ACCOUNT}:user/alice", tags={"Team": "red"})
ROLE_ARN = f"arn:aws:iam::{ACCOUNT}:role/planners/planner"
SESSION = Principal(
    f"arn:aws:sts::{ACCOUNT}:assumed-role/planner/monday", ROLE_ARN, tags={"Team": "red"}
)
STRANGER = Principal(f"arn:aws:iam::{OTHER_ACCOUNT}:user/mallory")
JOB = f"arn:aws:sagemaker:eu-central-1:{ACCOUNT}:processing-job/steel"


def statement(
    effect: str = "Allow",
    action: str | list[str] = "sagemaker:StopProcessingJob",
    resource: str | list[str] | None = "*",
    **elements: Any,
) -> dict[str, Any]:
    """One statement; further elements by their names, such as Condition."""
    basic = {"Effect": effect, "Action": action, **elements}
    return basic if resource is None else {**basic, "Resource": resource}


def policy(
    *statements: dict[str, Any],
    kind: PolicyKind = PolicyKind.IDENTITY,
    version: str = "2012-10-17",
) -> Policy:
    return read_policy({"Version": version, "Statement": list(statements)}, kind)


def allowing(
    action: str | list[str], resource: str | list[str] | None = "*", **elements: Any
) -> Policy:
    return policy(statement("Allow", action, resource, **elements))


def denying(
    action: str | list[str], resource: str | list[str] | None = "*", **elements: Any
) -> Policy:
    return policy(statement("Deny", action, resource, **elements))


def asking(
    action: str = "sagemaker:StopProcessingJob",
    *resources: str,
    principal: Principal = ALICE,
    context: Mapping[str, ContextValue] | None = None,
) -> Request:
    return Request(principal, action, resources or (JOB,), Context(context))
