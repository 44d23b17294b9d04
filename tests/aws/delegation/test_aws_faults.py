"""AWS is busy, breaks, or does not answer: before a call takes effect, or after."""

from __future__ import annotations

import pytest

from argmin.aws.client import CallSettings
from tests.aws.control import FaultKind
from tests.aws.delegation.identity import OPERATOR
from tests.aws.delegation.manifests import BLEND_VALUE
from tests.aws.delegation.scene import Scene

pytestmark = pytest.mark.aws

KINDS = (FaultKind.THROTTLING, FaultKind.INTERNAL_ERROR, FaultKind.UNAVAILABLE, FaultKind.RESET)
CALLS = (
    ("s3", "PutObject"),
    ("sagemaker", "CreateProcessingJob"),
    ("sagemaker", "DescribeProcessingJob"),
)
MORE = CallSettings.attempts + 1
"""One call of the operator's makes fewer tries than that: it has to come again."""


def count_hits(scene: Scene) -> dict[str, int]:
    """How often each fault has struck."""
    return {fault.id: fault.hits for fault in scene.aws.faults.list()}


@pytest.mark.parametrize("when", ["before", "after"])
def test_jobs_are_solved_once_though_the_first_calls_for_them_fail(scene: Scene, when: str) -> None:
    for kind in KINDS:
        for service, operation in CALLS:
            scene.aws.faults.add(kind, service, operation, when=when, times=2, principal=OPERATOR)
        name = f"blend-{kind}"
        assert scene.solve(name)["objective"] == BLEND_VALUE
        scene.check_attempts(name, "Completed")
        scene.check_nothing_left(name)
    assert all(fault.hits == 2 for fault in scene.aws.faults.list())


@pytest.mark.parametrize("kind", KINDS)
def test_a_job_is_solved_once_though_more_calls_fail_than_are_made_at_a_time(
    scene: Scene, kind: FaultKind
) -> None:
    faults = [
        scene.aws.faults.add(kind, service, operation, times=MORE, principal=OPERATOR)
        for service, operation in CALLS
    ]
    assert scene.solve()["objective"] == BLEND_VALUE
    assert count_hits(scene) == {fault.id: MORE for fault in faults}
    scene.check_attempts("blend", "Completed")
    scene.check_nothing_left("blend")


@pytest.mark.parametrize("kind", KINDS)
def test_a_job_is_stopped_though_more_calls_for_it_fail_than_are_made_at_a_time(
    scene: Scene, kind: FaultKind
) -> None:
    scene.start_endless()
    fault = scene.aws.faults.add(
        kind, "sagemaker", "StopProcessingJob", times=MORE, principal=OPERATOR
    )
    scene.delete("endless")
    scene.await_gone("endless")
    assert count_hits(scene) == {fault.id: MORE}
    scene.check_attempts("endless", "Stopped")


@pytest.mark.parametrize("when", ["before", "after"])
def test_jobs_are_stopped_though_the_first_calls_for_it_fail(scene: Scene, when: str) -> None:
    for kind in KINDS:
        name = f"endless-{kind}"
        scene.start_endless(name)
        scene.aws.faults.add(
            kind, "sagemaker", "StopProcessingJob", when=when, times=2, principal=OPERATOR
        )
        scene.delete(name)
        scene.await_gone(name)
        scene.check_attempts(name, "Stopped")


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
    answers = [call.error for call in scene.calls("sagemaker", "CreateProcessingJob")]
    assert "ResourceInUse" in answers
    scene.check_attempts("blend", "Completed")
    scene.check_nothing_left("blend")
