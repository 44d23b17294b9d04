"""How attempts on SageMaker end, and what follows."""

from __future__ import annotations

from datetime import timedelta

import pytest

from argmin.api.answer import ExitCode, Metric, Reason, Verification
from tests.unit.optimization.delegated import DelegatedWorld, delegated, running
from tests.unit.optimization.world import INTERRUPTED, OPTIMAL, failure

BROKEN = failure(Reason.PROGRAM_FAILED, "it raised")
NOTHING = failure(Reason.INTERRUPTED, "nothing found")


def fail_once(world: DelegatedWorld, reason: str = "") -> None:
    """The attempt under way fails: by itself, or as SageMaker says."""
    name = world.aws_job.name
    world.pass_time(130)
    if reason:
        world.aws.fail(name, reason)
    else:
        world.aws.end(name, ExitCode.PROGRAM_FAILED, BROKEN)
    world.settle()


def test_a_failed_attempt_is_followed_by_another_after_a_pause() -> None:
    world = running()
    fail_once(world)
    assert world.aws.live == []
    assert world.true_conditions == {"Reconciling": "Retrying"}
    assert world.message("Reconciling").startswith("attempt 2 of 4 follows; the last ended with")
    assert world.requeue_after is not None
    assert timedelta(0) < world.requeue_after <= timedelta(seconds=10)
    world.look_later(10)
    assert world.aws_job.name.endswith("-2")
    assert [run["phase"] for run in world.status["attempts"]] == ["Failed"]


def test_pauses_get_longer() -> None:
    world = running(backoffLimit=3)
    pauses = []
    for _ in range(3):
        fail_once(world)
        assert world.requeue_after
        pauses.append(world.requeue_after.total_seconds())
        world.look_later(pauses[-1])
    assert pauses == [10, 20, 40]


def test_attempts_that_fail_too_often_fail_the_job_with_the_last_reason() -> None:
    world = running(backoffLimit=1)
    fail_once(world)
    world.look_later(10)
    fail_once(world)
    assert world.true_conditions["Failed"] == "ProgramFailed"
    assert world.message("Failed") == "2 attempts failed; the last: it raised"
    assert len(world.aws.all_jobs) == 2
    assert world.finalizers == []


@pytest.mark.parametrize("code", ExitCode.PERMANENT)
def test_an_attempt_that_would_end_the_same_again_is_the_last(code: int) -> None:
    world = running()
    world.container_ends(code, failure(Reason.INVALID_MODEL, "no model"))
    assert world.true_conditions["Failed"] == "InvalidModel"
    assert len(world.aws.all_jobs) == 1


def test_a_missing_input_is_named_and_not_tried_again() -> None:
    world = delegated()
    fail_once(
        world, 'ClientError: Failed to download data. No S3 objects found under S3 URL "s3://b/k"'
    )
    assert world.true_conditions["Failed"] == "SourceNotFound"
    assert "s3://b/k" in world.message("Failed")


def test_what_sagemaker_broke_does_not_count() -> None:
    world = delegated(backoffLimit=0)
    fail_once(world, "InternalServerError: We encountered an internal error. Please try again.")
    world.look_later(10)
    assert world.aws_job.name.endswith("-2")


def test_what_sagemaker_breaks_for_ever_fails_the_job() -> None:
    world = delegated(backoffLimit=0)
    for _ in range(10):
        fail_once(world, "InternalServerError: We encountered an internal error.")
        world.look_later(600)
    assert world.true_conditions["Failed"] == "PlatformFailed"
    assert len(world.aws.all_jobs) == 10


def test_a_lack_of_instances_is_waited_out() -> None:
    world = delegated(backoffLimit=0)
    for _ in range(30):
        fail_once(world, "CapacityError: Unable to provision requested ML compute capacity.")
        assert world.status["state"] == "Pending"
        assert "InsufficientCapacity" in world.message("Reconciling")
        world.look_later(600)
    assert world.aws_job.name.endswith("-31")


def test_a_job_that_somebody_stops_at_aws_goes_on_in_another_attempt() -> None:
    world = running()
    world.aws.all_jobs[world.job_name].status = world.aws.all_jobs[world.job_name].status.STOPPING
    world.container_ends(0, INTERRUPTED)
    world.look_later(10)
    assert world.status["objective"] == "16000.0"
    assert world.aws_job.name.endswith("-2")
    world.container_starts()
    world.container_ends()
    assert world.status["objective"] == "15005.0"


def test_a_solution_that_did_not_reach_the_bucket_is_not_kept() -> None:
    world = running(suspend=False)
    world.edit(suspend=True)
    world.settle()
    world.aws.end(world.job_name, 0, INTERRUPTED, is_stored=False)
    world.look_later()
    assert world.true_conditions == {"Suspended": "Suspended"}
    assert "objective" not in world.status
    assert "solutionRef" not in world.status


def test_suspension_stops_the_job_and_keeps_what_it_found() -> None:
    world = running()
    world.edit(suspend=True)
    world.settle()
    assert world.true_conditions == {"Suspended": "Suspended", "Reconciling": "Stopping"}
    assert world.count_calls("StopProcessingJob") == 1
    world.container_ends(0, INTERRUPTED)
    assert world.true_conditions == {"Suspended": "Suspended"}
    assert world.status["objective"] == "16000.0"
    assert world.status["solutionRef"]["s3"]["bucket"] == "results"


def test_a_resumed_job_goes_on_in_another_attempt_of_the_same_run() -> None:
    world = running()
    world.edit(suspend=True)
    world.settle()
    world.container_ends(ExitCode.INTERRUPTED, NOTHING)
    world.edit(suspend=False)
    world.look_later(20)
    assert world.aws_job.name.endswith("-2")
    assert [run["reason"] for run in world.status["attempts"]] == ["Stopped"]


def test_a_job_that_is_held_from_the_start_has_nothing_at_aws() -> None:
    world = delegated(suspend=True)
    assert world.aws.calls == []
    assert world.finalizers == []


def test_the_deadline_counts_from_the_announcement_and_stops_the_job() -> None:
    world = running(activeDeadlineSeconds=600)
    world.look_later(600)
    assert world.count_calls("StopProcessingJob") == 1
    assert world.true_conditions == {"Reconciling": "Stopping"}
    world.container_ends(0, INTERRUPTED)
    assert world.true_conditions["Complete"] == "DeadlineExceeded"
    assert world.status["outcome"] == "Feasible"
    assert world.status["objective"] == "16000.0"


def test_a_deadline_without_a_solution_fails_the_job() -> None:
    world = running(activeDeadlineSeconds=600)
    world.look_later(600)
    world.container_ends(ExitCode.INTERRUPTED, NOTHING)
    assert world.true_conditions["Failed"] == "DeadlineExceeded"


def test_sagemaker_itself_keeps_the_deadline_where_no_operator_is_there() -> None:
    world = delegated(activeDeadlineSeconds=600)
    limit = world.aws_job.request["StoppingCondition"]
    assert limit == {"MaxRuntimeInSeconds": 600}
    world.aws.start(world.job_name)
    world.pass_time(600)
    world.aws.all_jobs[world.job_name].status = world.aws.all_jobs[world.job_name].status.STOPPING
    world.aws.end(world.job_name, 0, INTERRUPTED)
    world.restart()
    world.look_later(3600)
    assert world.true_conditions["Complete"] == "DeadlineExceeded"
    assert world.count_calls("StopProcessingJob") == 0


def test_the_time_of_a_pause_does_not_count_for_the_deadline() -> None:
    world = running(activeDeadlineSeconds=600)
    world.pass_time(100)
    world.edit(suspend=True)
    world.settle()
    world.container_ends(ExitCode.INTERRUPTED, NOTHING)
    world.pass_time(5000)
    world.edit(suspend=False)
    world.settle()
    (limit,) = world.aws_job.request["StoppingCondition"].values()
    assert 300 < limit < 600


def test_the_longest_time_of_an_attempt_ends_the_job() -> None:
    world = running(backend={"sageMaker": {"maxRuntimeSeconds": 300}})
    world.pass_time(300)
    world.aws.all_jobs[world.job_name].status = world.aws.all_jobs[world.job_name].status.STOPPING
    world.container_ends(ExitCode.INTERRUPTED, NOTHING)
    assert world.true_conditions["Failed"] == "DeadlineExceeded"
    assert "spec.backend.sageMaker.maxRuntimeSeconds" in world.message("Failed")


TOO_LONG = "The processing job exceeded the MaxRuntimeInSeconds of 300"


def reach_longest_time(world: DelegatedWorld, words: str, *, is_stored: bool) -> None:
    """SageMaker ends the attempt with a solution in hand, as `Stopped` or as `Failed` with why."""
    name = world.job_name
    world.pass_time(300)
    world.aws.all_jobs[name].status = world.aws.all_jobs[name].status.STOPPING
    found = INTERRUPTED.model_copy(update={"delivered": False})
    world.aws.end(name, 0, found, is_stored=is_stored)
    if words:
        world.aws.fail(name, words)
    world.look_later()


@pytest.mark.parametrize("words", ["", TOO_LONG])
def test_a_solution_that_was_stored_by_the_longest_time_of_an_attempt_is_the_answer(
    words: str,
) -> None:
    world = running(backend={"sageMaker": {"maxRuntimeSeconds": 300}})
    reach_longest_time(world, words, is_stored=True)
    assert world.true_conditions["Complete"] == "Interrupted"
    assert world.status["objective"] == "16000.0"
    assert world.status["solutionRef"]["s3"]["bucket"] == "results"


@pytest.mark.parametrize("words", ["", TOO_LONG])
def test_a_solution_that_was_not_stored_by_the_longest_time_of_an_attempt_is_lost(
    words: str,
) -> None:
    world = running(backoffLimit=0, backend={"sageMaker": {"maxRuntimeSeconds": 300}})
    reach_longest_time(world, words, is_stored=False)
    assert world.true_conditions == {"Failed": "AnswerUndelivered"}
    assert (world.status["outcome"], world.status["objective"]) == ("Feasible", "16000.0")
    assert "solutionRef" not in world.status
    assert "before its result was in the bucket" in world.message("Failed")
    assert "spec.backend.sageMaker.maxRuntimeSeconds" in world.message("Failed")


@pytest.mark.parametrize("words", ["", TOO_LONG])
def test_an_attempt_whose_solution_was_not_stored_is_tried_again_up_to_the_backoff_limit(
    words: str,
) -> None:
    world = running(backoffLimit=1, backend={"sageMaker": {"maxRuntimeSeconds": 300}})
    reach_longest_time(world, words, is_stored=False)
    assert [run["reason"] for run in world.status["attempts"]] == ["AnswerUndelivered"]
    world.look_later(20)
    assert world.aws_job.name.endswith("-2")


def test_a_solution_that_is_lost_as_the_deadline_passes_is_told() -> None:
    world = delegated(backoffLimit=0, activeDeadlineSeconds=600)
    name = world.job_name
    world.aws.start(name)
    world.pass_time(600)
    world.aws.all_jobs[name].status = world.aws.all_jobs[name].status.STOPPING
    world.aws.end(name, 0, INTERRUPTED, is_stored=False)
    world.look_later(3600)
    assert world.true_conditions == {"Failed": "AnswerUndelivered"}
    assert world.message("Failed").startswith("stopped by spec.activeDeadlineSeconds (600 s)")
    assert world.status["objective"] == "16000.0"
    assert [run["reason"] for run in world.status["attempts"]] == ["Stopped"]


def test_a_held_job_whose_solution_is_lost_has_not_failed() -> None:
    world = running(backoffLimit=0)
    world.edit(suspend=True)
    world.settle()
    world.aws.end(world.job_name, 0, INTERRUPTED, is_stored=False)
    world.look_later()
    assert world.true_conditions == {"Suspended": "Suspended"}
    (run,) = world.status["attempts"]
    assert (run["phase"], run["reason"]) == ("Failed", "Stopped")
    assert run["message"] == "SageMaker stopped the job before its result was in the bucket"


def test_a_finished_job_is_deleted_when_its_time_to_live_is_over() -> None:
    world = running(ttlSecondsAfterFinished=60)
    world.container_ends()
    world.look_later(60)
    assert not world.exists


def test_the_answer_of_a_stopped_attempt_is_not_that_of_an_earlier_one() -> None:
    world = running()
    world.edit(suspend=True)
    world.settle()
    world.container_ends(0, INTERRUPTED)
    world.edit(suspend=False)
    world.look_later(20)
    world.container_starts()
    world.edit(suspend=True)
    world.settle()
    better = INTERRUPTED.model_copy(update={"objective": "15500.0"})
    world.pass_time(60)
    world.aws.end(world.job_name, 0, better, is_stored=False)
    world.look_later()
    assert world.status["objective"] == "16000.0"


def test_a_wrong_answer_fails_the_job() -> None:
    world = running()
    check = Verification(verified=False, reason="Violated", largest_violation="3")
    world.container_ends(0, OPTIMAL.with_result(verification=check))
    assert world.true_conditions["Failed"] == "WrongAnswer"


LONG = OPTIMAL.model_copy(update={"message": "m" * 1024})


def stop_with_a_long_answer(world: DelegatedWorld) -> None:
    """The attempt under way is held, leaves a long answer in the bucket, and another starts."""
    world.edit(suspend=True)
    world.settle()
    world.container_ends(0, INTERRUPTED.model_copy(update={"message": "m" * 1024}))
    world.edit(suspend=None)
    world.look_later(60)
    world.container_starts()


def test_what_the_exit_message_had_no_room_for_is_read_from_the_bucket() -> None:
    world = running()
    metrics = (Metric(name="runs", value="3"),)
    world.pass_time(60)
    world.aws.end(world.job_name, 0, OPTIMAL.model_copy(update={"metrics": metrics}))
    short = OPTIMAL.model_copy(update={"shortened": True}).model_dump_json(by_alias=True)
    world.aws.all_jobs[world.job_name].exit_message = short
    world.look_later()
    assert world.status["metrics"] == [{"name": "runs", "value": "3"}]
    assert world.count_calls("GetObject") == 1


def test_an_attempt_that_ends_without_an_answer_has_not_that_of_an_earlier_one() -> None:
    world = running()
    stop_with_a_long_answer(world)
    world.pass_time(60)
    world.aws.end(world.job_name, 0, None)
    world.look_later()
    assert world.true_conditions["Failed"] == "AnswerMissing"


def test_an_attempt_that_crashes_has_not_the_answer_of_an_earlier_one() -> None:
    world = running(backoffLimit=0)
    stop_with_a_long_answer(world)
    world.pass_time(60)
    world.aws.end(world.job_name, 1, None)
    world.aws.all_jobs[world.job_name].exit_message = "Traceback (most recent call last)"
    world.look_later()
    assert world.true_conditions["Failed"] != "Optimal"
    assert [run["reason"] for run in world.status["attempts"]] == ["Interrupted", "Crashed"]
