"""A run as argmin delegates it: the document stored, the job created, its end read."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest

from argmin.api.backend import SageMakerBackend
from argmin.api.optimization.spec import OptimizationJob
from argmin.api.pod import ConfigMapKeyRef
from argmin.api.run import ANSWER_FILE
from argmin.api.storage import S3Store
from argmin.aws.client import Aws
from argmin.aws.models import Access
from argmin.aws.s3 import S3
from argmin.aws.sagemaker import SageMaker
from argmin.backends.defaults import Defaults
from argmin.backends.sagemaker.job_type import JobDescription
from argmin.backends.sagemaker.jobs.processing import PROCESSING
from argmin.backends.sagemaker.request import Submission, build_submission
from argmin.backends.sagemaker.status import Reading, read_job
from argmin.backends.state import RunPhase
from argmin.optimization.build_run import build_run
from tests.aws.client import QUICK, lead_to
from tests.aws.control import JobFailures
from tests.aws.emulator import Aws as Emulator
from tests.aws.seed import BUCKET, JOB_ROLE
from tests.aws.stage import IMAGE, TIMEOUT, Stage

pytestmark = pytest.mark.aws

BLEND = """Maximize
  value: 3 x + 2 y
Subject To
  capacity: x + y <= 4
Bounds
  x <= 3
End
"""
SETTINGS = SageMakerBackend(instance_type="ml.m5.large", role_arn=JOB_ROLE)
CHOICE = ConfigMapKeyRef(name="choice", key="factor")


@pytest.fixture
async def calls(aws: Emulator, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Aws]:
    lead_to(aws, monkeypatch)
    async with Aws(QUICK) as made:
        yield made


def submit(spec: dict[str, Any], attempt: int = 1) -> Submission:
    metadata = {"name": "blend", "namespace": "team", "uid": "6f1c2b9e-0d0c"}
    job = OptimizationJob.model_validate({"metadata": metadata, "spec": spec})
    run = build_run(job, Defaults(image=IMAGE, intake_url="http://intake"))
    store = S3Store(bucket=BUCKET, prefix="results")
    return build_submission(run, SETTINGS, store, attempt, {CHOICE: b"7"})


async def start(calls: Aws, submission: Submission) -> None:
    """Store the document, then have the job created."""
    place = submission.result_store
    await S3(calls, Access()).put_object(place.bucket, submission.key, submission.document)
    await SageMaker(calls, Access()).create_job("ProcessingJob", submission.request)


async def wait_for_end(calls: Aws, name: str) -> JobDescription:
    async with asyncio.timeout(TIMEOUT):
        while True:
            found = await SageMaker(calls, Access()).describe_job("ProcessingJob", name)
            job = PROCESSING.parse_description(found)
            if job.status.is_over:
                return job
            await asyncio.sleep(0.5)


async def carry_out(calls: Aws, submission: Submission) -> JobDescription:
    await start(calls, submission)
    return await wait_for_end(calls, submission.name)


async def solve(calls: Aws, spec: dict[str, Any]) -> tuple[Reading, Submission]:
    submission = submit(spec)
    return read_job(await carry_out(calls, submission)), submission


async def test_a_model_in_a_bucket_is_solved_and_its_result_is_in_the_store(
    calls: Aws, stage: Stage
) -> None:
    source = {"s3": {"bucket": BUCKET, "key": "models/blend.lp"}}
    stage.upload("models/blend.lp", BLEND)
    stage.upload("models/blend.lp.orig", "a namesake that comes along")
    reading, submission = await solve(calls, {"model": {"format": "lp", "source": source}})
    attempt = reading.attempt
    assert (attempt.phase, attempt.reason) == (RunPhase.SUCCEEDED, "Optimal"), attempt.message
    assert attempt.answer is not None
    assert attempt.answer.solve.objective is not None
    assert float(attempt.answer.solve.objective) == 11.0
    folder = submission.result_store.prefix
    keys = {key.removeprefix(f"{folder}/") for key in stage.list_keys(folder)}
    assert {"job.json", "answer.json", "solution.json", "run.log"} <= keys
    stored = json.loads(stage.download(f"{folder}/{ANSWER_FILE}"))
    assert stored["resultDigest"] == attempt.answer.result_digest


async def test_a_program_gets_its_files_and_variables_and_its_outputs_are_kept(
    calls: Aws, stage: Stage
) -> None:
    program = (
        "import os, pathlib\n"
        "data = pathlib.Path(os.environ['ARGMIN_INPUT_DATA'], 'numbers.csv').read_text()\n"
        "factor = pathlib.Path(os.environ['ARGMIN_INPUT_FACTOR'], 'factor').read_text()\n"
        "out = pathlib.Path(os.environ['ARGMIN_OUTPUT_PLAN'])\n"
        "(out / 'plan.txt').write_text(f'{data} {factor} {os.environ[\"FACTOR\"]}')\n"
    )
    reference = {"configMapKeyRef": {"name": "choice", "key": "factor"}}
    numbers = {"s3": {"bucket": BUCKET, "key": "data/numbers.csv"}}
    stage.upload("data/numbers.csv", "1,2")
    reading, submission = await solve(
        calls,
        {
            "script": {"source": {"inline": program}},
            "inputs": [
                {"name": "data", "source": numbers},
                {"name": "factor", "source": reference},
            ],
            "outputs": [{"name": "plan", "path": "/opt/ml/processing/output/plan"}],
            "env": [{"name": "FACTOR", "valueFrom": reference}],
        },
    )
    assert reading.attempt.phase is RunPhase.SUCCEEDED, reading.attempt.message
    kept = stage.download(f"{submission.result_store.prefix}/outputs/plan/plan.txt")
    assert kept == "1,2 7 7"


async def test_a_model_that_is_not_there_is_named(calls: Aws) -> None:
    source = {"s3": {"bucket": BUCKET, "key": "models/none.lp"}}
    reading, _ = await solve(calls, {"model": {"format": "lp", "source": source}})
    assert reading.permanent
    assert reading.attempt.reason == "SourceNotFound"
    assert "models/none.lp" in str(reading.attempt.message)


async def test_a_model_that_is_wrong_fails_with_the_runner_s_own_words(calls: Aws) -> None:
    source = {"inline": "this is no model\n"}
    reading, _ = await solve(calls, {"model": {"format": "lp", "source": source}})
    assert (reading.attempt.exit_code, reading.attempt.reason) == (10, "InvalidModel")
    assert reading.permanent


async def test_an_image_that_is_not_there_is_named_with_the_field(calls: Aws) -> None:
    spec = {"model": {"format": "lp", "source": {"inline": BLEND}}, "image": "nobody/nothing:1"}
    reading, _ = await solve(calls, spec)
    assert reading.permanent
    assert 'cannot pull image "nobody/nothing:1": correct spec.image' in str(
        reading.attempt.message
    )


async def test_what_aws_itself_breaks_is_nobody_s_fault(calls: Aws, aws: Emulator) -> None:
    aws.configure(job_failures=JobFailures(times=1))
    job = await carry_out(calls, submit({"model": {"format": "lp", "source": {"inline": BLEND}}}))
    attempt = read_job(job).attempt
    assert attempt.reason == "PlatformFailed"
    assert attempt.was_interrupted
    assert job.start_time is None


async def test_a_job_that_is_stopped_was_interrupted(calls: Aws, stage: Stage) -> None:
    program = {"source": {"inline": "import time\nprint('begun', flush=True)\ntime.sleep(600)\n"}}
    submission = submit({"script": program})
    await start(calls, submission)
    await asyncio.to_thread(stage.wait_for_log, submission.name, "begun")
    await SageMaker(calls, Access()).stop_job("ProcessingJob", submission.name)
    attempt = read_job(await wait_for_end(calls, submission.name)).attempt
    assert attempt.was_interrupted
    assert attempt.phase is RunPhase.FAILED
