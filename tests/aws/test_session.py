"""Sessions by role: assumed once, refreshed, assumed anew, and never told to anybody."""

from __future__ import annotations

import asyncio
import logging
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from argmin.aws.client import Aws, CallSettings
from argmin.aws.errors import ExpiredError, RoleNotUsableError
from argmin.aws.models import Access
from argmin.aws.s3 import S3
from argmin.aws.sagemaker import SageMaker
from argmin.aws.session import ClientSettings, Sessions
from tests.aws.client import (
    QUICK,
    TEAM_ROLE,
    Record,
    find_caller,
    lead_to,
    make_operator,
    make_role,
)
from tests.aws.control import ACCOUNT
from tests.aws.emulator import Aws as Emulator
from tests.aws.stage import Stage
from tests.aws.versitygw import REGION, ROOT_KEYS, gateway

pytestmark = pytest.mark.aws


@pytest.fixture(autouse=True)
def led_to_emulator(aws: Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
    lead_to(aws, monkeypatch)


def count_assumptions(aws: Emulator) -> int:
    return len(aws.calls("sts", "AssumeRole"))


def ask_who(sessions: Sessions, access: Access) -> str:
    """The ARN by which AWS knows a session."""
    client = sessions.find(access).client("sts", "us-east-1")
    return str(client.get_caller_identity()["Arn"])


def write_keys(file: Path, keys: tuple[str, str]) -> None:
    access, secret = keys
    file.write_text(f"[default]\naws_access_key_id={access}\naws_secret_access_key={secret}\n")


async def test_without_a_role_calls_are_made_by_the_identity_of_the_process() -> None:
    async with Aws(QUICK) as aws:
        arn = await find_caller(aws, Access())
    assert f":{ACCOUNT}:" in arn


async def test_with_a_role_calls_are_made_by_its_session_which_is_named_after_the_namespace(
    aws: Emulator,
) -> None:
    role = make_role(aws)
    async with Aws(QUICK) as calls:
        arn = await find_caller(calls, Access(role_arn=role, namespace="team-a"))
    assert arn == f"arn:aws:sts::{ACCOUNT}:assumed-role/team/argmin-team-a"


async def test_a_role_can_be_held_to_one_namespace_by_the_tag_of_its_sessions(
    aws: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    lead_to(aws, monkeypatch, make_operator(aws))
    tag = {"StringEquals": {"aws:RequestTag/argmin.dev/namespace": "team-a"}}
    role = make_role(aws, condition=tag)
    aws.configure(iam=True)
    async with Aws(QUICK) as calls:
        assert await find_caller(calls, Access(role_arn=role, namespace="team-a"))
        with pytest.raises(RoleNotUsableError, match=f"cannot assume the role {role}"):
            await find_caller(calls, Access(role_arn=role, namespace="team-b"))


async def test_twenty_calls_at_once_assume_the_role_once(aws: Emulator) -> None:
    access = Access(role_arn=make_role(aws), namespace="team-a")
    async with Aws(QUICK) as calls:
        await asyncio.gather(*(find_caller(calls, access) for _ in range(20)))
    assert count_assumptions(aws) == 1


def test_credentials_are_obtained_anew_before_they_expire(aws: Emulator) -> None:
    ahead = timedelta(0)
    sessions = Sessions(now=lambda: datetime.now(UTC) + ahead)
    access = Access(role_arn=make_role(aws), namespace="team-a")
    ask_who(sessions, access)
    ahead = timedelta(minutes=40)
    ask_who(sessions, access)
    assert count_assumptions(aws) == 1
    ahead = timedelta(minutes=46)
    ask_who(sessions, access)
    assert count_assumptions(aws) == 2


async def test_credentials_that_aws_refuses_are_obtained_anew_once(
    aws: Emulator, stage: Stage
) -> None:
    stage.create("job")
    access = Access(role_arn=make_role(aws), namespace="team-a")
    async with Aws(QUICK) as calls:
        sagemaker = SageMaker(calls, access)
        await sagemaker.describe_job("ProcessingJob", "job")
        aws.faults.add("expired-token", "sagemaker", "DescribeProcessingJob", times=1)
        assert (await sagemaker.describe_job("ProcessingJob", "job"))["ProcessingJobName"] == "job"
    assert count_assumptions(aws) == 2


async def test_credentials_that_stay_refused_are_an_error_that_heals(
    aws: Emulator, stage: Stage
) -> None:
    stage.create("job")
    access = Access(role_arn=make_role(aws), namespace="team-a")
    async with Aws(QUICK) as calls:
        sagemaker = SageMaker(calls, access)
        with (
            aws.faults.during("expired-token", "sagemaker", "DescribeProcessingJob") as fault,
            pytest.raises(ExpiredError, match="does not take the credentials"),
        ):
            await sagemaker.describe_job("ProcessingJob", "job")
        assert fault is not None
        assert (await sagemaker.describe_job("ProcessingJob", "job"))["ProcessingJobName"] == "job"


async def test_keys_that_are_deleted_and_replaced_are_read_anew_by_what_speaks_s3_too(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    file, record = tmp_path / "credentials", Record()
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(file))
    write_keys(file, ("deleted", "deleted-secret"))
    with gateway() as server:
        async with Aws(QUICK, record) as calls:
            store = S3(calls, Access(region=REGION, endpoint=server.url))
            with pytest.raises(ExpiredError, match="does not take the credentials of argmin"):
                await store.find_object("none", "none")
            assert record.calls == {("s3", "GetObject", "InvalidAccessKeyId"): 2}
            write_keys(file, ROOT_KEYS)
            assert await store.find_object("none", "none") is None


async def test_an_expired_identity_of_the_process_is_read_anew(aws: Emulator) -> None:
    aws.faults.add("expired-token", "sts", "AssumeRole", times=1)
    access = Access(role_arn=make_role(aws), namespace="team-a")
    async with Aws(QUICK) as calls:
        arn = await find_caller(calls, access)
    assert f":{ACCOUNT}:" in arn


async def test_a_role_that_is_gone_is_named_and_found_again_when_it_is_back(
    aws: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    lead_to(aws, monkeypatch, make_operator(aws))
    access = Access(role_arn=TEAM_ROLE, namespace="team-a")
    aws.configure(iam=True)
    async with Aws(QUICK) as calls:
        with pytest.raises(RoleNotUsableError, match="role/team: it must exist"):
            await find_caller(calls, access)
        make_role(aws)
        assert f":{ACCOUNT}:" in await find_caller(calls, access)


async def test_no_credentials_at_all_is_told_with_what_to_do(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path))
    async with Aws(QUICK) as calls:
        with pytest.raises(RoleNotUsableError, match="by EKS Pod Identity or by IRSA"):
            await find_caller(calls, Access())


def test_the_role_that_was_not_used_for_longest_is_forgotten_first(aws: Emulator) -> None:
    sessions = Sessions(ClientSettings(sessions=3))
    role = make_role(aws)
    first, second, third = (Access(role_arn=role, namespace=name) for name in "abc")
    for access in (first, second, first, third):  # and the identity of the process: four in all
        ask_who(sessions, access)
    assert count_assumptions(aws) == 3
    ask_who(sessions, first)
    assert count_assumptions(aws) == 3
    ask_who(sessions, second)
    assert count_assumptions(aws) == 4


def read_secrets(sessions: Sessions, access: Access) -> tuple[str, str]:
    inner: Any = sessions.find(access)._inner
    frozen = inner.get_credentials().get_frozen_credentials()
    return frozen.secret_key, frozen.token


def test_credentials_are_in_no_log_and_in_no_text_of_an_object(
    aws: Emulator, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    sessions = Sessions()
    access = Access(role_arn=make_role(aws), namespace="team-a")
    ask_who(sessions, access)
    texts = caplog.text + repr(sessions) + repr(sessions.find(access)) + repr(access)
    for secret in read_secrets(sessions, access):
        assert secret
        assert secret not in texts


async def test_assuming_a_role_is_counted_as_the_call_that_it_is(aws: Emulator) -> None:
    record = Record()
    access = Access(role_arn=make_role(aws), namespace="team-a")
    async with Aws(CallSettings(), record) as calls:
        await find_caller(calls, access)
    assert record.calls == {("sts", "AssumeRole", "OK"): 1, ("sts", "GetCallerIdentity", "OK"): 1}
