"""What AWS refuses, and what happens where it is silent or the operator dies."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from argmin.api.backend import SageMakerBackend
from argmin.aws.errors import (
    AccessDeniedError,
    AwsError,
    ExpiredError,
    InvalidError,
    LimitExceededError,
    NotFoundError,
    RoleNotUsableError,
    ThrottledError,
    UnavailableError,
)
from tests.unit.optimization.delegated import TEAM_ROLE, DelegatedWorld, delegated, running
from tests.unit.optimization.processing_jobs import Fault, silence
from tests.unit.optimization.world import OPTIMAL

OPERATIONS = ("PutObject", "CreateProcessingJob", "DescribeProcessingJob")


@pytest.mark.parametrize("writes", range(8))
def test_an_operator_that_dies_after_any_write_leaves_one_job(writes: int) -> None:
    world = DelegatedWorld()
    world.reconcile()
    for _ in range(writes):
        world.reconcile(crash_after=writes % 3)
    world.settle()
    assert len(world.aws.all_jobs) == 1
    assert world.aws_job.name == world.job_name


def test_a_creation_that_took_effect_unheard_is_adopted() -> None:
    world = DelegatedWorld()
    world.aws.faults = [silence("CreateProcessingJob", takes_effect=True)]
    world.settle()
    assert len(world.aws.all_jobs) == 1
    assert world.status["sageMaker"]["jobArn"] == world.aws_job.arn


def test_a_job_that_ended_while_nobody_looked_is_adopted_with_its_answer() -> None:
    world = DelegatedWorld()
    world.aws.faults = [silence("CreateProcessingJob", takes_effect=True)]
    world.reconcile()
    world.reconcile()
    world.aws.start(world.job_name)
    world.restart()
    world.container_ends()
    assert world.true_conditions["Complete"] == "Optimal"


def test_an_operator_that_starts_anew_asks_once_about_a_job_under_way() -> None:
    world = running()
    calls = len(world.aws.calls)
    world.restart()
    world.settle()
    assert world.aws.calls[calls:] == ["DescribeProcessingJob"]
    assert world.status["state"] == "Running"


@pytest.mark.parametrize("operation", OPERATIONS)
def test_silence_is_told_and_passes(operation: str) -> None:
    world = DelegatedWorld()
    world.aws.faults = [silence(operation)]
    world.reconcile()
    world.reconcile()
    if operation != "DescribeProcessingJob":
        assert world.true_conditions == {"Reconciling": "AwsUnavailable"}
        assert world.status["state"] == "Pending"
        assert world.requeue_after
        assert world.requeue_after >= timedelta(seconds=15)
    world.settle()
    world.container_starts()
    world.look_later()
    assert world.true_conditions == {"Reconciling": "Running"}


def test_a_quota_that_is_used_up_is_waited_for_by_name() -> None:
    world = DelegatedWorld()
    quota = "ml.m5.large for processing job usage"
    message = f'the AWS quota "{quota}" is used up'
    world.aws.faults = [
        Fault("CreateProcessingJob", LimitExceededError(message, quota)) for _ in range(9)
    ]
    world.settle()
    assert world.true_conditions == {"Reconciling": "QuotaExceeded"}
    assert quota in world.message("Reconciling")
    assert world.status["state"] == "Pending"
    assert world.requeue_after
    assert world.requeue_after >= timedelta(seconds=60)


def test_a_document_is_stored_once_however_often_its_job_is_refused() -> None:
    world = DelegatedWorld()
    world.aws.quota = 0
    world.settle()
    world.look_later()
    assert world.count_calls("CreateProcessingJob") > 1
    assert world.count_calls("PutObject") == 1
    world.aws.quota = 1
    world.look_later()
    assert world.aws_job.name == world.job_name


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (AccessDeniedError("the role lacks s3:PutObject", "s3:PutObject"), "AccessDenied"),
        (RoleNotUsableError("argmin cannot assume the role"), "RoleNotUsable"),
        (InvalidError("AWS refuses the request"), "InvalidRequest"),
        (NotFoundError("there is no bucket results", "s3:PutObject"), "StoreMissing"),
    ],
)
def test_what_somebody_has_to_see_to_stalls_the_job_until_they_have(
    error: AwsError, reason: str
) -> None:
    world = DelegatedWorld()
    world.aws.faults = [Fault("PutObject", error) for _ in range(2)]
    for _ in range(3):
        world.reconcile()
    assert world.true_conditions == {"Stalled": reason}
    assert error.message in world.message("Stalled")
    assert world.requeue_after
    world.look_later()
    assert world.aws_job.name == world.job_name
    assert "Stalled" not in world.true_conditions


@pytest.mark.parametrize("own", [True, False])
def test_a_missing_bucket_is_named_with_what_names_it(own: bool) -> None:
    spec: dict[str, Any] = {"artifacts": {"s3": {"bucket": "results"}}} if own else {}
    world = DelegatedWorld(**spec)
    missing = NotFoundError("the specified bucket does not exist", "s3:PutObject")
    world.aws.faults = [Fault("PutObject", missing)]
    world.reconcile()
    world.reconcile()
    field = "spec.artifacts.s3" if own else "defaultStore of argmin's chart"
    assert f'create bucket "results" ({field}' in world.message("Stalled")


def test_a_setting_that_sagemaker_refuses_is_named_as_the_spec_has_it() -> None:
    world = DelegatedWorld()
    listed = ", ".join(f"ml.m{n}.large" for n in range(200))
    refused = InvalidError(
        "AWS refuses sagemaker:CreateProcessingJob (ValidationException): 2 validation errors"
        " detected: Value 'ml.nope.large' at"
        " 'processingResources.clusterConfig.instanceType' failed to satisfy constraint: Member"
        f" must satisfy enum value set: [{listed}]; Value 'a,b' at 'tags.1.member.key' failed to"
        " satisfy constraint: Member must satisfy regular expression pattern: [a-z]+"
    )
    world.aws.faults = [Fault("CreateProcessingJob", refused)]
    world.reconcile()
    world.reconcile()
    assert world.message("Stalled") == (
        'spec.backend.sageMaker.instanceType: SageMaker does not take "ml.nope.large": Member must'
        " satisfy enum value set: [ml.m0.large, ml.m1.large, ml.m2.large and 197 more];"
        ' spec.backend.sageMaker.tags: SageMaker does not take "a,b": Member must satisfy regular'
        " expression pattern: [a-z]+"
    )


def test_an_input_that_is_not_there_is_named_by_its_field() -> None:
    sources = {name: {"s3": {"bucket": "b-1", "key": name}} for name in ("data", "data-new")}
    inputs = [{"name": name, "source": source} for name, source in sources.items()]
    world = running(inputs=inputs)
    why = (
        'ClientError: Failed to download data. No S3 objects found under S3 URL "s3://b-1/data-new"'
    )
    world.pass_time(60)
    world.aws.fail(world.job_name, why)
    world.look_later()
    assert world.true_conditions["Failed"] == "SourceNotFound"
    found = "spec.inputs[data-new].source.s3 (s3://b-1/data-new) is not in its bucket"
    assert world.message("Failed").startswith(found)


def test_throttling_is_nobodys_business() -> None:
    world = DelegatedWorld()
    throttled = ThrottledError("too many calls", timedelta(seconds=7))
    world.reconcile()
    before = dict(world.status)
    world.aws.faults = [Fault("CreateProcessingJob", throttled)]
    world.reconcile()
    assert world.status == before
    assert world.requeue_after == timedelta(seconds=7)


def test_credentials_that_are_refused_are_waited_out() -> None:
    world = running()
    expired = ExpiredError("AWS does not take the credentials", "sagemaker:Describe")
    world.aws.faults = [Fault("DescribeProcessingJob", expired)]
    world.pass_time(130)
    world.reconcile()
    assert world.true_conditions == {"Reconciling": "CredentialsExpired"}
    world.container_ends()
    assert world.true_conditions["Complete"] == "Optimal"


def test_a_stop_that_is_not_answered_is_asked_for_again() -> None:
    world = running()
    world.aws.faults = [silence("StopProcessingJob")]
    world.edit(suspend=True)
    world.settle()
    assert world.aws_job.status == "Stopping"


def test_an_answer_that_cannot_be_read_now_is_read_later() -> None:
    world = running()
    unread = UnavailableError("no answer", "s3:GetObject")
    world.aws.faults = [Fault("GetObject", unread)]
    world.pass_time(130)
    long_answer = OPTIMAL.model_copy(update={"message": "m" * 1024})
    world.aws.end(world.job_name, 0, long_answer)
    world.settle()
    assert world.true_conditions["Complete"] == "Optimal"


def test_a_job_without_a_role_names_the_field() -> None:
    world = DelegatedWorld()
    world.settings = SageMakerBackend(instance_type="ml.m5.large")
    world.settle()
    assert world.status["state"] == "Stalled"
    assert "spec.backend.sageMaker.roleArn" in world.message("Stalled")
    assert world.aws.calls == []
    assert world.events[-1].warning


def test_a_job_without_a_store_names_the_field_and_heals() -> None:
    world = DelegatedWorld()
    world.artifacts = None
    world.settle()
    assert world.true_conditions == {"Stalled": "StoreMissing"}
    assert "spec.artifacts.s3" in world.message("Stalled")
    world.edit(artifacts={"s3": {"bucket": "team-results"}})
    world.settle()
    assert world.aws_job.describe().result_uri.startswith("s3://team-results/team/steel/")


@pytest.mark.parametrize(
    ("fields", "named"),
    [
        (
            {
                "model": {
                    "format": "mps",
                    "source": {"persistentVolumeClaim": {"claimName": "models", "path": "a.mps"}},
                }
            },
            "persistentVolumeClaim",
        ),
        (
            {
                "env": [
                    {"name": "KEY", "valueFrom": {"secretKeyRef": {"name": "key", "key": "key"}}}
                ]
            },
            "secretKeyRef",
        ),
        ({"artifacts": {"s3": {"bucket": "abc", "endpoint": "https://s3.example"}}}, "endpoint"),
        ({"outputs": [{"name": "data", "path": "/data"}]}, "/opt/ml/processing"),
    ],
)
def test_what_sagemaker_does_not_have_is_said_where_it_is_the_default(
    fields: dict[str, object], named: str
) -> None:
    world = delegated(**fields)
    assert world.true_conditions == {"Stalled": "UnsuitedToBackend"}
    assert named in world.message("Stalled")
    assert world.aws.calls == []


def test_a_deadline_ends_also_what_never_got_an_instance() -> None:
    world = DelegatedWorld(activeDeadlineSeconds=300)
    world.aws.quota = 0
    world.settle()
    world.look_later(311)
    assert world.true_conditions["Failed"] == "DeadlineExceeded"
    world.settle()
    assert world.finalizers == []


def test_a_job_that_sagemaker_no_longer_knows_is_followed_by_another() -> None:
    world = running()
    world.aws.all_jobs.clear()
    world.look_later()
    world.look_later(20)
    assert world.aws_job.name.endswith("-2")
    assert world.status["attempts"][0]["message"] == "its SageMaker job is gone"


OTHER_ROLE = "arn:aws:iam::444455556666:role/argmin-team"


def refuse_creation(world: DelegatedWorld) -> None:
    """What was announced cannot be created, and is looked for in vain."""
    refused = AccessDeniedError("the role lacks the permission", "sagemaker:CreateProcessingJob")
    world.aws.faults = [Fault("CreateProcessingJob", refused)]
    world.reconcile()
    world.reconcile()
    assert world.true_conditions == {"Stalled": "AccessDenied"}


@pytest.mark.parametrize("restarts", [False, True])
@pytest.mark.parametrize(
    "settings", [{"region": "eu-central-1"}, {"assume_role_arn": OTHER_ROLE}], ids=str
)
def test_a_job_that_was_never_created_follows_a_corrected_default(
    settings: dict[str, str], restarts: bool
) -> None:
    world = DelegatedWorld()
    refuse_creation(world)
    world.settings = world.settings.model_copy(update=settings)
    if restarts:
        world.restart()
    world.look_later()
    world.look_later()
    assert len(world.aws.all_jobs) == 1
    assert world.aws_job.name == world.job_name
    corrected = (world.settings.region, world.settings.assume_role_arn)
    assert corrected in {(access.region, access.role_arn) for access in world.aws.accesses}


def test_a_job_that_was_created_stays_where_it_is_when_a_default_changes() -> None:
    world = DelegatedWorld()
    world.aws.faults = [silence("CreateProcessingJob", takes_effect=True)]
    world.reconcile()
    world.reconcile()
    world.restart()
    world.settings = world.settings.model_copy(update={"assume_role_arn": OTHER_ROLE})
    world.look_later()
    assert len(world.aws.all_jobs) == 1
    assert world.status["sageMaker"]["assumeRoleArn"] == TEAM_ROLE
    assert world.aws_job.name == world.job_name


def test_a_corrected_role_of_the_same_account_is_taken_at_once() -> None:
    world = DelegatedWorld()
    refuse_creation(world)
    other = f"{TEAM_ROLE}-corrected"
    world.settings = world.settings.model_copy(update={"assume_role_arn": other})
    world.restart()
    world.settle()
    assert world.aws_job.name == world.job_name
    assert world.aws.accesses[-1].role_arn == other
    assert world.status["sageMaker"]["assumeRoleArn"] == other


def test_the_document_of_a_job_that_is_there_stays_as_it_is() -> None:
    world = DelegatedWorld()
    world.reconcile()
    world.reconcile(crash_after=2)
    ((body, _),) = world.aws.buckets.values()
    world.settings = world.settings.model_copy(update={"region": None})
    world.status["sageMaker"].pop("region")
    world.settle()
    assert [stored for stored, _ in world.aws.buckets.values()] == [body]
    assert len(world.aws.all_jobs) == 1


def test_the_document_of_the_attempt_before_is_replaced() -> None:
    world = running(env=[{"name": "SEED", "value": "1"}])
    world.aws.fail(world.job_name, "InternalServerError: We encountered an internal error.")
    world.settings = world.settings.model_copy(update={"region": None})
    world.look_later()
    world.look_later(60)
    ((body, _),) = world.aws.buckets.values()
    assert b"eu-west-1" not in body
    assert world.aws_job.name.endswith("-2")


def test_a_process_that_leads_no_more_creates_nothing() -> None:
    world = DelegatedWorld()
    world.reconcile()
    world.is_leading = False
    world.reconcile()
    assert world.count_calls("CreateProcessingJob") == 0
    assert world.requeue_after == world.polling.shortest
    world.is_leading = True
    world.settle()
    assert world.aws_job.name == world.job_name
