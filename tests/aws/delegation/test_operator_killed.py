"""The operator is killed before and after each of its calls; the next one goes on."""

from __future__ import annotations

import pytest

from tests.aws.delegation.manifests import BLEND_VALUE, build_blend, build_talkative
from tests.aws.delegation.scene import Scene

pytestmark = pytest.mark.aws


def kill_and_restart(scene: Scene) -> None:
    """Let the operator vanish where it is, and another take its place."""
    scene.operator.kill()
    scene.aws.faults.clear()
    scene.operator.start()


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize(
    ("service", "operation"),
    [
        ("s3", "PutObject"),
        ("sagemaker", "CreateProcessingJob"),
        ("sagemaker", "DescribeProcessingJob"),
    ],
)
def test_a_job_is_solved_once_whenever_its_operator_dies(
    scene: Scene, service: str, operation: str, when: str
) -> None:
    with scene.held(service, operation, when) as fault:
        scene.submit(build_blend("blend"))
        scene.await_hit(fault)
        kill_and_restart(scene)
    status = scene.finish("blend")
    assert status["objective"] == BLEND_VALUE
    scene.check_attempts("blend", "Completed")
    scene.check_nothing_left("blend")


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_job_is_adopted_though_its_operator_dies_at_that(scene: Scene, when: str) -> None:
    with scene.held("sagemaker", "CreateProcessingJob", "after") as fault:
        scene.submit(build_blend("blend"))
        scene.await_hit(fault)
        scene.operator.kill()
    with scene.held("sagemaker", "ListTags", when) as fault:
        scene.operator.start()
        scene.await_hit(fault)
        kill_and_restart(scene)
    status = scene.finish("blend")
    assert status["objective"] == BLEND_VALUE
    scene.check_attempts("blend", "Completed")
    scene.check_nothing_left("blend")


@pytest.mark.parametrize("when", ["before", "after"])
def test_the_whole_answer_is_read_though_its_operator_dies_at_that(scene: Scene, when: str) -> None:
    with scene.held("s3", "GetObject", when) as fault:
        scene.submit(build_talkative("talkative"))
        scene.await_hit(fault)
        kill_and_restart(scene)
    status = scene.finish("talkative")
    assert len(status["metrics"]) == 60
    scene.check_attempts("talkative", "Completed")
    scene.check_nothing_left("talkative")


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_job_is_stopped_though_its_operator_dies_at_that(scene: Scene, when: str) -> None:
    scene.start_endless()
    with scene.held("sagemaker", "StopProcessingJob", when) as fault:
        scene.delete("endless")
        scene.await_hit(fault)
        kill_and_restart(scene)
    scene.await_gone("endless")
    scene.check_attempts("endless", "Stopped")


def test_an_operator_that_was_away_while_the_job_ended_finds_its_answer(scene: Scene) -> None:
    scene.submit(build_blend("blend"))
    scene.await_running("blend")
    scene.operator.kill()
    scene.await_over("blend")
    scene.operator.start()
    assert scene.finish("blend")["objective"] == BLEND_VALUE
    scene.check_attempts("blend", "Completed")
    scene.check_nothing_left("blend")
