"""A processing job really runs: its container's world, its files, its last words."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.aws.stage import IMAGE, OUTPUT, Stage, request, s3_input, s3_outputs
from tests.cluster.waiting import wait_until

pytestmark = pytest.mark.aws

AFIRO = Path(__file__).parents[1] / "data" / "mps" / "afiro.mps"
RUNNER = "/opt/argmin/venv/bin/python"


def test_the_runner_solves_a_model_from_s3_and_says_the_answer_last(stage: Stage) -> None:
    source = stage.upload("in/source/afiro.mps", AFIRO)
    document = {
        "name": "afiro",
        "task": {
            "kind": "solve",
            "format": "mps",
            "path": "/opt/ml/processing/input/source/afiro.mps",
        },
    }
    uri = stage.upload("in/argmin/job.json", json.dumps(document))
    job = request(
        stage.aws,
        "afiro",
        Environment={"ARGMIN_TERMINATION_LOG": "/opt/ml/output/message"},
        ProcessingInputs=[s3_input("source", source), s3_input("argmin", uri)],
        ProcessingOutputConfig=s3_outputs({"argmin": "out"}),
    )
    job["AppSpecification"]["ContainerArguments"] = [
        "--document",
        "/opt/ml/processing/input/argmin/job.json",
    ]
    stage.sagemaker.create_processing_job(**job)
    ended = stage.wait("afiro")
    assert ended["ProcessingJobStatus"] == "Completed", stage.log("afiro")
    assert json.loads(ended["ExitMessage"])["result"]["objective"].startswith("-464.753")
    assert ended["CreationTime"] <= ended["ProcessingStartTime"] <= ended["ProcessingEndTime"]
    assert json.loads(stage.download("out/answer.json"))["result"]["outcome"] == "Optimal"
    assert "out/solution.json" in stage.list_keys()
    assert any("27 rows, 32 columns" in line for line in stage.log("afiro"))
    assert [job.runs_in for job in stage.aws.jobs()] == ["checkout"]


def test_inputs_are_where_they_were_asked_for(stage: Stage) -> None:
    stage.upload("data/a.csv", "A")
    stage.upload("data/deep/b.csv", "B")
    stage.create(
        "inputs",
        "cd /opt/ml/processing/input/data && cat a.csv deep/b.csv > /opt/ml/output/message",
        ProcessingInputs=[s3_input("data", "s3://argmin/data")],
    )
    assert stage.wait("inputs")["ExitMessage"] == "AB"


def test_the_container_knows_its_job_and_its_hosts(stage: Stage) -> None:
    stage.create(
        "config",
        f"cp /opt/ml/config/* {OUTPUT}/config; env | sort > {OUTPUT}/config/env",
        ProcessingOutputConfig=s3_outputs({"config": "config"}),
        Environment={"COLOUR": "blue"},
    )
    stage.wait("config")
    job = json.loads(stage.download("config/processingjobconfig.json"))
    assert job["ProcessingJobName"] == "config"
    assert job["ProcessingResources"]["ClusterConfig"]["InstanceCount"] == 1
    hosts = json.loads(stage.download("config/resourceconfig.json"))
    assert hosts == {"current_host": "algo-1", "hosts": ["algo-1"]}
    environment = stage.download("config/env").splitlines()
    assert "COLOUR=blue" in environment
    assert "AWS_REGION=us-east-1" in environment
    assert f"AWS_ENDPOINT_URL={stage.aws.url}" in environment


def test_the_container_acts_as_the_jobs_role(stage: Stage) -> None:
    script = "import boto3; print(boto3.client('sts').get_caller_identity()['Arn'])"
    stage.create("role", f'{RUNNER} -c "{script}"')
    assert stage.wait("role")["ProcessingJobStatus"] == "Completed", stage.log("role")
    assert stage.log("role") == ["arn:aws:sts::123456789012:assumed-role/argmin-job/SageMaker"]


def test_every_line_of_output_is_in_the_log_whichever_stream_it_came_from(stage: Stage) -> None:
    stage.create("log", "for i in $(seq 2000); do echo line $i; done; echo last >&2")
    stage.wait("log")
    assert len(stage.log("log")) >= 1000
    events = stage.aws.client("logs").filter_log_events(
        logGroupName="/aws/sagemaker/ProcessingJobs", limit=10000
    )["events"]
    assert [event["message"] for event in events] == [
        *(f"line {number}" for number in range(1, 2001)),
        "last",
    ]


def test_a_program_that_fails_fails_the_job_and_keeps_its_last_words(stage: Stage) -> None:
    stage.create("fails", "echo disk full > /opt/ml/output/message; exit 3")
    ended = stage.wait("fails")
    assert ended["ProcessingJobStatus"] == "Failed"
    assert ended["FailureReason"] == "AlgorithmError: , exit code: 3"
    assert ended["ExitMessage"] == "disk full\n"


def test_the_last_words_are_cut_after_a_kilobyte(stage: Stage) -> None:
    stage.create("long", "head -c 5000 /dev/zero | tr '\\0' x > /opt/ml/output/message")
    assert stage.wait("long")["ExitMessage"] == "x" * 1024


def test_last_words_that_are_no_text_fail_the_job(stage: Stage) -> None:
    stage.create("binary", "printf '\\377\\376' > /opt/ml/output/message")
    ended = stage.wait("binary")
    assert ended["ProcessingJobStatus"] == "Failed"
    assert ended["FailureReason"].startswith("ClientError")


def test_an_input_that_is_not_there_fails_the_job_and_is_named(stage: Stage) -> None:
    stage.create("nothing", ProcessingInputs=[s3_input("data", "s3://argmin/nowhere")])
    ended = stage.wait("nothing")
    assert ended["ProcessingJobStatus"] == "Failed"
    assert ended["FailureReason"].startswith("ClientError")
    assert 'No S3 objects found under S3 URL "s3://argmin/nowhere"' in ended["FailureReason"]


def test_a_bucket_that_is_not_there_fails_the_job_and_is_named(stage: Stage) -> None:
    outputs = s3_outputs({"data": "x"})
    outputs["Outputs"][0]["S3Output"]["S3Uri"] = "s3://no-such-bucket/x"
    stage.create("no-bucket", f"touch {OUTPUT}/data/file", ProcessingOutputConfig=outputs)
    ended = stage.wait("no-bucket")
    assert ended["ProcessingJobStatus"] == "Failed"
    assert "no-such-bucket" in ended["FailureReason"]


def test_an_image_that_nobody_knows_fails_the_job(stage: Stage) -> None:
    stage.create("image", AppSpecification={"ImageUri": "somebody/else:1"})
    ended = stage.wait("image")
    assert ended["ProcessingJobStatus"] == "Failed"
    assert ended["FailureReason"].startswith("ClientError: Cannot pull algorithm container")


def test_a_registry_in_front_of_the_image_does_not_matter(stage: Stage) -> None:
    uri = f"123456789012.dkr.ecr.us-east-1.amazonaws.com/{IMAGE}"
    app = {"ImageUri": uri, "ContainerEntrypoint": ["/bin/true"]}
    stage.create("registry", AppSpecification=app)
    assert stage.wait("registry")["ProcessingJobStatus"] == "Completed"


def test_continuous_outputs_arrive_while_the_job_runs(stage: Stage) -> None:
    stage.create(
        "continuous",
        f"echo 1 > {OUTPUT}/live/one; while :; do sleep 1; done",
        ProcessingOutputConfig=s3_outputs({"live": "live"}, "Continuous"),
    )
    wait_until(lambda: stage.list_keys("live") == ["live/one"], "the first file", timeout=30)
    assert stage.describe("continuous")["ProcessingJobStatus"] == "InProgress"


def test_each_instance_has_its_host_its_shard_and_its_log(stage: Stage) -> None:
    for name in ("a", "b", "c"):
        stage.upload(f"shards/{name}", name)
    sharded = s3_input("shards", "s3://argmin/shards/")
    sharded["S3Input"]["S3DataDistributionType"] = "ShardedByS3Key"
    cluster = {"InstanceCount": 2, "InstanceType": "ml.m5.xlarge", "VolumeSizeInGB": 1}
    stage.create(
        "two",
        "ls /opt/ml/processing/input/shards | tr '\\n' ' ' | tee /opt/ml/output/message",
        ProcessingInputs=[sharded],
        ProcessingResources={"ClusterConfig": cluster},
    )
    assert stage.wait("two")["ExitMessage"] == "a c b "
    assert stage.log("two", "algo-1") == ["a c "]
    assert stage.log("two", "algo-2") == ["b "]


def test_an_isolated_job_reaches_nobody(stage: Stage) -> None:
    address, _, port = stage.aws.url.removeprefix("http://").partition(":")
    script = f"import socket; socket.create_connection(('{address}', {port}), 5)"
    stage.create("open", f'{RUNNER} -c "{script}"')
    stage.create(
        "isolated",
        f'{RUNNER} -c "{script}"',
        NetworkConfig={"EnableNetworkIsolation": True},
    )
    assert stage.wait("open")["ProcessingJobStatus"] == "Completed"
    assert stage.wait("isolated")["ProcessingJobStatus"] == "Failed"
    assert any("refused" in line for line in stage.log("isolated"))


def test_the_machine_sees_nothing_of_a_job(stage: Stage) -> None:
    before = Path("/proc/self/mounts").read_text()
    opt_before = sorted(Path("/opt").iterdir())
    stage.create("quiet", f"touch /opt/trace {OUTPUT}/trace; echo up; while :; do sleep 1; done")
    stage.wait_for_log("quiet", "up")
    assert Path("/proc/self/mounts").read_text() == before
    assert sorted(Path("/opt").iterdir()) == opt_before
