"""Deleting and editing a job that is on SageMaker."""

from __future__ import annotations

from datetime import timedelta

import pytest

from argmin.api.answer import ExitCode
from argmin.api.backend import BackendName
from argmin.aws.errors import (
    AccessDeniedError,
    AwsError,
    LimitExceededError,
    RoleNotUsableError,
    ThrottledError,
    UnknownRegionError,
)
from tests.unit.optimization.delegated import DelegatedWorld, running
from tests.unit.optimization.processing_jobs import Fault, Job, silence
from tests.unit.optimization.world import INTERRUPTED, KEY

OTHER_MODEL = {"format": "mps", "source": {"inline": "NAME other"}}


def denied() -> Fault:
    error = AccessDeniedError("argmin lacks sagemaker:StopProcessingJob", "sagemaker:Stop")
    return Fault("StopProcessingJob", error)


def test_a_deleted_job_is_stopped_and_goes_when_aws_has_confirmed() -> None:
    world = running()
    world.delete()
    world.settle()
    assert world.count_calls("StopProcessingJob") == 1
    assert world.exists
    assert "is being stopped" in world.message("Reconciling")
    assert "argmin.dev/abandon=true" in world.message("Reconciling")
    world.container_ends(0, INTERRUPTED)
    assert not world.exists


def test_a_job_that_is_deleted_before_anything_started_goes_at_once() -> None:
    world = DelegatedWorld(suspend=True)
    world.settle()
    world.delete()
    assert not world.exists


def test_a_job_that_was_announced_and_never_created_goes_when_aws_knows_of_none() -> None:
    world = DelegatedWorld()
    world.reconcile()
    world.restart()
    world.delete()
    world.settle()
    assert world.exists
    world.look_later(61)
    assert set(world.aws.calls) == {"DescribeProcessingJob"}
    assert not world.exists


def test_a_creation_that_another_process_had_under_way_is_not_missed() -> None:
    world = DelegatedWorld()
    world.reconcile()
    tags = [{"Key": "argmin.dev/uid", "Value": world.object["metadata"]["uid"]}]
    request = {"ProcessingJobName": world.job_name, "Tags": tags}
    world.restart()
    world.delete()
    world.settle()
    world.aws.all_jobs[world.job_name] = Job(request, world.now)
    world.look_later(40)
    assert world.aws_job.status == "Stopping"


def test_a_job_whose_creation_was_not_answered_is_found_and_stopped() -> None:
    world = DelegatedWorld()
    world.aws.faults = [silence("CreateProcessingJob", takes_effect=True)]
    world.settle()
    world.delete()
    world.settle()
    assert world.aws_job.status == "Stopping"
    world.aws.never_start(world.aws_job.name)
    world.look_later()
    assert not world.exists


def test_a_creation_that_may_still_take_effect_is_waited_for() -> None:
    world = DelegatedWorld()
    world.aws.faults = [silence("CreateProcessingJob")]
    world.reconcile()
    world.reconcile()
    world.delete()
    world.settle()
    assert world.exists
    world.look_later(61)
    assert not world.exists


def refusals() -> list[AwsError]:
    return [
        ThrottledError("our calls were held back", timedelta(seconds=2)),
        LimitExceededError("the AWS quota is used up", "ml.m5.large for processing"),
        AccessDeniedError("argmin lacks the permission", "sagemaker:CreateProcessingJob"),
    ]


@pytest.mark.parametrize("refusal", refusals(), ids=lambda error: error.reason)
def test_a_creation_whose_last_try_alone_was_refused_is_waited_for(refusal: AwsError) -> None:
    world = DelegatedWorld()
    refusal.may_have_taken_effect = True  # an earlier try was not answered
    world.aws.faults = [Fault("CreateProcessingJob", refusal)]
    world.reconcile()
    world.reconcile()
    world.delete()
    world.settle()
    assert world.exists
    world.look_later(61)
    assert not world.exists


@pytest.mark.parametrize("refusal", refusals(), ids=lambda error: error.reason)
def test_a_refusal_says_nothing_of_the_call_before_it(refusal: AwsError) -> None:
    world = DelegatedWorld()
    world.aws.faults = [silence("CreateProcessingJob"), Fault("CreateProcessingJob", refusal)]
    for _ in range(3):
        world.reconcile()
    assert world.aws.faults == []
    world.delete()
    world.settle()
    assert world.exists
    world.look_later(61)
    assert not world.exists


@pytest.mark.parametrize("before", [True, False], ids=["unanswered", "refused"])
def test_a_creation_that_was_never_sent_changes_nothing_of_what_is_known(before: bool) -> None:
    world = DelegatedWorld()
    unsent = silence("CreateProcessingJob")
    unsent.error.may_have_taken_effect = False
    first = (
        silence("CreateProcessingJob") if before else Fault("CreateProcessingJob", refusals()[1])
    )
    world.aws.faults = [first, unsent]
    for _ in range(3):
        world.reconcile()
    assert world.aws.faults == []
    world.delete()
    world.settle()
    assert world.exists == before
    world.look_later(61)
    assert not world.exists


def test_a_job_that_was_missing_before_its_unanswered_creation_is_looked_for_anew() -> None:
    world = DelegatedWorld()
    world.aws.quota = 0
    world.settle()
    world.edit(suspend=True)
    world.settle()
    world.aws.quota = 1
    world.aws.faults = [silence("CreateProcessingJob", takes_effect=True)]
    world.edit(suspend=False)
    world.reconcile()
    assert world.aws_job.name == world.job_name
    world.delete()
    world.settle()
    assert world.exists
    assert world.aws_job.status == "Stopping"


def test_a_finished_job_goes_at_once() -> None:
    world = running()
    world.container_ends()
    calls = list(world.aws.calls)
    world.delete()
    assert not world.exists
    assert world.aws.calls == calls


def test_a_job_that_aws_will_not_stop_says_why_and_goes_when_it_does() -> None:
    world = running()
    world.aws.faults = [denied()]
    world.delete()
    world.settle()
    assert world.true_conditions["Stalled"] == "AccessDenied"
    assert world.exists
    world.look_later(90)
    world.container_ends(ExitCode.INTERRUPTED, None)
    assert not world.exists


def test_an_abandoned_job_goes_at_once_and_leaves_a_warning() -> None:
    world = running()
    world.aws.faults = [denied()]
    world.delete()
    world.settle()
    world.annotate(abandon="true")
    calls, name = list(world.aws.calls), world.job_name
    world.settle()
    assert not world.exists
    assert world.aws.calls == calls
    assert world.events[-1].warning
    assert name in world.events[-1].message


def test_an_edit_stops_the_old_job_before_the_new_one_is_created() -> None:
    world = running()
    old = world.job_name
    world.edit(model=OTHER_MODEL)
    world.settle()
    assert world.aws_job.status == "Stopping"
    assert world.message("Reconciling").startswith("the spec was edited")
    world.container_ends(0, INTERRUPTED)
    assert world.aws_job.name != old
    assert world.aws_job.name == world.job_name
    assert "objective" not in world.status


def test_a_spec_that_is_edited_and_edited_back_is_run_anew() -> None:
    world = running()
    first = world.object["spec"]["model"]
    world.container_ends()
    world.edit(model=OTHER_MODEL)
    world.settle()
    world.edit(model=first)
    world.settle()
    world.aws.never_start(world.aws_job.name)
    world.look_later()
    assert world.status["state"] == "Pending"
    assert len(world.aws.all_jobs) == 3
    assert world.aws_job.name == world.job_name


def test_a_job_can_move_from_sagemaker_into_pods() -> None:
    world = running()
    world.edit(backend={"pods": {}})
    world.settle()
    assert world.jobs == []
    world.container_ends(0, INTERRUPTED)
    assert world.job["metadata"]["name"] == world.status["runName"]
    assert world.status["backend"] == "pods"
    assert world.finalizers == []


def test_a_job_can_move_from_pods_to_sagemaker() -> None:
    world = DelegatedWorld(backend={"pods": {}})
    world.sync()
    world.edit(backend={"sageMaker": {}})
    world.settle()
    assert world.jobs == []
    assert world.aws_job.name == world.job_name


def test_a_run_stays_where_it_began_when_the_default_changes() -> None:
    world = running()
    world.backend = BackendName.PODS
    world.settle()
    assert world.jobs == []
    assert world.status["backend"] == "sageMaker"


def test_an_edit_of_what_only_steers_leaves_the_job_alone() -> None:
    world = running()
    world.edit(backoffLimit=7, ttlSecondsAfterFinished=60)
    world.settle()
    assert world.aws_job.status == "InProgress"
    assert world.status["observedGeneration"] == world.object["metadata"]["generation"]


def test_another_job_of_that_name_is_never_touched() -> None:
    world = DelegatedWorld()
    world.reconcile()
    stranger = Job({"ProcessingJobName": world.job_name, "Tags": []}, world.now)
    world.aws.all_jobs[world.job_name] = stranger
    world.settle()
    assert world.true_conditions == {"Stalled": "NameTaken"}
    assert world.aws_job.status == "InProgress"
    assert KEY in world.store.objects
    world.delete()
    world.settle()
    assert not world.exists
    assert world.aws_job is stranger
    assert stranger.status == "InProgress"


@pytest.mark.parametrize(
    "refusal",
    [
        AccessDeniedError("argmin lacks sagemaker:DescribeProcessingJob", "sagemaker:Describe"),
        RoleNotUsableError("argmin cannot assume the role", "sagemaker:CreateProcessingJob"),
    ],
)
def test_a_job_that_was_never_created_goes_also_where_argmin_may_not_look(
    refusal: AwsError,
) -> None:
    world = DelegatedWorld()
    world.aws.faults = [Fault("CreateProcessingJob", refusal)]
    world.reconcile()
    world.reconcile()
    assert world.true_conditions == {"Stalled": refusal.reason}
    world.aws.faults = [Fault("DescribeProcessingJob", refusal)]
    world.delete()
    world.settle()
    assert not world.exists


def test_a_deleted_job_whose_aws_is_silent_says_how_to_let_go_of_it() -> None:
    world = running()
    world.pass_time(200)
    world.aws.faults = [silence("DescribeProcessingJob"), silence("StopProcessingJob")]
    world.delete()
    world.reconcile()
    assert "AWS does not answer" in world.message("Reconciling")
    assert "argmin.dev/abandon=true" in world.message("Reconciling")
    world.pass_time(60)
    world.reconcile()
    assert "AWS does not answer sagemaker:Stop" in world.message("Reconciling")
    assert "argmin.dev/abandon=true" in world.message("Reconciling")


def test_an_edited_job_can_be_let_go_of_too() -> None:
    world = running()
    world.pass_time(200)
    world.aws.faults = [silence("DescribeProcessingJob")] * 9
    world.edit(model=OTHER_MODEL)
    world.reconcile()
    world.annotate(abandon="true")
    world.aws.faults = []
    calls = list(world.aws.calls)
    world.reconcile()
    assert world.aws.calls == calls


def test_a_mistyped_region_holds_no_deleted_job() -> None:
    world = DelegatedWorld()
    unknown = UnknownRegionError("AWS has no region eu-wset-1", "sagemaker:CreateProcessingJob")
    operations = ("PutObject", "CreateProcessingJob", "DescribeProcessingJob")
    world.aws.faults = [Fault(operation, unknown) for operation in operations for _ in range(9)]
    world.reconcile()
    world.reconcile()
    assert "eu-wset-1" in world.message("Stalled")
    world.delete()
    world.settle()
    world.look_later(61)
    assert not world.exists


def test_the_annotation_may_be_written_in_capitals() -> None:
    world = running()
    world.delete()
    world.annotate(abandon=" TRUE")
    world.settle()
    assert not world.exists


def test_an_annotation_that_says_something_else_is_named_and_lets_nothing_go() -> None:
    world = running()
    world.delete()
    world.annotate(abandon="yes")
    world.settle()
    assert world.exists
    said = world.message("Reconciling")
    assert "the job is being deleted and waits for that" in said
    assert 'argmin.dev/abandon is "yes"' in said
    assert "write argmin.dev/abandon=true" in said
