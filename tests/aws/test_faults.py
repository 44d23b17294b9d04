"""Faults on demand: each kind, before and after the effect, and throttling that is real."""

from __future__ import annotations

import threading

import pytest
from botocore.config import Config
from botocore.exceptions import ConnectionClosedError, ReadTimeoutError

from tests.aws.environment import EmulatorError
from tests.aws.seed import BUCKET
from tests.aws.stage import Stage, refused
from tests.cluster.waiting import wait_until

pytestmark = pytest.mark.aws


@pytest.mark.parametrize(
    ("kind", "code"),
    [
        ("throttling", "ThrottlingException"),
        ("internal-error", "InternalFailure"),
        ("unavailable", "ServiceUnavailable"),
        ("expired-token", "ExpiredTokenException"),
        ("access-denied", "AccessDeniedException"),
    ],
)
def test_a_fault_strikes_as_often_as_it_should(stage: Stage, kind: str, code: str) -> None:
    stage.aws.faults.add(kind, "sagemaker", "ListProcessingJobs", times=2)
    for _ in range(2):
        with refused(code):
            stage.sagemaker.list_processing_jobs()
    stage.sagemaker.list_processing_jobs()
    assert [fault.hits for fault in stage.aws.faults.list()] == [2]


def test_a_fault_before_the_effect_leaves_nothing(stage: Stage) -> None:
    stage.aws.faults.add("internal-error", "sagemaker", "CreateProcessingJob", times=1)
    with refused("InternalFailure"):
        stage.create("job")
    assert stage.aws.jobs() == []


@pytest.mark.parametrize("kind", ["internal-error", "throttling"])
def test_a_fault_after_the_effect_loses_only_the_answer(stage: Stage, kind: str) -> None:
    stage.aws.faults.add(kind, "sagemaker", "CreateProcessingJob", when="after", times=1)
    with refused("InternalFailure" if kind == "internal-error" else "ThrottlingException"):
        stage.create("job")
    assert stage.wait("job")["ProcessingJobStatus"] == "Completed"


@pytest.mark.parametrize(("when", "created"), [("before", 0), ("after", 1)])
def test_a_connection_is_reset_before_or_after_the_effect(
    stage: Stage, when: str, created: int
) -> None:
    stage.aws.faults.add("reset", "sagemaker", "CreateProcessingJob", when=when, times=1)
    with pytest.raises(ConnectionClosedError):
        stage.create("job")
    assert len(stage.aws.jobs()) == created
    lost = stage.aws.calls("sagemaker", "CreateProcessingJob")
    assert [(call.status, call.error) for call in lost] == [(0, "ConnectionReset")]


def test_a_call_hangs_until_the_caller_gives_up(stage: Stage) -> None:
    client = stage.aws.client("sagemaker", config=Config(read_timeout=1))
    with (
        stage.aws.faults.during("hang", "sagemaker", "ListProcessingJobs", when="after"),
        pytest.raises(ReadTimeoutError),
    ):
        client.list_processing_jobs()
    client.list_processing_jobs()


def test_clearing_a_fault_lets_go_what_hangs(stage: Stage) -> None:
    fault = stage.aws.faults.add("hang", "sagemaker", "ListProcessingJobs", seconds=3600)
    outcomes: list[type[Exception]] = []

    def call() -> None:
        try:
            stage.sagemaker.list_processing_jobs()
        except ConnectionClosedError as error:
            outcomes.append(type(error))

    caller = threading.Thread(target=call)
    caller.start()
    wait_until(lambda: stage.aws.faults.list()[0].hits == 1, "the call to hang", timeout=30)
    stage.aws.faults.clear(fault)
    caller.join(30)
    assert outcomes == [ConnectionClosedError]


def test_a_fault_may_be_meant_for_one_principal(stage: Stage) -> None:
    stage.aws.faults.add("access-denied", "s3", "*", principal="assumed-role/argmin-job/")
    stage.upload("data/a", "A")
    script = "import boto3; boto3.client('s3').get_object(Bucket='argmin', Key='data/a')"
    stage.create("job", f'/opt/argmin/venv/bin/python -c "{script}"')
    assert stage.wait("job")["ProcessingJobStatus"] == "Failed"
    assert any("AccessDenied" in line for line in stage.log("job"))


def test_s3_goes_down_and_comes_back(stage: Stage) -> None:
    uri = stage.upload("kept", "still here")
    with stage.aws.faults.during("unavailable", "s3"):
        with refused("ServiceUnavailable"):
            stage.download("kept")
        with refused("ServiceUnavailable"):
            stage.upload("lost", b"x" * 1_000_000)
    with stage.aws.faults.during("reset", "s3"), pytest.raises(ConnectionClosedError):
        stage.download("kept")
    assert stage.download("kept") == "still here"
    assert uri == f"s3://{BUCKET}/kept"
    assert stage.list_keys() == ["kept"]


def test_s3_and_sts_have_words_of_their_own(stage: Stage) -> None:
    with stage.aws.faults.during("expired-token", "*"):
        with refused("ExpiredToken", "The provided token has expired."):
            stage.list_keys()
        with refused("ExpiredToken"):
            stage.aws.client("sts").get_caller_identity()
    with stage.aws.faults.during("throttling", "s3"), refused("SlowDown"):
        stage.list_keys()


def test_calls_beyond_the_rate_are_throttled_each_operation_for_itself(stage: Stage) -> None:
    stage.aws.configure(rates={"sagemaker:*": 2})
    for _ in range(2):
        stage.sagemaker.list_processing_jobs()
    with refused("ThrottlingException", "Rate exceeded"):
        for _ in range(20):
            stage.sagemaker.list_processing_jobs()
    stage.create("job")


def test_a_client_that_retries_gets_through_the_throttle(stage: Stage) -> None:
    stage.aws.configure(rates={"sagemaker:DescribeProcessingJob": 1})
    stage.create("job")
    patient = stage.aws.client(
        "sagemaker", config=Config(retries={"mode": "standard", "total_max_attempts": 10})
    )
    for _ in range(8):
        patient.describe_processing_job(ProcessingJobName="job")
    errors = {call.error for call in stage.aws.calls("sagemaker", "DescribeProcessingJob")}
    assert errors == {"", "ThrottlingException"}


def test_calls_are_recorded_with_who_made_them_and_what_about(stage: Stage) -> None:
    stage.aws.forget_calls()
    stage.create("job")
    with refused("ValidationException"):
        stage.describe("nobody")
    created, described = stage.aws.calls("sagemaker")
    assert (created.operation, created.resource, created.status) == (
        "CreateProcessingJob",
        "job",
        200,
    )
    assert created.principal == "arn:aws:iam::123456789012:root"
    assert created.account == "123456789012"
    assert (described.status, described.error) == (400, "ValidationException")


def test_a_setting_that_there_is_not_is_refused(stage: Stage) -> None:
    with pytest.raises(EmulatorError, match="speed"):
        stage.aws.configure(speed=2)
    with pytest.raises(EmulatorError, match="concurrency"):
        stage.aws.configure(concurrency="many")
