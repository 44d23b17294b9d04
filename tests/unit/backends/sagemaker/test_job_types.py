"""Types of jobs are as SageMaker's own service model has them."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from argmin.api.backend import SageMakerBackend
from argmin.api.pod import EnvVar
from argmin.api.storage import S3Store
from argmin.backends.run import Run
from argmin.backends.sagemaker import jobs
from argmin.backends.sagemaker.job_type import JobDescription, JobStatus, JobType
from argmin.backends.sagemaker.jobs.processing import PROCESSING
from argmin.backends.sagemaker.request import Submission, build_submission
from argmin.backends.sagemaker.validation import list_problems
from tests.unit.backends.runs import OWNER, make_run
from tests.unit.backends.sagemaker.job_types import TRAIN, TRAINING, TRANSFORM, TUNING
from tests.unit.backends.service_model import list_violations, operation_model

SETTINGS = SageMakerBackend(
    instance_type="ml.m5.large", role_arn="arn:aws:iam::111122223333:role/argmin-job"
)
STORE = S3Store(bucket="results", prefix="argmin")
ARN = "arn:aws:sagemaker:eu-west-1:111122223333:job/steel"

USER_GUIDE = Path(__file__).parents[4] / "docs" / "user-guide"

JOB_TYPES = (PROCESSING, TRAINING, TUNING, TRANSFORM)
"""One line for each type."""

SHAPES = (
    (PROCESSING, "inputs", "ProcessingInputs"),
    (PROCESSING, "outputs", "ProcessingOutputConfig.Outputs"),
    (PROCESSING, "variables", "Environment"),
    (PROCESSING, "variable_text", "Environment.key"),
    (PROCESSING, "variable_text", "Environment.value"),
    (TRAINING, "inputs", "InputDataConfig"),
    (TRAINING, "variables", "Environment"),
    (TRAINING, "variable_text", "Environment.key"),
    (TRAINING, "variable_text", "Environment.value"),
    (TUNING, "inputs", "TrainingJobDefinition.InputDataConfig"),
    (TUNING, "variables", "TrainingJobDefinition.Environment"),
    (TUNING, "variable_text", "TrainingJobDefinition.Environment.value"),
    (TRANSFORM, "variables", "Environment"),
    (TRANSFORM, "variable_text", "Environment.key"),
)
"""A limit of a type, and the part of its request that the limit is of."""

every_type = pytest.mark.parametrize("job_type", JOB_TYPES, ids=lambda t: str(t.noun))


@pytest.fixture(autouse=True)
def registered(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    if "job_type" in request.fixturenames:
        job_type = request.getfixturevalue("job_type")
        monkeypatch.setattr(jobs, "JOB_TYPES", (job_type, PROCESSING))


def run_of(job_type: JobType, **fields: Any) -> Run:
    run = make_run(inputs=(), env=() if job_type is PROCESSING else (EnvVar(name=TRAIN),), **fields)
    return replace(run, document=run.document.model_copy(update={"outputs": ()}))


def submit(job_type: JobType, **fields: Any) -> Submission:
    return build_submission(run_of(job_type, **fields), SETTINGS, STORE, 1)


def output_of(job_type: JobType) -> Any:
    return operation_model(job_type.name_operation("Describe")).output_shape


def find_shape(shape: Any, path: str) -> Any:
    """The shape at a path of the service model; `None` if it has none."""
    for part in path.split("."):
        if shape is None:
            return None
        if shape.type_name == "map":
            shape = shape.key if part == "key" else shape.value
        elif shape.type_name == "list":
            shape = shape.member
        else:
            shape = shape.members.get(part)
    return shape


@every_type
@pytest.mark.parametrize("verb", ["Describe", "Stop"])
def test_a_job_is_described_and_stopped_by_its_name_alone(job_type: JobType, verb: str) -> None:
    shape = operation_model(job_type.name_operation(verb)).input_shape
    assert shape.required_members == [job_type.name_field]


@every_type
def test_its_request_is_one_that_sagemaker_takes(job_type: JobType) -> None:
    submission = submit(job_type)
    assert submission.job_type is job_type
    assert list_violations(job_type.name_operation("Create"), submission.request) == []


@every_type
def test_its_arn_is_what_creating_it_returns(job_type: JobType) -> None:
    shape = operation_model(job_type.name_operation("Create")).output_shape
    assert job_type.all_paths["arn"] in shape.required_members


@every_type
def test_the_longest_name_is_as_long_as_sagemaker_allows(job_type: JobType) -> None:
    shape = operation_model(job_type.name_operation("Create")).input_shape
    name_shape = shape.members[job_type.name_field]
    owner = replace(OWNER, name="a" * 100)
    name = submit(job_type, owner=owner).name
    assert job_type.limits.name == name_shape.metadata["max"]
    assert len(name) == job_type.limits.name
    assert re.fullmatch(name_shape.metadata["pattern"], name)


@every_type
def test_all_that_is_read_of_a_description_is_in_it(job_type: JobType) -> None:
    shape, paths = output_of(job_type), job_type.all_paths
    assert [path for path in paths.values() if find_shape(shape, path) is None] == []
    assert paths.keys() <= JobDescription.model_fields.keys()


@every_type
def test_every_status_of_sagemaker_counts_as_one_that_argmin_has(job_type: JobType) -> None:
    values = find_shape(output_of(job_type), f"{job_type.noun}Status").enum
    request, created = submit(job_type).request, "2026-12-01T09:00:00Z"
    for value in values:
        answer = {f"{job_type.noun}Status": value, "CreationTime": created}
        job = job_type.parse_description({**request, f"{job_type.noun}Arn": ARN, **answer})
        assert job.status in JobStatus
    assert set(JobStatus) <= set(values)


@pytest.mark.parametrize(("limited", "limit", "path"), SHAPES)
def test_a_limit_is_that_of_the_service_model(limited: JobType, limit: str, path: str) -> None:
    shape = operation_model(limited.name_operation("Create")).input_shape
    assert getattr(limited.limits, limit) == find_shape(shape, path).metadata["max"]


@pytest.mark.parametrize(
    ("job_type", "label"),
    [(PROCESSING, "processing job"), (TUNING, "hyper parameter tuning job")],
)
def test_a_type_has_a_name_for_sentences(job_type: JobType, label: str) -> None:
    assert job_type.label == label


def test_what_a_type_cannot_hold_is_refused_with_its_own_limit(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(jobs, "JOB_TYPES", (TRAINING, PROCESSING))
    long = EnvVar(name="LONG", value="x" * 400)
    assert "at most 256 characters" in problems_of(env=(long,))
    assert problems_of(env=(long, EnvVar(name=TRAIN)), outputs=()) == ""
    assert "spec.outputs: SageMaker keeps 0 folders" in problems_of(env=(EnvVar(name=TRAIN),))


def problems_of(env: tuple[EnvVar, ...], **parts: Any) -> str:
    run = make_run(inputs=(), env=env)
    run = replace(run, document=run.document.model_copy(update=parts))
    return "; ".join(list_problems(run, SETTINGS, STORE, {}))


@pytest.mark.parametrize("published", jobs.JOB_TYPES, ids=lambda t: str(t.noun))
def test_the_published_policy_and_events_rule_are_for_every_type(published: JobType) -> None:
    policy = (USER_GUIDE / "policies" / "team-role.json").read_text()
    for verb in ("Create", "Describe", "Stop"):
        assert f'"sagemaker:{published.name_operation(verb)}"' in policy
    guide = (USER_GUIDE / "sagemaker.md").read_text()
    (pattern,) = re.findall(r"--event-pattern \\\n *'(.*)'", guide)
    assert published.event_detail_type in json.loads(pattern)["detail-type"]
