"""`argmin plan --offline`: what a reconcile would do with a new job, and why."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from argmin.cli import main
from argmin.cli.commands import plan as planning
from argmin.cli.commands.plan import Snapshot
from argmin.cli.errors import ExitStatus
from argmin.cli.kinds.registry import VIEWS

JOB = """
apiVersion: argmin.dev/v1alpha1
kind: OptimizationJob
metadata: {name: steel, namespace: team}
spec:
  model: {format: mps, source: {configMapKeyRef: {name: models, key: a.mps}}}
  solver: {name: cbc}
  resources: {limits: {cpu: "2"}}
"""
CONFIG_MAP = """
---
apiVersion: v1
kind: ConfigMap
metadata: {name: models, namespace: team}
data: {a.mps: NAME}
"""

SUMMARY = """\
OptimizationJob team/steel
rules that speak, in their order:
  start: nothing runs yet for this spec
what would be done:
  apply ConfigMap team/{run}
  apply Job team/{run}
  status: Pending; Reconciling (Pending: its pod is being prepared)
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "job.yaml"
    path.write_text(JOB + CONFIG_MAP)
    return path


def test_rules_and_actions_come_first_and_the_manifests_after_them(
    file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["plan", "--offline", "-f", str(file)]) == ExitStatus.OK
    summary, _, manifests = capsys.readouterr().out.partition("\n---\n")
    config_map, job = yaml.safe_load_all(manifests)
    assert summary == SUMMARY.format(run=job["metadata"]["name"])
    assert (config_map["kind"], job["kind"]) == ("ConfigMap", "Job")
    assert config_map["metadata"]["name"] == job["metadata"]["name"]
    container = job["spec"]["template"]["spec"]["containers"][0]
    assert container["resources"] == {"limits": {"cpu": "2"}}


def test_the_plan_is_the_same_twice(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(["plan", "--offline", str(file)])
    first = capsys.readouterr().out
    main(["plan", "--offline", str(file)])
    assert capsys.readouterr().out == first


def plan_of(file: Path, capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    assert main(["plan", "--offline", "-o", "json", str(file)]) == ExitStatus.OK
    plan: dict[str, Any] = json.loads(capsys.readouterr().out)
    return plan


def test_a_plan_as_json_has_all_that_would_be_done(
    file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    plan = plan_of(file, capsys)
    assert plan["notes"] == [{"rule": "start", "reason": "nothing runs yet for this spec"}]
    assert [manifest["kind"] for manifest in plan["apply"]] == ["ConfigMap", "Job"]
    assert (plan["patch"], plan["delete"]) == ([], [])
    assert plan["status"]["state"] == "Pending"


def test_a_config_map_that_the_files_do_not_hold_is_waited_for(
    file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file.write_text(JOB)
    plan = plan_of(file, capsys)
    (note,) = plan["notes"]
    assert note["rule"] == "await_sources"
    assert 'ConfigMap "models" not found' in note["reason"]
    assert plan["apply"] == []
    assert plan["requeueAfterSeconds"] > 0


def test_a_job_that_is_held_starts_nothing(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file.write_text(JOB + "  suspend: true\n" + CONFIG_MAP)
    plan = plan_of(file, capsys)
    assert [note["rule"] for note in plan["notes"]] == ["suspend"]
    assert plan["apply"] == []


def test_an_invalid_job_has_no_plan(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file.write_text(JOB + "  backoffLimit: -1\n")
    assert main(["plan", "--offline", str(file)]) == ExitStatus.INVALID
    assert "spec.backoffLimit: should be greater than or equal to 0" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("config_map", "said"),
    [
        ("{}", "metadata.name: '' is no name for an object"),
        ("{metadata: {namespace: team}}", "metadata.name: '' is no name for an object"),
        ("{metadata: [models]}", "metadata.name: '' is no name for an object"),
        ("{metadata: {name: models}, data: {a.mps: 3}}", "data.a.mps: write text, in quotes: '3'"),
    ],
)
def test_a_config_map_that_no_cluster_would_take_is_refused_with_its_field(
    config_map: str, said: str, file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    content = {"apiVersion": "v1", "kind": "ConfigMap", **yaml.safe_load(config_map)}
    file.write_text(f"{JOB}---\n{yaml.safe_dump(content)}")
    assert main(["plan", "--offline", str(file)]) == ExitStatus.INVALID
    assert f"{file}, document 2: {said}" in capsys.readouterr().err


def test_a_namesake_of_another_api_is_no_config_map(
    file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file.write_text(JOB + CONFIG_MAP + "---\napiVersion: other.dev/v1\nkind: ConfigMap\n")
    assert len(plan_of(file, capsys)["apply"]) == 2


DELEGATED = """
apiVersion: argmin.dev/v1alpha1
kind: OptimizationJob
metadata: {name: steel, namespace: team, uid: 0f8c1e52-0000-4000-8000-000000000001}
spec:
  model: {format: mps, source: {inline: NAME}}
  artifacts: {s3: {bucket: results}}
  backend:
    sageMaker:
      region: eu-west-1
      instanceType: ml.m5.large
      roleArn: arn:aws:iam::111122223333:role/argmin-job
"""


@pytest.fixture
def announced(file: Path, capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    """A job as the cluster has it when its processing job was announced and not created yet."""
    file.write_text(DELEGATED)
    job: dict[str, Any] = yaml.safe_load(DELEGATED)
    return {**job, "status": plan_of(file, capsys)["status"]}


@pytest.fixture
def plan_in_cluster(
    file: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., str]:
    """What is printed for a job that the cluster has as it is given."""

    def plan(job: dict[str, Any], *options: str) -> str:
        snapshot = Snapshot(VIEWS[0], job)
        monkeypatch.setattr(planning, "take_snapshot", lambda *_: snapshot)
        assert main(["plan", str(file), *options]) == ExitStatus.OK
        return capsys.readouterr().out

    return plan


def test_a_processing_job_that_would_be_created_is_among_what_would_be_done(
    announced: dict[str, Any], plan_in_cluster: Callable[..., str]
) -> None:
    name = announced["status"]["sageMaker"]["jobName"]
    said = f"  create SageMaker processing job {name}, with its document at s3://results/team/"
    assert said in plan_in_cluster(announced)
    for output, load in (("json", json.loads), ("yaml", yaml.safe_load)):
        (call,) = load(plan_in_cluster(announced, "-o", output))["calls"]
        assert call["call"].startswith(said.strip())
        assert call["reason"] == "its job was announced, and is not there yet"


def test_a_processing_job_that_would_be_stopped_is_among_what_would_be_done(
    announced: dict[str, Any], plan_in_cluster: Callable[..., str]
) -> None:
    name = announced["status"]["sageMaker"]["jobName"]
    arn = f"arn:aws:sagemaker:eu-west-1:111122223333:processing-job/{name}"
    announced["status"]["sageMaker"] |= {"jobArn": arn, "status": "InProgress"}
    announced["spec"]["suspend"] = True
    assert f"  stop SageMaker processing job {name}\n" in plan_in_cluster(announced)
    (call,) = json.loads(plan_in_cluster(announced, "-o", "json"))["calls"]
    assert call["reason"] == "held by spec.suspend"


def test_a_plan_without_calls_says_so_in_json(
    file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert plan_of(file, capsys)["calls"] == []


def test_the_processing_job_of_a_new_job_is_what_would_follow(
    file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file.write_text(DELEGATED)
    plan = plan_of(file, capsys)
    name = plan["status"]["sageMaker"]["jobName"]
    said = f"create SageMaker processing job {name}, with its document at s3://results/team/"
    assert plan["calls"] == []
    assert [call["call"].startswith(said) for call in plan["following"]] == [True]
    assert main(["plan", str(file), "--offline"]) == ExitStatus.OK
    _, _, following = capsys.readouterr().out.partition("what would follow, once that is written:")
    assert said in following
