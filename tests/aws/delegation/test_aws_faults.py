"""AWS is busy, breaks, or does not answer: before a call takes effect, or after."""

from __future__ import annotations

import pytest

from tests.aws.control import FaultKind
from tests.aws.delegation.identity import OPERATOR
from tests.aws.delegation.manifests import BLEND_VALUE, build_endless
from tests.aws.delegation.scene import Scene

pytestmark = pytest.mark.aws

KINDS = [FaultKind.THROTTLING, FaultKind.INTERNAL_ERROR, FaultKind.UNAVAILABLE, FaultKind.RESET]


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("kind", KINDS)
def test_every_first_calls_fail_and_the_job_is_solved_once(
    scene: Scene, kind: FaultKind, when: str
) -> None:
    operations = {
        "s3": ["PutObject", "GetObject"],
        "sagemaker": ["CreateProcessingJob", "DescribeProcessingJob"],
    }
    for service, names in operations.items():
        for name in names:
            scene.aws.faults.add(kind, service, name, when=when, times=2, principal=OPERATOR)
    assert scene.solve()["objective"] == BLEND_VALUE
    scene.check_attempts("blend", "Completed")
    scene.check_nothing_left("blend")


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("kind", KINDS)
def test_a_job_is_stopped_though_the_first_calls_for_it_fail(
    scene: Scene, kind: FaultKind, when: str
) -> None:
    scene.submit(build_endless("endless"))
    scene.await_running("endless")
    scene.aws.faults.add(
        kind, "sagemaker", "StopProcessingJob", when=when, times=2, principal=OPERATOR
    )
    scene.delete("endless")
    scene.await_gone("endless")
    scene.check_attempts("endless", "Stopped")


def test_a_create_call_that_timed_out_after_it_had_succeeded_makes_no_second_job(
    scene: Scene,
) -> None:
    scene.aws.faults.add(
        FaultKind.HANG,
        "sagemaker",
        "CreateProcessingJob",
        when="after",
        times=1,
        seconds=600,
        principal=OPERATOR,
    )
    assert scene.solve()["objective"] == BLEND_VALUE
    created = scene.calls("sagemaker", "CreateProcessingJob")
    assert len(created) > 1
    scene.check_attempts("blend", "Completed")
    scene.check_nothing_left("blend")
