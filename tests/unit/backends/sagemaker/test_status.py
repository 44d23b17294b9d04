"""What SageMaker's description of a job says of an attempt."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from argmin.backends.sagemaker.job_type import JobDescription
from argmin.backends.sagemaker.jobs.processing import PROCESSING
from argmin.backends.sagemaker.status import (
    Reading,
    read_job,
)
from argmin.backends.state import RunPhase

CREATED = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
STARTED = CREATED + timedelta(minutes=3)
ENDED = STARTED + timedelta(seconds=90)
ROLE = "arn:aws:iam::111122223333:role/argmin-job"
INTERRUPTED = {"succeeded": False, "reason": "Interrupted", "message": "interrupted before"}
INVALID = {"succeeded": False, "reason": "InvalidModel", "message": "line 3: no such row"}
SOLVED = {"succeeded": True, "result": {"outcome": "Feasible", "objective": "15005.0"}}
OPTIMAL, FEASIBLE = ({**SOLVED, "reason": reason} for reason in ("Optimal", "Interrupted"))


def describe(status: str, **fields: Any) -> JobDescription:
    """A job as SageMaker describes it; one that is over ran for 90 s."""
    over = {"ProcessingEndTime": ENDED} if status in ("Completed", "Failed", "Stopped") else {}
    answer = {
        "ProcessingJobName": "steel-1",
        "ProcessingJobArn": "arn:aws:sagemaker:eu-west-1:111122223333:processing-job/steel-1",
        "ProcessingJobStatus": status,
        "CreationTime": CREATED,
        "ProcessingStartTime": STARTED,
        "ProcessingResources": {
            "ClusterConfig": {
                "InstanceCount": 2,
                "InstanceType": "ml.m5.large",
                "VolumeSizeInGB": 30,
            }
        },
        "StoppingCondition": {"MaxRuntimeInSeconds": 3600},
        "AppSpecification": {"ImageUri": "registry/solvers:1"},
        "RoleArn": ROLE,
        **over,
        **fields,
    }
    given = {name: value for name, value in answer.items() if value is not None}
    return PROCESSING.parse_description(given)


def fail(reason: str, message: dict[str, Any] | None = None, **fields: Any) -> Reading:
    said = json.dumps(message) if message else None
    return read_job(describe("Failed", FailureReason=reason, ExitMessage=said, **fields))


def test_a_job_whose_instance_is_not_there_yet_is_pending() -> None:
    attempt = read_job(describe("InProgress", ProcessingStartTime=None)).attempt
    assert (attempt.phase, attempt.reason) == (RunPhase.PENDING, "Preparing")
    assert attempt.message == "SageMaker is preparing the instance"
    assert attempt.started is None


def test_a_job_whose_container_has_started_runs() -> None:
    reading = read_job(describe("InProgress"))
    assert reading.attempt.phase is RunPhase.RUNNING
    assert reading.attempt.started == STARTED
    assert not reading.is_stopping


def test_a_job_that_is_being_stopped_still_runs() -> None:
    reading = read_job(describe("Stopping"))
    assert reading.attempt.phase is RunPhase.RUNNING
    assert reading.is_stopping


def test_a_completed_job_has_its_answer_in_the_exit_message() -> None:
    job = describe("Completed", ExitMessage=json.dumps(OPTIMAL))
    attempt = read_job(job).attempt
    assert (attempt.phase, attempt.exit_code) == (RunPhase.SUCCEEDED, 0)
    assert attempt.answer is not None
    assert attempt.answer.solve.objective == "15005.0"
    assert (attempt.started, attempt.finished) == (STARTED, ENDED)
    assert not attempt.was_interrupted


def test_an_answer_that_was_cut_has_to_be_read_from_the_store() -> None:
    job = describe("Completed", ExitMessage=json.dumps(OPTIMAL)[:20])
    assert read_job(job).attempt.answer is None
    whole = read_job(describe("Completed", ExitMessage=json.dumps(OPTIMAL))).attempt.answer
    assert read_job(job, whole).attempt.answer == whole


def test_the_exit_code_is_told_by_the_failure_and_the_reason_by_the_answer() -> None:
    reading = fail("AlgorithmError: , exit code: 10", INVALID)
    attempt = reading.attempt
    assert (attempt.phase, attempt.exit_code) == (RunPhase.FAILED, 10)
    assert (attempt.reason, attempt.message) == ("InvalidModel", "line 3: no such row")
    assert reading.permanent


def test_a_failure_that_a_rerun_may_mend_is_not_permanent() -> None:
    answer = INVALID | {"reason": "SolverFailed"}
    assert not fail("AlgorithmError: , exit code: 12", answer).permanent


def test_a_crash_without_an_answer_says_so() -> None:
    attempt = fail("AlgorithmError: , exit code: 139").attempt
    assert (attempt.exit_code, attempt.reason) == (139, "Crashed")
    assert attempt.message == "the runner ended with exit code 139 and no answer"


@pytest.mark.parametrize(
    ("words", "reason", "advice"),
    [
        (
            "ClientError: Cannot pull algorithm container. Either the image x does not exist or"
            " its permissions are incorrect.",
            "ImagePullBackOff",
            'image "registry/solvers:1": correct spec.image',
        ),
        (
            'ClientError: Failed to download data. No S3 objects found under S3 URL "s3://b/k"'
            " given in input data source.",
            "SourceNotFound",
            "put it there, or correct bucket and key",
        ),
        (
            "ClientError: Failed to download data. s3://b/k: Access Denied (Service: Amazon S3;"
            " Status Code: 403; Error Code: AccessDenied)",
            "AccessDenied",
            f"allow the role {ROLE} s3:GetObject",
        ),
        (
            "ClientError: Failed to upload data. s3://b/k: Access Denied (Service: Amazon S3;"
            " Status Code: 403)",
            "AccessDenied",
            f"allow the role {ROLE} s3:PutObject",
        ),
        (
            "ClientError: Failed to upload data. s3://b/k: The specified bucket does not exist",
            "TransferFailed",
            "check the buckets of spec.artifacts.s3",
        ),
        (
            "ClientError: Access denied. KMS key alias/x: the ciphertext refers to a key that does"
            " not exist",
            "KmsKeyNotUsable",
            "volumeKmsKeyId, outputKmsKeyId",
        ),
        (
            "ClientError: Could not assume role arn:aws:iam::1:role/x. Please ensure the role"
            " exists",
            "RoleNotUsable",
            f"the role {ROLE} of spec.backend.sageMaker.roleArn",
        ),
        (
            "ClientError: Subnet subnet-1 has insufficient free addresses",
            "NetworkNotUsable",
            "check spec.backend.sageMaker.network",
        ),
        (
            "ClientError: No space left on device",
            "VolumeFull",
            "raise spec.backend.sageMaker.volumeSizeGB",
        ),
        (
            "AlgorithmError: , exit code: 127",
            "ContainerCannotRun",
            "an image of your own is built from argmin's solver image",
        ),
    ],
)
def test_a_failure_that_stays_says_which_field_to_mend(
    words: str, reason: str, advice: str
) -> None:
    reading = fail(words)
    assert reading.permanent
    assert reading.attempt.reason == reason
    assert advice in str(reading.attempt.message)
    assert not reading.attempt.was_interrupted


@pytest.mark.parametrize(
    "words",
    [
        "ClientError: Unable to upload to s3://b/k: Please reduce your request rate. (SlowDown)",
        "ClientError: Failed to upload data. s3://b/k: We encountered an internal error (Service:"
        " Amazon S3; Status Code: 500; Error Code: InternalError)",
        "ClientError: Failed to download data. s3://b/k: (Status Code: 503)",
        "ClientError: KMS key alias/x: Rate exceeded (ThrottlingException)",
    ],
)
def test_what_aws_was_too_busy_for_is_tried_again(words: str) -> None:
    reading = fail(words)
    assert not reading.permanent
    assert not reading.attempt.was_interrupted
    assert "another attempt may succeed" in str(reading.attempt.message)


PROSE = (
    "Unable to upload the output",
    "the KMS key of the repository is being rotated",
    "the image does not exist",
    "exceeded the maximum runtime",
    "no space left on the disk of the subnet",
    "Access Denied, status code: 403",
    "Unable to provision requested ML compute capacity",
    "We encountered an internal error",
)


@pytest.mark.parametrize("prose", PROSE)
@pytest.mark.parametrize(
    ("prefix", "permanent", "counts"),
    [
        ("ClientError: ", True, True),
        ("AlgorithmError: ", False, True),
        ("InternalServerError: ", False, False),
        ("CapacityError: ", False, False),
        ("", False, True),
    ],
)
def test_the_prefix_alone_decides_whether_a_failure_stays_and_counts(
    prefix: str, permanent: bool, counts: bool, prose: str
) -> None:
    reading = fail(prefix + prose)
    assert reading.permanent == permanent
    assert reading.attempt.was_interrupted != counts
    is_ours = reading.attempt.reason in ("PlatformFailed", "InsufficientCapacity")
    assert is_ours != counts


def test_a_failure_in_the_seconds_before_the_limit_is_no_timeout_where_the_program_ended() -> None:
    limit = {"StoppingCondition": {"MaxRuntimeInSeconds": 91}}
    assert fail("AlgorithmError: , exit code: 12", INVALID, **limit).attempt.exit_code == 12
    assert fail("it took too long", None, **limit).attempt.reason == "DeadlineExceeded"


NAMES = ("repository", "kms", "uploads", "team.ecr.vpc", "out of memory", "exit code 137")
NO_SUCH = 'ClientError: Failed to download data. No S3 objects found under S3 URL "{}" given.'
DENIED = "ClientError: Failed to download data. {}: Access Denied (Status Code: 403)"
NO_ROLE = "ClientError: Could not assume role {}. Please ensure the role exists"


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(
    ("words", "named", "reason"),
    [
        (NO_SUCH, "s3://team/{}/blend.lp", "SourceNotFound"),
        (NO_SUCH, "s3://{}/blend.lp", "SourceNotFound"),
        (DENIED, "s3://team/{}/blend.lp", "AccessDenied"),
        (DENIED, "arn:aws:s3:::team/{}", "AccessDenied"),
        (NO_ROLE, "arn:aws:iam::111122223333:role/{}", "RoleNotUsable"),
    ],
)
def test_no_cause_is_read_out_of_names_that_users_have_chosen(
    words: str, named: str, reason: str, name: str
) -> None:
    is_key = "team/" in named and "s3://" in named
    uri = named.format(name if is_key else name.replace(" ", "-"))
    said = words.format(uri)
    reading = read_job(describe("Failed", FailureReason=said), sources={uri: "spec.model.source"})
    assert reading.attempt.reason == reason
    message = str(reading.attempt.message)
    assert message.endswith(f"SageMaker: {said}")
    assert reason == "RoleNotUsable" or message.startswith(f"spec.model.source ({uri})")


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (
            "InternalServerError: We encountered an internal error. Please try again.",
            "PlatformFailed",
        ),
        (
            "CapacityError: Unable to provision requested ML compute capacity. Please retry using"
            " a different ML instance type.",
            "InsufficientCapacity",
        ),
    ],
)
def test_what_aws_itself_broke_does_not_count_against_the_job(words: str, reason: str) -> None:
    reading = fail(words)
    assert reading.attempt.reason == reason
    assert reading.attempt.was_interrupted
    assert not reading.permanent


@pytest.mark.parametrize(
    "words",
    [
        "AlgorithmError: , exit code: 137",
        "ClientError: Please use an instance type with more memory, or reduce the size",
    ],
)
def test_too_little_memory_is_told_whatever_the_runner_saw_of_it(words: str) -> None:
    attempt = fail(words, INVALID | {"reason": "ProgramFailed"}).attempt
    assert attempt.reason == "OOMKilled"
    assert "more memory than ml.m5.large has" in str(attempt.message)


def test_words_that_nobody_knows_are_passed_on() -> None:
    attempt = fail("ClientError: something  quite\nnew").attempt
    assert (attempt.reason, attempt.message) == (
        "Failed",
        "SageMaker: ClientError: something quite new",
    )


def test_a_result_that_could_not_be_stored_fails_whatever_the_answer_says() -> None:
    attempt = fail("ClientError: Failed to upload data. s3://b/k: Access Denied", OPTIMAL).attempt
    assert (attempt.phase, attempt.reason) == (RunPhase.FAILED, "AccessDenied")
    assert attempt.answer is not None


def test_a_job_that_was_stopped_is_interrupted_and_no_failure() -> None:
    for message in (None, json.dumps(INTERRUPTED), json.dumps(FEASIBLE)):
        attempt = read_job(describe("Stopped", ExitMessage=message)).attempt
        assert attempt.was_interrupted
        assert attempt.is_over


def test_a_job_that_had_its_answer_when_it_was_stopped_is_done() -> None:
    attempt = read_job(describe("Stopped", ExitMessage=json.dumps(OPTIMAL))).attempt
    assert (attempt.phase, attempt.exit_code) == (RunPhase.SUCCEEDED, 0)
    assert not attempt.was_interrupted


def test_a_job_that_reached_its_limit_keeps_what_it_found() -> None:
    limit = {"StoppingCondition": {"MaxRuntimeInSeconds": 60}}
    stopped = read_job(describe("Stopped", ExitMessage=json.dumps(FEASIBLE), **limit)).attempt
    failed = fail("The job exceeded the MaxRuntimeInSeconds of 60", FEASIBLE, **limit).attempt
    for attempt in (stopped, failed):
        assert attempt.phase is RunPhase.SUCCEEDED
        assert not attempt.was_interrupted


@pytest.mark.parametrize("message", [None, json.dumps(INTERRUPTED)])
def test_a_job_that_reached_its_limit_with_nothing_found_names_the_limit(
    message: str | None,
) -> None:
    limit = {"StoppingCondition": {"MaxRuntimeInSeconds": 60}}
    stopped = read_job(describe("Stopped", ExitMessage=message, **limit))
    failed = read_job(describe("Failed", ExitMessage=message, FailureReason="too long", **limit))
    for reading in (stopped, failed):
        assert reading.permanent
        assert reading.attempt.reason == "DeadlineExceeded"
        assert "spec.backend.sageMaker.maxRuntimeSeconds" in str(reading.attempt.message)
        assert not reading.attempt.was_interrupted


LOST = FEASIBLE | {"reason": "AnswerUndelivered", "message": "it was not stored"}


def test_a_job_that_reached_its_limit_and_whose_solution_is_lost_has_failed() -> None:
    limit = {"StoppingCondition": {"MaxRuntimeInSeconds": 60}}
    stopped = read_job(describe("Stopped", ExitMessage=json.dumps(LOST), **limit))
    failed = fail("The job exceeded the MaxRuntimeInSeconds of 60", LOST, **limit)
    for reading in (stopped, failed):
        assert (reading.attempt.phase, reading.attempt.reason) == (
            RunPhase.FAILED,
            "AnswerUndelivered",
        )
        assert not reading.attempt.was_interrupted
        assert not reading.permanent
        assert reading.attempt.answer is not None


def test_a_job_that_was_stopped_and_whose_solution_is_lost_is_interrupted_and_no_failure() -> None:
    attempt = read_job(describe("Stopped", ExitMessage=json.dumps(LOST))).attempt
    assert (attempt.phase, attempt.reason) == (RunPhase.FAILED, "Stopped")
    assert attempt.message == "it was not stored"
    assert attempt.was_interrupted


@given(
    status=st.sampled_from(["InProgress", "Stopping", "Completed", "Failed", "Stopped"]),
    reason=st.text(max_size=1024),
    message=st.text(max_size=1024),
    started=st.booleans(),
)
def test_whatever_sagemaker_says_the_reading_is_never_an_exception(
    status: str, reason: str, message: str, started: bool
) -> None:
    job = describe(
        status,
        FailureReason=reason,
        ExitMessage=message,
        ProcessingStartTime=STARTED if started else None,
    )
    attempt = read_job(job).attempt
    assert attempt.is_over == job.status.is_over
    assert len(attempt.message or "") <= 1024
