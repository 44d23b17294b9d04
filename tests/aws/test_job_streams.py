"""The log of a processing job, read by a person from CloudWatch as the emulator answers for it."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from argmin.aws.client import Aws
from argmin.aws.logs import Logs
from argmin.aws.models import Access
from argmin.cli.errors import CliError, ExitStatus
from argmin.cli.logs.cloudwatch import JobStreams, LogStreamRef
from tests.aws.client import QUICK, lead_to
from tests.aws.control import REGION
from tests.aws.emulator import Aws as Emulator
from tests.aws.stage import LOG_GROUP, Stage

pytestmark = pytest.mark.aws

TALK = "echo one; trap 'echo two; exit 0' TERM; while true; do sleep 0.1; done"
"""Says one thing, and another when it is stopped."""


@pytest.fixture
async def calls(aws: Emulator, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Aws]:
    lead_to(aws, monkeypatch)
    async with Aws(QUICK) as made:
        yield made


def open_streams(calls: Aws, job_name: str, instances: int = 1) -> JobStreams:
    place = LogStreamRef(LOG_GROUP, job_name, f"{job_name}/", REGION, instances=instances)
    return JobStreams(Logs(calls, Access(region=REGION)), place)


async def read(streams: JobStreams) -> list[str]:
    return [line async for line in streams.read_on()]


async def test_a_log_is_read_while_the_job_runs_and_on_to_its_end(calls: Aws, stage: Stage) -> None:
    streams = open_streams(calls, "talk")
    assert await read(streams) == []
    stage.create("talk", TALK)
    stage.wait_for_log("talk", "one")
    assert await read(streams) == ["one\n"]
    assert await read(streams) == []
    stage.sagemaker.stop_processing_job(ProcessingJobName="talk")
    stage.wait("talk")
    assert await read(streams) == ["two\n"]


async def test_every_instance_is_read_under_its_name(calls: Aws, stage: Stage) -> None:
    cluster = {"InstanceCount": 2, "InstanceType": "ml.m5.xlarge", "VolumeSizeInGB": 1}
    script = "echo hello; echo 'argmin-progress {\"step\": 1}'"
    stage.create("pair", script, ProcessingResources={"ClusterConfig": cluster})
    stage.wait("pair")
    lines = await read(open_streams(calls, "pair", instances=2))
    assert lines == ["[algo-1] hello\n", "[algo-2] hello\n"]


def make_person(aws: Emulator, *actions: str) -> dict[str, str]:
    """Keys of a user who may do these things, and nothing else."""
    iam = aws.client("iam")
    iam.create_user(UserName="person")
    if actions:
        allowed = {"Effect": "Allow", "Action": list(actions), "Resource": "*"}
        policy = json.dumps({"Version": "2012-10-17", "Statement": [allowed]})
        iam.put_user_policy(UserName="person", PolicyName="own", PolicyDocument=policy)
    key = iam.create_access_key(UserName="person")["AccessKey"]
    aws.configure(iam=True)
    return {name: key[name] for name in ("AccessKeyId", "SecretAccessKey")}


@pytest.mark.parametrize(
    ("allowed", "lacking"),
    [((), "logs:DescribeLogStreams"), (("logs:DescribeLogStreams",), "logs:GetLogEvents")],
)
async def test_a_person_is_told_the_permission_that_is_lacking(
    aws: Emulator,
    stage: Stage,
    monkeypatch: pytest.MonkeyPatch,
    allowed: tuple[str, ...],
    lacking: str,
) -> None:
    stage.create("job", "echo one")
    stage.wait("job")
    lead_to(aws, monkeypatch, make_person(aws, *allowed))
    async with Aws(QUICK) as calls:
        with pytest.raises(CliError, match=lacking) as caught:
            await read(open_streams(calls, "job"))
    assert caught.value.status is ExitStatus.UNREACHABLE
    assert "user/person" in caught.value.message.splitlines()[0]


async def test_two_permissions_are_enough(
    aws: Emulator, stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage.create("job", "echo one")
    stage.wait("job")
    person = make_person(aws, "logs:DescribeLogStreams", "logs:GetLogEvents")
    lead_to(aws, monkeypatch, person)
    async with Aws(QUICK) as calls:
        assert await read(open_streams(calls, "job")) == ["one\n"]


async def test_who_has_no_credentials_is_told_how_to_sign_in(
    aws: Emulator, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    lead_to(aws, monkeypatch)
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path))
    async with Aws(QUICK) as calls:
        with pytest.raises(CliError, match="no AWS credentials here") as caught:
            await read(open_streams(calls, "job"))
    assert caught.value.status is ExitStatus.UNREACHABLE
    assert "aws sso login" in caught.value.message
