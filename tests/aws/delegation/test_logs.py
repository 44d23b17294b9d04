"""`argmin logs` on jobs of SageMaker: while they run, until they end, and of those that died."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.aws.delegation.manifests import build_program
from tests.aws.delegation.scene import PATIENCE, PREFIX, Scene
from tests.aws.seed import BUCKET
from tests.aws.stage import Stage

pytestmark = pytest.mark.aws

_COMMAND = Path(sys.executable).with_name("argmin")

TALKATIVE = """\
import time
from argmin_solvers import report

for number in range(4):
    print("line", number, flush=True)
    report(objective=10 - number, sense="Minimize", outcome="Feasible")
    time.sleep(1.5)
"""


@contextmanager
def following(scene: Scene, name: str) -> Iterator[subprocess.Popen[str]]:
    """`argmin logs -f`, by a user with AWS credentials of their own."""
    process = subprocess.Popen(
        [_COMMAND, "logs", "-f", name, "--namespace", scene.user.namespace],
        env={
            "PATH": os.environ["PATH"],
            "KUBECONFIG": str(scene.user.kubeconfig),
            "COLUMNS": "200",
            **scene.aws.environment(),
        },
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def test_a_log_is_followed_from_before_the_start_to_the_end(scene: Scene) -> None:
    stage = Stage(scene.aws)
    stage.create("before", "echo busy; sleep 600")
    stage.wait_for_log("before", "busy")
    scene.aws.configure(concurrency=1, stop_grace_seconds=0.1)
    scene.submit(build_program("talkative", TALKATIVE))
    scene.await_attempts("talkative", 1)
    (job,) = scene.attempts("talkative")
    with following(scene, "talkative") as process:
        assert process.stderr
        told = process.stderr.readline()
        assert told.startswith("waiting for SageMaker to start the container")
        assert f"{job.name} in log group /aws/sagemaker/ProcessingJobs" in told
        stage.sagemaker.stop_processing_job(ProcessingJobName="before")
        out, err = process.communicate(timeout=PATIENCE)
    assert (process.returncode, err) == (0, "")
    lines = [line for line in out.splitlines() if line.startswith("line")]
    assert lines == [f"line {number}" for number in range(4)]
    assert "argmin-progress" not in out


def test_what_runs_is_shown_at_once_and_following_ends_with_the_object(scene: Scene) -> None:
    job = scene.start_endless()
    with following(scene, "endless") as process:
        assert process.stdout
        assert any("searching" in line for line in process.stdout)
        scene.check_attempts("endless", "InProgress")
        assert "searching" in scene.run_command("logs", "endless")
        scene.delete("endless")
        _, err = process.communicate(timeout=PATIENCE)
    assert process.returncode == 0, err
    assert job.name in {attempt.name for attempt in scene.attempts("endless")}


def test_a_log_that_is_not_in_the_bucket_comes_from_cloudwatch(scene: Scene) -> None:
    scene.finish(scene.submit(build_program("talkative", TALKATIVE)))
    kept = scene.run_command("logs", "talkative")
    bucket = scene.aws.client("s3")
    for key in scene.list_keys("talkative"):
        place = f"{PREFIX}/{scene.user.namespace}/talkative/{key}"
        bucket.delete_object(Bucket=BUCKET, Key=place)
    read = scene.run_command("logs", "talkative")
    assert "line 3" in kept
    assert "line 3" in read
    assert "argmin-progress" not in read
