"""`argmin plan --backend sagemaker`: the request that SageMaker would get."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from argmin.cli import main
from argmin.cli.errors import ExitStatus
from tests.unit.backends.service_model import list_violations

JOB = """
apiVersion: argmin.dev/v1alpha1
kind: OptimizationJob
metadata: {name: steel, namespace: team}
spec:
  model: {format: mps, source: {configMapKeyRef: {name: models, key: a.mps}}}
  env: [{name: MONTH, value: "11"}]
---
apiVersion: v1
kind: ConfigMap
metadata: {name: models, namespace: team}
data: {a.mps: NAME}
"""
ROLE = "arn:aws:iam::111122223333:role/argmin-job"
DEFAULTS = (
    *("--store", "s3://results/argmin"),
    *("--instance-type", "ml.m5.large"),
    *("--role-arn", ROLE),
)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "job.yaml"
    path.write_text(JOB)
    return path


def plan(file: Path, *options: str) -> int:
    return main(["plan", "--offline", "--backend", "sagemaker", "-f", str(file), *options])


def test_the_very_request_is_shown_and_the_document_below_it(
    file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert plan(file, *DEFAULTS) == ExitStatus.OK
    summary, _, documents = capsys.readouterr().out.partition("\n---\n")
    request, document = yaml.safe_load_all(documents)
    assert "stored before as s3://results/argmin/team/steel/steel-" in summary
    assert "its uid is not known yet" in summary
    assert list_violations("CreateProcessingJob", request) == []
    assert request["RoleArn"] == ROLE
    assert request["Environment"]["MONTH"] == "11"
    assert document["files"] == [{"path": "source/model.mps", "text": "NAME"}]


def test_a_program_gets_one_document(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert plan(file, *DEFAULTS, "-o", "yaml") == ExitStatus.OK
    shown = yaml.safe_load(capsys.readouterr().out)
    assert shown["request"]["ProcessingJobName"].startswith("steel-00000000-")
    assert shown["document"]["progress"] == "log"
    assert shown["documentPlace"].endswith("/job.json")


def test_what_the_job_says_holds_before_what_the_namespace_would_say(
    file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    own = "backend: {sageMaker: {instanceType: ml.c5.xlarge}}\n  artifacts: {s3: {bucket: mine}}\n"
    file.write_text(JOB.replace("env:", f"{own}  env:"))
    assert plan(file, *DEFAULTS, "--image", "registry/own:1", "-o", "yaml") == ExitStatus.OK
    shown = yaml.safe_load(capsys.readouterr().out)
    cluster = shown["request"]["ProcessingResources"]["ClusterConfig"]
    assert cluster["InstanceType"] == "ml.c5.xlarge"
    assert shown["documentPlace"].startswith("s3://mine/team/steel/")
    assert shown["request"]["AppSpecification"]["ImageUri"] == "registry/own:1"


def test_all_that_is_missing_is_told_with_the_option_that_stands_for_it(
    file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert plan(file, "--store", "s3://results") == ExitStatus.INVALID
    said = capsys.readouterr().err
    assert "spec.backend.sageMaker.instanceType is missing" in said
    assert "(--instance-type here)" in said
    assert "(--role-arn here)" in said


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ((), "spec.artifacts.s3 is missing"),
        (("--store", "s3://No/x"), "--store: write s3://BUCKET or s3://BUCKET/PREFIX"),
        ((*DEFAULTS, "--instance-type", "large"), "--instance-type: write an instance type"),
        ((*DEFAULTS, "--role-arn", "me"), "--role-arn: write"),
        ((*DEFAULTS, "--region", "here"), "--region: write"),
        ((*DEFAULTS, "--backend", "nomad"), "--backend: 'nomad' is not 'sagemaker'"),
    ],
)
def test_a_wrong_option_is_named(
    file: Path, capsys: pytest.CaptureFixture[str], options: tuple[str, ...], said: str
) -> None:
    assert plan(file, *options) == ExitStatus.INVALID
    assert said in capsys.readouterr().err


def test_a_config_map_that_is_not_there_is_named(
    file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file.write_text(JOB.partition("---")[0])
    assert plan(file, *DEFAULTS) == ExitStatus.INVALID
    assert "spec.model.source.configMapKeyRef: ConfigMap models has no key" in (
        capsys.readouterr().err
    )
