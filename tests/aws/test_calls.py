"""Calls to AWS that is slow, busy, broken or far away."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from argmin.aws.client import Aws, CallSettings
from argmin.aws.errors import (
    AccessDeniedError,
    InUseError,
    InvalidError,
    LimitExceededError,
    NotFoundError,
    ThrottledError,
    UnavailableError,
)
from argmin.aws.models import Access
from argmin.aws.rate_limit import Rates
from argmin.aws.sagemaker import SageMaker
from argmin.backends.sagemaker.job_type import JobDescription
from argmin.backends.sagemaker.jobs.processing import PROCESSING
from argmin.runtime.telemetry.metrics import Metrics
from tests.aws.client import QUICK, Record, find_caller, lead_to
from tests.aws.control import ACCOUNT
from tests.aws.emulator import Aws as Emulator
from tests.aws.stage import Stage, request

pytestmark = pytest.mark.aws

HERE = Access()
QUOTA = "ml.m5.xlarge for processing job usage"


@pytest.fixture(autouse=True)
def led_to_emulator(aws: Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
    lead_to(aws, monkeypatch)
    aws.configure(execution="simulated")


async def create(sagemaker: SageMaker, aws: Emulator, name: str) -> None:
    """Have a job made as a reconcile does: told to come again, it comes again."""
    while True:
        try:
            await sagemaker.create_job("ProcessingJob", request(aws, name))
        except ThrottledError as error:
            await asyncio.sleep(error.after.total_seconds())
        else:
            return


async def describe(sagemaker: SageMaker) -> JobDescription:
    return PROCESSING.parse_description(await sagemaker.describe_job("ProcessingJob", "steel"))


async def test_a_job_is_created_described_stopped_and_known_by_its_tags(aws: Emulator) -> None:
    given = {"argmin.dev/uid": "u-1", "argmin.dev/name": "steel"}
    tags = [{"Key": key, "Value": value} for key, value in given.items()]
    async with Aws(QUICK) as calls:
        sagemaker = SageMaker(calls, HERE)
        arn = await sagemaker.create_job("ProcessingJob", request(aws, "steel", Tags=tags))
        job = await describe(sagemaker)
        found = await sagemaker.list_tags(arn)
        await sagemaker.stop_job("ProcessingJob", "steel")
    assert (job.name, job.arn, job.status) == ("steel", arn, "InProgress")
    assert (job.instance_type, job.instance_count) == ("ml.m5.xlarge", 1)
    assert found == given


async def test_what_is_not_there_is_not_found() -> None:
    async with Aws(QUICK) as calls:
        sagemaker = SageMaker(calls, HERE)
        with pytest.raises(NotFoundError):
            await sagemaker.describe_job("ProcessingJob", "none")
        with pytest.raises(NotFoundError):
            await sagemaker.stop_job("ProcessingJob", "none")


async def test_a_name_that_is_taken_is_in_use(aws: Emulator) -> None:
    async with Aws(QUICK) as calls:
        sagemaker = SageMaker(calls, HERE)
        await sagemaker.create_job("ProcessingJob", request(aws, "steel"))
        with pytest.raises(InUseError):
            await sagemaker.create_job("ProcessingJob", request(aws, "steel"))


async def test_a_used_up_quota_is_named(aws: Emulator) -> None:
    aws.configure(quotas={QUOTA: 0})
    async with Aws(QUICK) as calls:
        with pytest.raises(LimitExceededError) as caught:
            await SageMaker(calls, HERE).create_job("ProcessingJob", request(aws, "steel"))
    assert caught.value.quota == QUOTA


async def test_a_missing_permission_is_named(aws: Emulator) -> None:
    aws.faults.add("access-denied", "sagemaker", "DescribeProcessingJob")
    async with Aws(QUICK) as calls:
        with pytest.raises(AccessDeniedError) as caught:
            await SageMaker(calls, HERE).describe_job("ProcessingJob", "steel")
    assert caught.value.action == "sagemaker:DescribeProcessingJob"


async def test_a_request_that_is_no_request_is_refused_before_it_is_sent(aws: Emulator) -> None:
    async with Aws(QUICK) as calls:
        with pytest.raises(InvalidError, match="RoleArn"):
            await SageMaker(calls, HERE).create_job("ProcessingJob", {"ProcessingJobName": "steel"})
    assert aws.calls("sagemaker") == []


@pytest.mark.parametrize("kind", ["internal-error", "unavailable", "reset", "throttling"])
async def test_a_failure_that_passes_is_not_noticed(aws: Emulator, stage: Stage, kind: str) -> None:
    stage.create("steel")
    aws.faults.add(kind, "sagemaker", "DescribeProcessingJob", times=1)
    async with Aws(QUICK) as calls:
        assert (await describe(SageMaker(calls, HERE))).name == "steel"


async def test_a_failure_that_stays_is_told_after_some_attempts(aws: Emulator) -> None:
    fault = aws.faults.add("internal-error", "sagemaker", "DescribeProcessingJob")
    record = Record()
    async with Aws(QUICK, record) as calls:
        with pytest.raises(UnavailableError, match="AWS failed at sagemaker:DescribeProcessingJob"):
            await SageMaker(calls, HERE).describe_job("ProcessingJob", "steel")
    assert [f.hits for f in aws.faults.list() if f.id == fault.id] == [QUICK.attempts]
    assert record.calls == {("sagemaker", "DescribeProcessingJob", "InternalFailure"): 2}


async def test_throttling_that_stays_says_when_to_come_again(aws: Emulator) -> None:
    aws.faults.add("throttling", "sagemaker", "DescribeProcessingJob")
    async with Aws(QUICK) as calls:
        with pytest.raises(ThrottledError) as caught:
            await SageMaker(calls, HERE).describe_job("ProcessingJob", "steel")
    assert caught.value.after > timedelta(0)


async def test_a_call_that_hangs_is_given_up(aws: Emulator) -> None:
    hasty = replace(QUICK, attempts=1, clients=replace(QUICK.clients, read_seconds=0.3))
    with aws.faults.during("hang", "sagemaker", "DescribeProcessingJob"):
        async with Aws(hasty) as calls:
            with pytest.raises(UnavailableError, match="no answer"):
                await SageMaker(calls, HERE).describe_job("ProcessingJob", "steel")


async def test_all_attempts_together_end_in_time(aws: Emulator) -> None:
    short = replace(QUICK, call_seconds=0.5)
    with aws.faults.during("hang", "sagemaker", "DescribeProcessingJob"):
        async with Aws(short) as calls:
            with pytest.raises(UnavailableError, match=r"within 0\.5 s"):
                await SageMaker(calls, HERE).describe_job("ProcessingJob", "steel")


async def test_a_caller_that_goes_away_waits_for_nothing(aws: Emulator) -> None:
    with aws.faults.during("hang", "sagemaker", "DescribeProcessingJob"):
        async with Aws(QUICK) as calls:
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.2):
                    await SageMaker(calls, HERE).describe_job("ProcessingJob", "steel")


async def test_nobody_there_is_no_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    async with Aws(QUICK) as calls:
        with pytest.raises(UnavailableError, match="no answer to sts:GetCallerIdentity"):
            await find_caller(calls, HERE)


async def test_where_aws_is_silent_the_others_are_told_so_at_once(aws: Emulator) -> None:
    record = Record()
    async with Aws(replace(QUICK, outage_seconds=600.0), record) as calls:
        sagemaker = SageMaker(calls, HERE)
        with aws.faults.during("reset", "sagemaker"):
            for _ in range(2):
                with pytest.raises(UnavailableError) as asked:
                    await sagemaker.describe_job("ProcessingJob", "steel")
                assert asked.value.may_have_taken_effect
            made = record.calls.total()
            with pytest.raises(UnavailableError, match="is put off") as told:
                await sagemaker.create_job("ProcessingJob", request(aws, "copper"))
        assert not told.value.may_have_taken_effect
        assert record.calls.total() == made
        assert f":{ACCOUNT}:" in await find_caller(calls, HERE)


async def test_an_outage_is_over_with_the_first_answer(aws: Emulator, stage: Stage) -> None:
    stage.create("steel")
    async with Aws(replace(QUICK, outage_seconds=0.0)) as calls:
        sagemaker = SageMaker(calls, HERE)
        with aws.faults.during("reset", "sagemaker"):
            for _ in range(3):
                with pytest.raises(UnavailableError):
                    await sagemaker.describe_job("ProcessingJob", "steel")
        assert (await describe(sagemaker)).name == "steel"
        jobs = [describe(sagemaker) for _ in range(3)]
        assert {job.name for job in await asyncio.gather(*jobs)} == {"steel"}


async def test_an_aws_that_breaks_is_asked_by_everybody(aws: Emulator) -> None:
    record = Record()
    async with Aws(QUICK, record) as calls:
        with aws.faults.during("internal-error", "sagemaker"):
            for asked in range(1, 4):
                with pytest.raises(UnavailableError):
                    await SageMaker(calls, HERE).list_tags("arn")
                assert record.calls.total() == QUICK.attempts * asked


@pytest.mark.parametrize("kind", ["reset", "internal-error"])
async def test_a_job_whose_creation_was_not_answered_is_found_in_use_and_is_there_once(
    aws: Emulator, kind: str
) -> None:
    aws.faults.add(kind, "sagemaker", "CreateProcessingJob", when="after", times=1)
    async with Aws(QUICK) as calls:
        with pytest.raises(InUseError):
            await SageMaker(calls, HERE).create_job("ProcessingJob", request(aws, "steel"))
    assert [job.name for job in aws.jobs()] == ["steel"]


@pytest.mark.parametrize("later", ["access-denied", "throttling", None])
async def test_a_refusal_after_a_try_that_was_not_answered_leaves_doubt(
    aws: Emulator, later: str | None
) -> None:
    aws.faults.add("reset", "sagemaker", "CreateProcessingJob", when="before", times=1)
    if later:
        aws.faults.add(later, "sagemaker", "CreateProcessingJob")
    crowded = Rates(writes=10.0 if later else 0.1)  # else the second try finds no turn
    async with Aws(replace(QUICK, rates=crowded)) as calls:
        with pytest.raises((AccessDeniedError, ThrottledError)) as caught:
            await SageMaker(calls, HERE).create_job("ProcessingJob", request(aws, "steel"))
    assert caught.value.may_have_taken_effect


async def test_a_refusal_leaves_no_doubt(aws: Emulator) -> None:
    aws.faults.add("throttling", "sagemaker", "CreateProcessingJob", times=1)
    aws.faults.add("access-denied", "sagemaker", "CreateProcessingJob")
    async with Aws(QUICK) as calls:
        with pytest.raises(AccessDeniedError) as caught:
            await SageMaker(calls, HERE).create_job("ProcessingJob", request(aws, "steel"))
    assert not caught.value.may_have_taken_effect


async def test_many_jobs_at_once_are_all_created_within_the_rate_that_aws_allows(
    aws: Emulator,
) -> None:
    aws.configure(rates={"sagemaker:*": 5.0})
    settings = CallSettings(rates=Rates(reads=5.0, writes=5.0), patience_seconds=0.5)
    names = [f"job-{number}" for number in range(30)]
    async with Aws(settings) as calls:
        sagemaker = SageMaker(calls, HERE)
        await asyncio.gather(*(create(sagemaker, aws, name) for name in names))
    assert sorted(job.name for job in aws.jobs()) == sorted(names)
    refused = [call for call in aws.calls("sagemaker") if call.error == "ThrottlingException"]
    assert len(refused) <= 3


async def test_an_aws_that_allows_less_than_is_configured_is_followed(aws: Emulator) -> None:
    aws.configure(rates={"sagemaker:*": 4.0})
    settings = CallSettings(rates=Rates(writes=20.0), patience_seconds=0.5)
    names = [f"job-{number}" for number in range(20)]
    async with Aws(settings) as calls:
        sagemaker = SageMaker(calls, HERE)
        await asyncio.gather(*(create(sagemaker, aws, name) for name in names))
    assert sorted(job.name for job in aws.jobs()) == sorted(names)


async def test_every_call_and_every_wait_is_in_the_metrics(aws: Emulator, stage: Stage) -> None:
    stage.create("steel")
    metrics = Metrics()
    labels = {"service": "sagemaker", "operation": "DescribeProcessingJob"}
    async with Aws(QUICK, metrics) as calls:
        await SageMaker(calls, HERE).describe_job("ProcessingJob", "steel")
        with pytest.raises(NotFoundError):
            await SageMaker(calls, HERE).describe_job("ProcessingJob", "none")
    read = metrics.registry.get_sample_value
    assert read("argmin_aws_calls_total", {**labels, "code": "OK"}) == 1
    assert read("argmin_aws_calls_total", {**labels, "code": "ValidationException"}) == 1
    assert read("argmin_aws_call_seconds_count", labels) == 2
    assert read("argmin_aws_throttle_wait_seconds_count", labels) == 2


async def test_the_region_of_a_call_is_that_of_the_job_else_that_of_the_process(
    aws: Emulator,
) -> None:
    async with Aws(QUICK) as calls:
        await SageMaker(calls, Access()).create_job("ProcessingJob", request(aws, "here"))
        abroad = SageMaker(calls, Access(region="eu-west-1"))
        await abroad.create_job("ProcessingJob", request(aws, "abroad"))
    assert {(job.name, job.region, job.account) for job in aws.jobs()} == {
        ("here", "us-east-1", ACCOUNT),
        ("abroad", "eu-west-1", ACCOUNT),
    }
