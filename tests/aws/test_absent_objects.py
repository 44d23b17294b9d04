"""An object that is not there, for a role that may read but not list: S3 says access denied."""

from __future__ import annotations

import json
from collections.abc import Sequence

import pytest

from argmin.aws.client import Aws
from argmin.aws.errors import AccessDeniedError
from argmin.aws.models import Access
from argmin.aws.s3 import S3
from tests.aws.client import QUICK, lead_to, make_role
from tests.aws.emulator import Aws as Emulator
from tests.aws.seed import BUCKET
from tests.aws.stage import Stage

pytestmark = pytest.mark.aws


@pytest.fixture(autouse=True)
def led_to_emulator(aws: Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
    lead_to(aws, monkeypatch)


def make_reader(aws: Emulator, actions: Sequence[str]) -> Access:
    """A role that may do no more than that in the bucket."""
    role = make_role(aws)
    statement = {"Effect": "Allow", "Action": [*actions], "Resource": f"arn:aws:s3:::{BUCKET}/*"}
    policy = {"Version": "2012-10-17", "Statement": [statement]}
    aws.client("iam").put_role_policy(
        RoleName="team", PolicyName="all", PolicyDocument=json.dumps(policy)
    )
    aws.configure(iam=True)
    return Access(role_arn=role, namespace="team-a")


async def test_it_is_not_there(aws: Emulator, stage: Stage) -> None:
    stage.upload("there", "text")
    access = make_reader(aws, ["s3:GetObject"])
    async with Aws(QUICK) as calls:
        store = S3(calls, access)
        assert await store.find_object(BUCKET, "there") == b"text"
        assert await store.find_object(BUCKET, "absent") is None
        assert await store.head_object(BUCKET, "absent") is None


async def test_one_that_may_not_be_read_is_not_taken_for_absent(
    aws: Emulator, stage: Stage
) -> None:
    stage.upload("there", "text")
    access = make_reader(aws, ["s3:PutObject"])
    async with Aws(QUICK) as calls:
        with pytest.raises(AccessDeniedError, match="lacks the permission s3:GetObject"):
            await S3(calls, access).find_object(BUCKET, "there")
