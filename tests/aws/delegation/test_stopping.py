"""Suspended, deleted, edited, out of time: what runs at AWS is stopped, and nothing else is."""

from __future__ import annotations

import pytest

from tests.aws.control import FaultKind
from tests.aws.delegation.identity import OPERATOR
from tests.aws.delegation.manifests import BLEND, BLEND_VALUE, build_blend, build_endless
from tests.aws.delegation.scene import KIND, PATIENCE, Scene
from tests.cluster.waiting import wait_until
from tests.kubectl import holds

pytestmark = pytest.mark.aws


def test_a_job_is_suspended_and_goes_on_in_another_attempt(scene: Scene) -> None:
    scene.start_endless()
    scene.edit("endless", '{"spec": {"suspend": true}}')
    scene.await_status("endless", lambda obj: holds(obj, "Suspended"), "is suspended")
    scene.await_over("endless")
    scene.check_attempts("endless", "Stopped")
    scene.edit("endless", '{"spec": {"suspend": false}}')
    scene.await_attempts("endless", 2)
    scene.await_running("endless")
    scene.check_attempts("endless", "Stopped", "InProgress")


def test_a_job_that_is_suspended_from_the_start_costs_nothing(scene: Scene) -> None:
    scene.submit(build_endless("endless", suspend=True))
    scene.await_status("endless", lambda obj: holds(obj, "Suspended"), "is suspended")
    assert not [call for call in scene.calls() if call.service != "sqs"]
    scene.delete("endless")
    scene.await_gone("endless")


def test_a_job_that_is_deleted_while_it_runs_is_stopped_and_goes(scene: Scene) -> None:
    scene.start_endless()
    scene.aws.configure(stop_grace_seconds=600)
    scene.delete("endless")
    scene.await_over("endless")
    scene.await_gone("endless")
    scene.check_attempts("endless", "Stopped")
    assert len(scene.calls("sagemaker", "StopProcessingJob")) == 1


def test_a_job_that_is_deleted_is_there_until_aws_has_stopped_it(scene: Scene) -> None:
    simulation = {"seconds": 600, "log": "searching"}
    scene.aws.configure(execution="simulated", simulation={**simulation, "stops": False})
    scene.start_endless()
    scene.delete("endless")

    def has_looked_twice() -> bool:
        operations = [call.operation for call in scene.calls("sagemaker")]
        stop = "StopProcessingJob"
        looks = operations[operations.index(stop) :] if stop in operations else []
        return looks.count("DescribeProcessingJob") >= 2

    wait_until(has_looked_twice, "argmin to ask for a job that it has stopped", timeout=PATIENCE)
    assert scene.user.get(KIND, "endless")["metadata"]["finalizers"]
    scene.check_attempts("endless", "Stopping")
    scene.aws.configure(simulation=simulation)
    scene.await_gone("endless")
    scene.check_attempts("endless", "Stopped")
    assert len(scene.calls("sagemaker", "StopProcessingJob")) == 1


def test_a_job_is_deleted_while_aws_is_away_and_stays_until_it_is_back(scene: Scene) -> None:
    scene.start_endless()
    with scene.aws.faults.during(FaultKind.UNAVAILABLE, "sagemaker", principal=OPERATOR) as fault:
        scene.delete("endless")
        scene.await_hit(fault, times=3)
        assert scene.user.get(KIND, "endless")["metadata"]["finalizers"]
    scene.await_gone("endless")
    scene.check_attempts("endless", "Stopped")


def test_a_job_that_is_abandoned_goes_without_aws(scene: Scene) -> None:
    scene.start_endless()
    with scene.aws.faults.during(FaultKind.UNAVAILABLE, "sagemaker", principal=OPERATOR) as fault:
        scene.delete("endless")
        scene.await_hit(fault)
        scene.user.run("annotate", KIND, "endless", "argmin.dev/abandon=true")
        scene.await_gone("endless")
    scene.check_attempts("endless", "InProgress")


def test_an_edit_of_the_spec_stops_the_old_run_before_the_new_one(scene: Scene) -> None:
    scene.start_endless()
    old = scene.attempts("endless")[0]
    model = f'{{"format": "lp", "source": {{"inline": {BLEND!r}}}}}'.replace("'", '"')
    scene.edit("endless", f'{{"spec": {{"script": null, "model": {model}}}}}')
    status = scene.await_status(
        "endless", lambda obj: obj["status"].get("objective") == BLEND_VALUE, "has the new answer"
    )
    scene.check_attempts("endless", "Stopped", "Completed")
    stopped, solved = scene.attempts("endless")
    assert stopped.name == old.name
    assert stopped.ended is not None
    assert solved.created >= stopped.ended
    assert [run["name"] for run in status["attempts"]][-1] == solved.name


def test_at_its_deadline_a_job_is_stopped_and_its_best_answer_kept(scene: Scene) -> None:
    scene.submit(build_endless("endless", activeDeadlineSeconds=20))
    status = scene.finish("endless")
    assert (status["state"], status["outcome"]) == ("Complete", "Feasible")
    assert status["objective"] == "7.0"
    scene.check_attempts("endless", "Stopped")
    scene.check_nothing_left("endless")


def test_a_finished_job_goes_when_its_time_to_live_is_over(scene: Scene) -> None:
    scene.submit(build_blend("blend", ttlSecondsAfterFinished=1))
    scene.await_over("blend")
    scene.await_gone("blend")
    scene.check_attempts("blend", "Completed")
