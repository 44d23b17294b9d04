"""AWS Security Token Service: who we are."""

from __future__ import annotations

from argmin.aws.calls import Aws
from argmin.aws.models import Access, Identity


async def get_caller_identity(aws: Aws, access: Access) -> Identity:
    """The account and the role by which calls are made; raises `argmin.aws.errors`."""
    answer = await aws.call(access, "sts", "get_caller_identity", {})
    return Identity(answer["Account"], answer["Arn"])
