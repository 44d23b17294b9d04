"""A job that has left its run on SageMaker behind: nobody asks AWS for that any more."""

from __future__ import annotations

import pytest

from argmin.aws.errors import AccessDeniedError, NotFoundError
from tests.unit.optimization.delegated import running
from tests.unit.optimization.processing_jobs import Fault, silence
from tests.unit.optimization.world import INTERRUPTED, OPTIMAL

DENIED = AccessDeniedError("the role is gone", "sagemaker:DescribeProcessingJob")


@pytest.mark.parametrize(
    "fault", [Fault("DescribeProcessingJob", DENIED), silence("DescribeProcessingJob")]
)
def test_a_job_that_has_moved_into_pods_needs_aws_no_more(fault: Fault) -> None:
    world = running()
    world.edit(backend={"pods": {}})
    world.settle()
    world.container_ends(0, INTERRUPTED)
    assert world.status["sageMaker"]["status"] == "Stopped"
    assert world.finalizers == []
    world.sync()
    world.pod_runs()
    calls = list(world.aws.calls)
    world.restart()
    world.aws.faults = [fault] * 9
    world.sync()
    world.pod_ends(0, OPTIMAL)
    world.sync()
    assert world.true_conditions == {"Complete": "Optimal"}
    assert world.status["sageMaker"]["status"] == "Stopped"
    assert world.aws.calls == calls


def test_an_edited_job_that_waits_for_a_source_asks_no_more_for_the_one_before() -> None:
    world = running()
    before = world.job_name
    source = {"configMapKeyRef": {"name": "models", "key": "steel.mps"}}
    world.edit(model={"format": "mps", "source": source})
    world.settle()
    world.container_ends(0, INTERRUPTED)
    assert world.true_conditions == {"Stalled": "SourceNotFound"}
    assert world.status["sageMaker"]["status"] == "Stopped"
    calls = list(world.aws.calls)
    world.restart()
    world.settle()
    assert world.aws.calls == calls
    world.add_config_map("models", {"steel.mps": "NAME steel"})
    world.settle()
    assert world.aws_job.name == world.job_name != before
    world.container_starts()
    world.container_ends()
    assert world.true_conditions["Complete"] == "Optimal"
    assert world.finalizers == []


def test_a_job_that_aws_knows_no_more_is_asked_for_once_after_an_edit() -> None:
    world = running()
    unknown = NotFoundError("there is no such job", "sagemaker:DescribeProcessingJob")
    world.pass_time(200)
    world.aws.faults = [Fault("DescribeProcessingJob", unknown)]
    world.edit(backend={"pods": {}})
    world.settle()
    assert world.status["sageMaker"]["status"] == "NotFound"
    assert world.finalizers == []
    calls = list(world.aws.calls)
    world.restart()
    world.settle()
    assert world.aws.calls == calls


def test_a_job_that_is_deleted_after_its_move_into_pods_goes_without_aws() -> None:
    world = running()
    world.edit(backend={"pods": {}})
    world.settle()
    world.container_ends(0, INTERRUPTED)
    world.restart()
    world.aws.faults = [silence("DescribeProcessingJob")] * 9
    world.delete()
    world.settle()
    assert not world.exists
