"""Deleting and editing a job that argmin may not look at: it may be running, and cost money."""

from __future__ import annotations

import pytest

from argmin.aws.errors import AccessDeniedError, AwsError, RoleNotUsableError
from tests.unit.optimization.delegated import DelegatedWorld
from tests.unit.optimization.processing_jobs import Fault, silence

OTHER_MODEL = {"format": "mps", "source": {"inline": "NAME other"}}


def unlookable() -> list[AwsError]:
    return [
        AccessDeniedError(
            "argmin lacks the permission sagemaker:DescribeProcessingJob: allow it",
            "sagemaker:DescribeProcessingJob",
        ),
        RoleNotUsableError("argmin cannot assume the role", "sagemaker:DescribeProcessingJob"),
    ]


def created_unheard() -> DelegatedWorld:
    """A world whose job runs at AWS, and whose new operator knows no more than its name."""
    world = DelegatedWorld()
    world.aws.faults = [silence("CreateProcessingJob", takes_effect=True)]
    world.reconcile()
    world.reconcile()
    world.restart()
    assert "jobArn" not in world.status["sageMaker"]
    return world


@pytest.mark.parametrize("refusal", unlookable(), ids=lambda error: error.reason)
def test_a_job_that_argmin_may_not_look_at_keeps_its_deleted_owner(refusal: AwsError) -> None:
    world = created_unheard()
    world.aws.faults = [Fault("DescribeProcessingJob", refusal)] * 9
    world.delete()
    world.settle()
    world.look_later(61)
    world.look_later(600)
    assert world.exists
    assert world.finalizers == ["argmin.dev/sagemaker"]
    assert world.true_conditions["Stalled"] == refusal.reason
    assert refusal.message in world.message("Stalled")
    assert "argmin.dev/abandon=true" in world.message("Stalled")
    world.aws.faults = []
    world.look_later(600)
    assert world.aws_job.status == "Stopping"
    world.aws.never_start(world.aws_job.name)
    world.look_later(600)
    assert not world.exists


@pytest.mark.parametrize("refusal", unlookable(), ids=lambda error: error.reason)
def test_a_job_that_argmin_may_not_look_at_goes_where_its_owner_is_abandoned(
    refusal: AwsError,
) -> None:
    world = created_unheard()
    world.aws.faults = [Fault("DescribeProcessingJob", refusal)] * 9
    world.delete()
    world.settle()
    name = world.job_name
    world.annotate(abandon="true")
    world.settle()
    assert not world.exists
    assert name in world.events[-1].message


@pytest.mark.parametrize("refusal", unlookable(), ids=lambda error: error.reason)
def test_no_other_job_follows_an_edit_while_argmin_may_not_look_at_the_old_one(
    refusal: AwsError,
) -> None:
    world = created_unheard()
    world.aws.faults = [Fault("DescribeProcessingJob", refusal)] * 9
    world.edit(model=OTHER_MODEL)
    world.settle()
    world.look_later(61)
    assert world.true_conditions["Stalled"] == refusal.reason
    assert len(world.aws.all_jobs) == 1


@pytest.mark.parametrize("refusal", unlookable(), ids=lambda error: error.reason)
def test_a_creation_without_an_answer_is_never_taken_for_refused(refusal: AwsError) -> None:
    world = DelegatedWorld()
    world.aws.faults = [
        silence("CreateProcessingJob", takes_effect=True),
        Fault("CreateProcessingJob", refusal),
    ]
    for _ in range(3):
        world.reconcile()
    assert world.aws.faults == []
    world.aws.faults = [Fault("DescribeProcessingJob", refusal)] * 9
    world.delete()
    world.settle()
    world.look_later(61)
    assert world.exists


def stored_before(*, is_created: bool) -> DelegatedWorld:
    """A world whose former operator stored the document, and maybe created the job."""
    world = DelegatedWorld()
    world.aws.faults = [silence("CreateProcessingJob", takes_effect=is_created)]
    world.reconcile()
    world.reconcile()
    world.restart()
    return world


@pytest.mark.parametrize("refusal", unlookable(), ids=lambda error: error.reason)
def test_a_document_is_not_replaced_while_a_job_that_cannot_be_described_may_read_it(
    refusal: AwsError,
) -> None:
    world = stored_before(is_created=True)
    ((body, _),) = world.aws.buckets.values()
    world.settings = world.settings.model_copy(update={"region": None})
    world.status["sageMaker"].pop("region")
    world.aws.faults = [Fault("DescribeProcessingJob", refusal)] * 9
    world.settle()
    assert [stored for stored, _ in world.aws.buckets.values()] == [body]
    assert world.true_conditions == {"Stalled": refusal.reason}
    world.aws.faults = []
    world.look_later(600)
    assert [stored for stored, _ in world.aws.buckets.values()] == [body]
    assert world.status["sageMaker"]["jobArn"] == world.aws_job.arn


@pytest.mark.parametrize("refusal", unlookable(), ids=lambda error: error.reason)
def test_a_job_is_created_without_being_described_if_its_document_is_stored_already(
    refusal: AwsError,
) -> None:
    world = stored_before(is_created=False)
    world.aws.faults = [Fault("DescribeProcessingJob", refusal)] * 9
    world.settle()
    assert world.status["sageMaker"]["jobArn"] == world.aws_job.arn
