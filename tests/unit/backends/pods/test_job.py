"""The objects that a run becomes."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import yaml

from argmin.api.files import Output
from argmin.api.pod import EnvVar, LocalReference, Resources, Toleration
from argmin.api.sources import Source
from argmin.backends.pods.job import build_config_map, build_job
from argmin.backends.run import Run, RunInput
from tests.unit.backends.runs import make_run

GOLDEN = Path(__file__).with_name("job.golden.yaml")


def pod_of(run: Run) -> dict[str, Any]:
    pod: dict[str, Any] = build_job(run)["spec"]["template"]["spec"]
    return pod


def environment_of(run: Run) -> dict[str, Any]:
    return {v["name"]: v.get("value") for v in pod_of(run)["containers"][0]["env"]}


def mounts_of(run: Run) -> dict[str, str]:
    return {m["mountPath"]: m["name"] for m in pod_of(run)["containers"][0]["volumeMounts"]}


def test_the_job_of_a_run_reads_as_it_always_did() -> None:
    assert build_job(make_run()) == yaml.safe_load(GOLDEN.read_text())


def test_the_config_map_holds_the_document_and_the_inline_files() -> None:
    run = make_run()
    config_map = build_config_map(run)
    assert config_map["immutable"] is True
    assert config_map["metadata"]["name"] == run.name
    assert set(config_map["data"]) == {"job.json", "input.source"}
    assert config_map["data"]["input.source"] == "def build(): ...\n"
    assert json.loads(config_map["data"]["job.json"])["name"] == "steel"


def test_a_secret_stays_a_reference() -> None:
    (variable,) = [v for v in pod_of(make_run())["containers"][0]["env"] if v["name"] == "LICENSE"]
    assert variable["valueFrom"] == {"secretKeyRef": {"name": "license", "key": "token"}}
    assert "value" not in variable


def test_of_two_variables_of_one_name_the_last_counts() -> None:
    run = make_run(env=(EnvVar(name="A", value="1"), EnvVar(name="A", value="2")))
    assert environment_of(run)["A"] == "2"


def test_the_user_may_set_home_and_not_what_belongs_to_argmin() -> None:
    run = make_run(env=(EnvVar(name="HOME", value="/work"),))
    assert environment_of(run)["HOME"] == "/work"
    assert environment_of(run)["ARGMIN_TERMINATION_LOG"] == "/dev/termination-log"


def test_a_variable_without_a_value_is_empty() -> None:
    assert environment_of(make_run(env=(EnvVar(name="A"),)))["A"] == ""


def test_outputs_get_volumes_where_no_other_holds_them() -> None:
    paths = ["/data", "/data/deep", "/tmp/x", "/opt/ml/processing/output/y", "/database"]
    outputs = tuple(Output(name=f"o{i}", path=path) for i, path in enumerate(paths))
    run = make_run()
    run = replace(run, document=run.document.model_copy(update={"outputs": outputs}))
    written = {path for path, name in mounts_of(run).items() if name.startswith("output")}
    assert written == {"/opt/ml/processing/output", "/data", "/database"}


def test_a_claim_is_read_only_and_an_image_path_needs_no_volume() -> None:
    run = make_run()
    volumes = {v["name"]: v for v in pod_of(run)["volumes"]}
    assert volumes["input-history"]["persistentVolumeClaim"] == {
        "claimName": "archive",
        "readOnly": True,
    }
    assert "/opt/ml/processing/input/maps" not in mounts_of(run)
    assert environment_of(run)["ARGMIN_INPUT_MAPS"] == "/maps"


def test_without_an_intake_the_pod_has_no_token() -> None:
    run = make_run()
    run = replace(run, document=run.document.model_copy(update={"intake": None}))
    assert "token" not in {v["name"] for v in pod_of(run)["volumes"]}


def test_what_places_a_pod_is_passed_on() -> None:
    pod = pod_of(
        make_run(
            node_selector=(("pool", "solver"),),
            tolerations=(Toleration(key="solver", operator="Exists"),),
            priority_class_name="low",
            image_pull_secrets=(LocalReference(name="login"),),
        )
    )
    assert pod["nodeSelector"] == {"pool": "solver"}
    assert pod["tolerations"] == [{"key": "solver", "operator": "Exists"}]
    assert pod["priorityClassName"] == "low"
    assert pod["imagePullSecrets"] == [{"name": "login"}]


def test_a_job_in_a_queue_is_made_suspended() -> None:
    job = build_job(make_run(queue_labels=(("kueue.x-k8s.io/queue-name", "solvers"),)))
    assert job["spec"]["suspend"] is True
    assert job["metadata"]["labels"]["kueue.x-k8s.io/queue-name"] == "solvers"
    assert "kueue.x-k8s.io/queue-name" not in job["spec"]["template"]["metadata"]["labels"]


def test_without_a_deadline_there_is_none() -> None:
    assert "activeDeadlineSeconds" not in build_job(make_run(deadline_seconds=None))["spec"]


def test_every_scratch_folder_has_the_limit_and_the_container_asks_for_nothing_more() -> None:
    limits = {"cpu": "1", "memory": "1Gi"}
    source = Source.model_validate({"s3": {"bucket": "data", "prefix": "costs"}})
    run = make_run(
        resources=Resources(limits=limits, ephemeral_storage="5Gi"),
        inputs=(RunInput("costs", source),),
    )
    pod = pod_of(run)
    scratch = {v["name"]: v["emptyDir"] for v in pod["volumes"] if "emptyDir" in v}
    assert set(scratch) == {"input-costs", "output", "tmp", "output-0"}
    assert all(folder == {"sizeLimit": "5Gi"} for folder in scratch.values())
    assert pod["containers"][0]["resources"] == {"limits": limits}
