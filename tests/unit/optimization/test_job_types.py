"""A job of any type is created, adopted, observed and stopped by the same machinery."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pytest

from argmin.api.optimization.spec import OptimizationJob
from argmin.aws.errors import InvalidError
from argmin.aws.models import JobHint
from argmin.backends.sagemaker import jobs
from argmin.backends.sagemaker.job_type import JobType
from argmin.backends.sagemaker.jobs.processing import PROCESSING
from argmin.cli.logs.sagemaker import find_stream
from tests.unit.backends.sagemaker.job_types import TRAIN, TRAINING
from tests.unit.optimization.delegated import DelegatedWorld
from tests.unit.optimization.processing_jobs import Fault, silence
from tests.unit.optimization.world import OPTIMAL

PROGRESS = 'argmin-progress {"search": {"objective": "7.5"}, "elapsedSeconds": 12}'


@dataclass(frozen=True)
class Case:
    """A type, and what makes a run one of its jobs."""

    job_type: JobType
    spec: dict[str, Any] = field(default_factory=dict)
    status: str | None = None
    """The type as the status has it."""
    image_path: str = "appSpecification.imageUri"
    """Path to the image in SageMaker's messages."""

    def __str__(self) -> str:
        return self.job_type.noun


CASES = (
    Case(PROCESSING),
    Case(
        TRAINING,
        {"env": [{"name": TRAIN, "value": "1"}]},
        "TrainingJob",
        "algorithmSpecification.trainingImage",
    ),
)

each_type = pytest.mark.parametrize("case", CASES, ids=str)


@pytest.fixture(autouse=True)
def registered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jobs, "JOB_TYPES", (TRAINING, PROCESSING))


def world_of(case: Case, **settings: Any) -> DelegatedWorld:
    world = DelegatedWorld(**settings, **case.spec)
    world.settle()
    return world


def hint_of(world: DelegatedWorld, case: Case, **fields: str) -> JobHint:
    job = world.aws.all_jobs[world.job_name]
    known = {
        "job_type": case.job_type.noun,
        "name": job.name,
        "arn": job.arn,
        "status": "Completed",
    }
    return JobHint.model_validate(known | fields)


@each_type
def test_a_job_is_created_by_its_types_operation_and_found_again(case: Case) -> None:
    world = world_of(case)
    assert world.aws.calls == ["PutObject", f"Create{case.job_type.noun}"]
    world.restart()
    world.look_later()
    assert world.aws.calls[2:] == [f"Describe{case.job_type.noun}"]
    assert world.status["sageMaker"]["jobArn"] == world.aws_job.arn
    assert world.status["sageMaker"].get("jobType") == case.status
    assert world.status["sageMaker"]["logGroup"] == case.job_type.log_group


@each_type
def test_a_job_whose_creation_was_not_answered_is_adopted_by_its_tags(case: Case) -> None:
    world = DelegatedWorld(**case.spec)
    world.aws.faults = [silence(f"Create{case.job_type.noun}", takes_effect=True)]
    world.settle()
    world.look_later()
    assert len(world.aws.all_jobs) == 1
    assert world.status["sageMaker"]["jobArn"] == world.aws_job.arn


@each_type
def test_a_job_runs_reports_progress_in_its_log_and_completes(case: Case) -> None:
    world = world_of(case)
    world.container_starts()
    assert world.status["state"] == "Running"
    world.aws.say(world.job_name, PROGRESS)
    world.look_later()
    world.look_later()
    assert world.status["progress"]["objective"] == "7.5"
    assert world.aws.log_groups == {case.job_type.log_group}
    world.container_ends()
    assert world.true_conditions["Complete"] == "Optimal"
    assert world.status["sageMaker"]["instanceSeconds"] > 0


@each_type
def test_an_event_of_a_job_wakes_its_owner(case: Case) -> None:
    world = world_of(case, has_events=True)
    world.aws.start(world.job_name)
    world.aws.end(world.job_name, 0, OPTIMAL)
    world.cache.record_hint(hint_of(world, case))
    assert len(world.woken) == 1
    world.settle()
    assert world.true_conditions["Complete"] == "Optimal"


@each_type
@pytest.mark.parametrize(
    "other",
    [
        {"job_type": "TransformJob"},
        {"arn": "arn:aws:sagemaker:us-east-1:111122223333:job/x"},
        {"arn": "arn:aws:sagemaker:eu-west-1:444455556666:job/x"},
    ],
    ids=["type", "region", "account"],
)
def test_an_event_of_a_job_with_that_name_elsewhere_wakes_nobody(
    case: Case, other: dict[str, str]
) -> None:
    world = world_of(case, has_events=True)
    world.cache.record_hint(hint_of(world, case, **other))
    assert world.woken == []


@each_type
def test_a_job_is_stopped_before_its_owner_goes(case: Case) -> None:
    world = world_of(case)
    world.delete()
    world.settle()
    assert world.aws.calls.count(f"Stop{case.job_type.noun}") == 1
    world.aws.never_start(world.job_name)
    world.look_later()
    assert not world.exists


@each_type
def test_a_failed_job_is_tried_again_by_another_of_its_type(case: Case) -> None:
    world = world_of(case)
    world.container_starts()
    world.aws.fail(world.job_name, "InternalServerError: retry")
    world.look_later()
    world.look_later(30)
    assert [job.noun for job in world.aws.all_jobs.values()] == [case.job_type.noun] * 2


@each_type
def test_a_refused_request_names_the_field_of_the_spec(case: Case) -> None:
    world = DelegatedWorld(**case.spec)
    text = (
        f"1 validation error detected: Value 'x y' at '{case.image_path}' failed to satisfy"
        " constraint: Member must satisfy regular expression pattern: .*"
    )
    operation = f"Create{case.job_type.noun}"
    world.aws.faults = [Fault(operation, InvalidError(text, f"sagemaker:{operation}"))]
    world.reconcile()
    world.reconcile()
    assert world.message("Stalled").startswith('spec.image: SageMaker does not take "x y"')


@each_type
def test_its_log_is_looked_for_where_its_type_has_it(case: Case) -> None:
    world = world_of(case)
    stream = find_stream(OptimizationJob.model_validate(world.object).status.sage_maker)
    assert stream
    assert (stream.group, stream.prefix) == (case.job_type.log_group, f"{world.job_name}/")


def test_a_job_of_a_former_type_is_stopped_by_that_types_operation() -> None:
    world = world_of(CASES[1])
    former = world.job_name
    world.edit(env=[])
    world.settle()
    assert world.aws.all_jobs[former].status == "Stopping"
    assert "StopTrainingJob" in world.aws.calls
    world.aws.never_start(former)
    world.look_later()
    assert world.aws_job.noun == "ProcessingJob"
    assert "jobType" not in world.status["sageMaker"]
