"""Objects of S3 and logs of CloudWatch, as argmin writes and reads them."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from argmin.aws.client import Aws
from argmin.aws.errors import InvalidError, NotFoundError, UnavailableError
from argmin.aws.logs import Logs
from argmin.aws.models import Access
from argmin.aws.s3 import S3
from tests.aws.client import QUICK, lead_to
from tests.aws.emulator import Aws as Emulator
from tests.aws.seed import BUCKET
from tests.aws.stage import LOG_GROUP, Stage
from tests.aws.versitygw import ROOT_KEYS, gateway

pytestmark = pytest.mark.aws


@pytest.fixture
async def calls(aws: Emulator, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Aws]:
    lead_to(aws, monkeypatch)
    async with Aws(QUICK) as made:
        yield made


async def test_an_object_comes_back_as_it_was_put(calls: Aws) -> None:
    s3 = S3(calls, Access())
    await s3.put_object(BUCKET, "a/answer.json", b"{}")
    assert await s3.find_object(BUCKET, "a/answer.json") == b"{}"
    head = await s3.head_object(BUCKET, "a/answer.json")
    assert head is not None
    assert (head.key, head.bytes) == ("a/answer.json", 2)


async def test_another_server_checks_and_keeps_the_checksum_of_what_it_gets(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with gateway() as server:
        server.client().create_bucket(Bucket=BUCKET)
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", ROOT_KEYS[0])
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", ROOT_KEYS[1])
        async with Aws(QUICK) as calls:
            s3 = S3(calls, Access(region="us-east-1", endpoint=server.url))
            await s3.put_object(BUCKET, "a/x", b"abc")
            assert await s3.find_object(BUCKET, "a/x") == b"abc"
            assert await s3.find_object(BUCKET, "a/none") is None
        stored = server.client().head_object(Bucket=BUCKET, Key="a/x", ChecksumMode="ENABLED")
    assert stored["ChecksumSHA256"] == "ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0="


async def test_an_object_is_written_with_the_key_that_is_named(calls: Aws, aws: Emulator) -> None:
    await S3(calls, Access()).put_object(BUCKET, "x", b"abc", kms_key_id="alias/team")
    stored = aws.client("s3").head_object(Bucket=BUCKET, Key="x")
    assert stored["ServerSideEncryption"] == "aws:kms"


async def test_an_object_that_is_not_there_is_none(calls: Aws) -> None:
    s3 = S3(calls, Access())
    assert await s3.head_object(BUCKET, "none") is None
    assert await s3.find_object(BUCKET, "none") is None


async def test_an_object_that_is_too_large_is_not_read(calls: Aws) -> None:
    s3 = S3(calls, Access())
    await s3.put_object(BUCKET, "large", b"x" * 1001)
    assert await s3.find_object(BUCKET, "large", limit_bytes=1001) == b"x" * 1001
    with pytest.raises(InvalidError, match="larger than 1000 bytes"):
        await s3.find_object(BUCKET, "large", limit_bytes=1000)


async def test_a_bucket_that_is_not_there_is_not_found(calls: Aws) -> None:
    with pytest.raises(NotFoundError, match="bucket"):
        await S3(calls, Access()).put_object("nowhere", "x", b"")


async def test_a_store_that_is_down_and_back_is_written(calls: Aws, aws: Emulator) -> None:
    s3 = S3(calls, Access())
    with aws.faults.during("unavailable", "s3"), pytest.raises(UnavailableError):
        await s3.put_object(BUCKET, "x", b"1")
    await s3.put_object(BUCKET, "x", b"1")
    assert await s3.find_object(BUCKET, "x") == b"1"


async def test_a_person_may_name_another_server(
    aws: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    lead_to(aws, monkeypatch)
    monkeypatch.delenv("AWS_ENDPOINT_URL")
    async with Aws(QUICK) as calls:
        s3 = S3(calls, Access(endpoint=aws.url))
        await s3.put_object(BUCKET, "x", b"1")
        assert await s3.find_object(BUCKET, "x") == b"1"


async def test_the_log_of_a_job_is_read_from_its_start_and_on_from_its_end(
    calls: Aws, stage: Stage
) -> None:
    stage.create("job", "echo one; echo two; echo three")
    stage.wait("job")
    stage.wait_for_log("job", "three")
    logs = Logs(calls, Access())
    (stream,) = await logs.list_streams(LOG_GROUP, "job/")
    first = await logs.read_stream(LOG_GROUP, stream, limit=2)
    second = await logs.read_stream(LOG_GROUP, stream, first.next_token)
    end = await logs.read_stream(LOG_GROUP, stream, second.next_token)
    assert [e.text for e in (*first.events, *second.events)] == ["one", "two", "three"]
    assert end.events == ()
    assert end.next_token == second.next_token
    assert [e.text for e in (await logs.read_tail(LOG_GROUP, stream, limit=1)).events] == ["three"]


async def test_a_job_that_has_not_started_has_no_log_yet(calls: Aws) -> None:
    logs = Logs(calls, Access())
    assert await logs.list_streams(LOG_GROUP, "none/") == ()
    with pytest.raises(NotFoundError):
        await logs.read_stream(LOG_GROUP, "none/algo-1")
