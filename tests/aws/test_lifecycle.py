"""From creation to the end: names, places, stops, deadlines, lists and tags."""

from __future__ import annotations

import psutil
import pytest

from tests.aws.stage import OUTPUT, Stage, refused, request, s3_outputs
from tests.cluster.waiting import wait_until

pytestmark = pytest.mark.aws

ENDLESS = "echo up; while :; do sleep 1; done"
# A farewell of a program that listens: the shell is process 1, which ignores what it does not trap.
FAREWELL = (
    "trap 'echo best so far > /opt/ml/output/message; echo 1 > {folder}/file; exit 0' TERM;"
    " echo up; while :; do sleep 0.1; done"
)


def test_a_stopped_job_may_say_farewell_and_its_outputs_are_kept(stage: Stage) -> None:
    script = FAREWELL.format(folder=f"{OUTPUT}/data")
    stage.create("stopped", script, ProcessingOutputConfig=s3_outputs({"data": "kept"}))
    stage.wait_for_log("stopped", "up")
    stage.sagemaker.stop_processing_job(ProcessingJobName="stopped")
    ended = stage.wait("stopped")
    assert ended["ProcessingJobStatus"] == "Stopped"
    assert ended["ExitMessage"] == "best so far\n"
    assert stage.list_keys("kept") == ["kept/file"]


def test_a_job_that_does_not_listen_is_stopping_until_it_is_killed(stage: Stage) -> None:
    stage.create("deaf", f"trap 'echo so what' TERM; {ENDLESS}")
    stage.wait_for_log("deaf", "up")
    stage.sagemaker.stop_processing_job(ProcessingJobName="deaf")
    stage.wait_for_log("deaf", "so what")
    stage.aws.configure(stop_grace_seconds=0.2)
    stage.create("deaf-too", ENDLESS)
    stage.wait_for_log("deaf-too", "up")
    stage.sagemaker.stop_processing_job(ProcessingJobName="deaf-too")
    assert stage.wait("deaf-too")["ProcessingJobStatus"] == "Stopped"
    assert stage.describe("deaf")["ProcessingJobStatus"] == "Stopping"


def test_a_job_that_is_over_cannot_be_stopped(stage: Stage) -> None:
    stage.create("over")
    stage.wait("over")
    with refused("ValidationException", "is in status Completed"):
        stage.sagemaker.stop_processing_job(ProcessingJobName="over")


def test_a_job_is_stopped_when_its_time_is_up(stage: Stage) -> None:
    stage.create(
        "late",
        FAREWELL.format(folder="/opt/ml"),
        StoppingCondition={"MaxRuntimeInSeconds": 1},
    )
    ended = stage.wait("late")
    assert ended["ProcessingJobStatus"] == "Stopped"
    assert ended["ExitMessage"] == "best so far\n"


def test_a_name_is_taken_for_ever(stage: Stage) -> None:
    arn = stage.create("once")
    with refused("ResourceInUse", arn):
        stage.create("once")
    stage.wait("once")
    with refused("ResourceInUse"):
        stage.create("once")
    assert len(stage.aws.jobs()) == 1


def test_a_job_that_nobody_created_is_not_found(stage: Stage) -> None:
    with refused("ValidationException", "Could not find requested job"):
        stage.describe("nobody")
    with refused("ValidationException", "Could not find requested job"):
        stage.sagemaker.stop_processing_job(ProcessingJobName="nobody")


def test_jobs_beyond_the_places_wait_and_can_be_stopped_while_they_wait(stage: Stage) -> None:
    stage.aws.configure(concurrency=1, stop_grace_seconds=0.1)
    stage.create("first", ENDLESS)
    stage.wait_for_log("first", "up")
    stage.create("second")
    stage.create("third")
    assert "ProcessingStartTime" not in stage.describe("second")
    stage.sagemaker.stop_processing_job(ProcessingJobName="third")
    assert stage.wait("third")["ProcessingJobStatus"] == "Stopped"
    stage.sagemaker.stop_processing_job(ProcessingJobName="first")
    assert stage.wait("second")["ProcessingJobStatus"] == "Completed"


def test_a_job_may_take_its_time_to_start(stage: Stage) -> None:
    stage.aws.configure(start_delay_seconds=3600)
    stage.create("slow")
    assert stage.describe("slow")["ProcessingJobStatus"] == "InProgress"
    assert "ProcessingStartTime" not in stage.describe("slow")
    stage.sagemaker.stop_processing_job(ProcessingJobName="slow")
    assert stage.wait("slow")["ProcessingJobStatus"] == "Stopped"


def test_a_quota_that_is_used_up_is_named(stage: Stage) -> None:
    stage.aws.configure(quotas={"ml.m5.xlarge for processing job usage": 1})
    stage.create("in-quota", ENDLESS)
    with refused(
        "ResourceLimitExceeded",
        "The account-level service limit 'ml.m5.xlarge for processing job usage' is 1 Instances,"
        " with current utilization of 1 Instances and a request delta of 1 Instances.",
    ):
        stage.create("beyond")
    stage.aws.configure(quotas={})
    stage.create("beyond")
    assert stage.wait("beyond")["ProcessingJobStatus"] == "Completed"


def test_the_platform_fails_a_job_on_demand(stage: Stage) -> None:
    stage.aws.configure(job_failures={"times": 1, "reason": "CapacityError: no instances"})
    stage.create("unlucky")
    assert stage.wait("unlucky")["FailureReason"] == "CapacityError: no instances"
    stage.create("lucky")
    assert stage.wait("lucky")["ProcessingJobStatus"] == "Completed"


def test_jobs_are_listed_by_status_and_name_newest_first(stage: Stage) -> None:
    for name in ("alpha", "beta", "gamma"):
        stage.create(name)
        stage.wait(name)
    listed = stage.sagemaker.list_processing_jobs(NameContains="A", StatusEquals="Completed")
    names = [job["ProcessingJobName"] for job in listed["ProcessingJobSummaries"]]
    assert names == ["gamma", "beta", "alpha"]
    pages = stage.sagemaker.get_paginator("list_processing_jobs").paginate(MaxResults=2)
    assert [len(page["ProcessingJobSummaries"]) for page in pages] == [2, 1]


def test_tags_of_a_job_are_kept_and_changed(stage: Stage) -> None:
    arn = stage.create("tagged", Tags=[{"Key": "argmin.dev/uid", "Value": "1"}])
    stage.sagemaker.add_tags(ResourceArn=arn, Tags=[{"Key": "team", "Value": "ops"}])
    assert stage.sagemaker.list_tags(ResourceArn=arn)["Tags"] == [
        {"Key": "argmin.dev/uid", "Value": "1"},
        {"Key": "team", "Value": "ops"},
    ]
    stage.sagemaker.delete_tags(ResourceArn=arn, TagKeys=["team"])
    assert [job.tags for job in stage.aws.jobs()] == [{"argmin.dev/uid": "1"}]


def test_jobs_of_other_accounts_and_regions_are_not_seen(stage: Stage) -> None:
    stage.create("here")
    elsewhere = stage.aws.client("sagemaker", region="eu-central-1")
    with refused("ValidationException", "Could not find"):
        elsewhere.describe_processing_job(ProcessingJobName="here")
    assert elsewhere.list_processing_jobs()["ProcessingJobSummaries"] == []


def test_hundreds_of_simulated_jobs_end_as_they_are_told(stage: Stage) -> None:
    stage.aws.configure(
        execution="simulated",
        concurrency=500,
        simulation={"seconds": 0.1, "exit_message": "{}", "outputs": {"argmin/answer.json": "{}"}},
    )
    for number in range(200):
        outputs = s3_outputs({"argmin": f"jobs/{number}"})
        stage.create(f"job-{number}", ProcessingOutputConfig=outputs)
    wait_until(
        lambda: {job.status for job in stage.aws.jobs()} == {"Completed"},
        "200 jobs to end",
        timeout=60,
    )
    assert len(stage.list_keys("jobs/")) == 200
    assert {job.exit_message for job in stage.aws.jobs()} == {"{}"}


def test_no_process_of_a_job_outlives_the_reset(stage: Stage) -> None:
    marker = "while :; do sleep 4711; done"
    stage.create("orphan", f"echo up; ({marker}) & {marker}")
    stage.wait_for_log("orphan", "up")
    stage.aws.reset()
    wait_until(
        lambda: not any("4711" in process.info["cmdline"] for process in _processes()),
        "the job's processes to end",
        timeout=30,
    )


def _processes() -> list[psutil.Process]:
    found = psutil.process_iter(["cmdline"])
    return [process for process in found if process.info["cmdline"]]


def test_a_request_without_a_script_runs_the_images_entrypoint(stage: Stage) -> None:
    stage.sagemaker.create_processing_job(**request(stage.aws, "plain"))
    ended = stage.wait("plain")
    assert ended["FailureReason"] == "AlgorithmError: , exit code: 2"
    assert any("--document" in line for line in stage.log("plain"))
