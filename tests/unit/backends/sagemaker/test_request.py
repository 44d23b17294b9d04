"""The processing job that a run becomes."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from argmin.api.backend import SageMakerBackend
from argmin.api.files import Output
from argmin.api.optimization.spec import OptimizationJob
from argmin.api.pod import ConfigMapKeyRef, EnvVar
from argmin.api.run import RunDocument
from argmin.api.sources import Source
from argmin.api.storage import S3Store
from argmin.backends.defaults import Defaults
from argmin.backends.run import Run, RunInput
from argmin.backends.sagemaker.document import Contents
from argmin.backends.sagemaker.jobs.processing import MESSAGE_PATH
from argmin.backends.sagemaker.request import (
    Submission,
    build_submission,
    name_job,
)
from argmin.backends.sagemaker.validation import UnfitRunError
from argmin.optimization.build_run import build_run
from tests.unit.backends.runs import OWNER, make_run
from tests.unit.backends.service_model import instance_types, list_violations
from tests.unit.optimization.specs import specs

GOLDEN = Path(__file__).with_name("processing_job.golden.yaml")
OPERATION = "CreateProcessingJob"
ROLE = "arn:aws:iam::111122223333:role/argmin-job"
SETTINGS = SageMakerBackend(instance_type="ml.m5.large", role_arn=ROLE)
STORE = S3Store(bucket="results", prefix="argmin")
CSV = ConfigMapKeyRef(name="data", key="c.csv")
CONTENTS = {CSV: b"a,b\n"}
INPUT = "/opt/ml/processing/input"


def source(**fields: Any) -> Source:
    return Source.model_validate(fields)


def delegated_run(**fields: Any) -> Run:
    """A run that SageMaker can have, with a bit of everything."""
    reference = {"configMapKeyRef": {"name": "data", "key": "c.csv"}}
    run = make_run(
        inputs=(
            RunInput("source", source(s3={"bucket": "models", "key": "2026/steel.py"}), "model.py"),
            RunInput("costs", source(**reference), "c.csv"),
            RunInput("history", source(s3={"bucket": "archive", "prefix": "data"}), "history"),
            RunInput("maps", source(image={"path": "/maps"})),
        ),
        env=(
            EnvVar(name="MONTH", value="11"),
            EnvVar.model_validate({"name": "HEADER", "valueFrom": reference}),
        ),
    )
    return replace(run, **fields)


def submit(run: Run | None = None, attempt: int = 1, **details: Any) -> Submission:
    return build_submission(
        run or delegated_run(),
        details.get("settings", SETTINGS),
        details.get("store", STORE),
        attempt,
        details.get("contents", CONTENTS),
    )


def document_of(submission: Submission) -> RunDocument:
    return RunDocument.model_validate_json(submission.document)


def inputs_of(submission: Submission) -> dict[str, tuple[str, str]]:
    return {
        item["InputName"]: (item["S3Input"]["S3Uri"], item["S3Input"]["LocalPath"])
        for item in submission.request["ProcessingInputs"]
    }


def outputs_of(submission: Submission) -> dict[str, tuple[str, str]]:
    return {
        item["OutputName"]: (item["S3Output"]["S3Uri"], item["S3Output"]["LocalPath"])
        for item in submission.request["ProcessingOutputConfig"]["Outputs"]
    }


def problems_of(run: Run | None = None, **details: Any) -> tuple[str, ...]:
    with pytest.raises(UnfitRunError) as caught:
        submit(run, **details)
    return caught.value.problems


def with_outputs(*outputs: Mapping[str, Any]) -> Run:
    run = delegated_run()
    parsed = tuple(Output.model_validate(output) for output in outputs)
    return replace(run, document=run.document.model_copy(update={"outputs": parsed}))


def test_the_request_of_a_run_reads_as_it_always_did() -> None:
    full = SETTINGS.complete(
        SageMakerBackend.model_validate(
            {
                "instanceCount": 2,
                "volumeSizeGB": 50,
                "volumeKmsKeyId": "alias/volumes",
                "outputKmsKeyId": "alias/results",
                "maxRuntimeSeconds": 7200,
                "network": {
                    "subnets": ["subnet-0123456789abcdef0"],
                    "securityGroupIds": ["sg-0123456789abcdef0"],
                    "isolation": True,
                    "encryptTraffic": True,
                },
                "tags": {"cost-centre": "planning"},
            }
        )
    )
    submission = submit(settings=full)
    assert submission.request == yaml.safe_load(GOLDEN.read_text())
    assert list_violations(OPERATION, submission.request) == []


def test_the_request_runs_the_same_runner_as_a_pod_with_the_document_of_its_channel() -> None:
    submission = submit()
    entrypoint = submission.request["AppSpecification"]["ContainerEntrypoint"]
    assert entrypoint[1:] == ["-m", "argmin_solvers", "--document", f"{INPUT}/argmin/job.json"]
    assert inputs_of(submission)["argmin"] == (
        f"s3://results/{submission.key}",
        f"{INPUT}/argmin",
    )
    assert submission.key == "argmin/team/steel/steel-0123abcd/job.json"


def test_the_document_is_that_of_the_pod_but_for_its_ways_in_and_out() -> None:
    document = document_of(submit())
    assert document.intake is None
    assert document.progress == "log"
    assert document.answer_limit_bytes == 1024
    assert document.run == "steel-0123abcd"
    assert document.transfers.downloads == ()
    assert document.transfers.uploads == ()
    assert document.transfers.result is None


def test_config_maps_and_inline_files_travel_in_the_document() -> None:
    run = delegated_run(inputs=(RunInput("source", source(inline="x"), "model.py"),))
    (file,) = document_of(submit(run)).files
    assert (file.path, file.text) == ("source/model.py", "x")
    (file,) = document_of(submit(contents={CSV: b"a"})).files
    assert (file.path, file.text) == ("costs/c.csv", "a")


def test_a_file_that_is_no_text_travels_as_base64() -> None:
    run = delegated_run(env=())
    (file,) = document_of(submit(run, contents={CSV: b"\xff\x00"})).files
    assert (file.text, file.base64) == (None, "/wA=")


def test_sagemaker_brings_files_of_s3_and_the_document_names_the_one_that_is_meant() -> None:
    submission = submit()
    assert inputs_of(submission)["source"] == ("s3://models/2026/steel.py", f"{INPUT}/source")
    assert document_of(submission).task.path == f"{INPUT}/source/steel.py"


def test_a_folder_of_s3_ends_with_a_slash_so_that_no_namesake_comes_along() -> None:
    assert inputs_of(submit())["history"] == ("s3://archive/data/", f"{INPUT}/history")


def test_what_the_image_holds_is_not_moved() -> None:
    assert "maps" not in inputs_of(submit())


def test_results_go_to_the_folder_of_the_run_and_outputs_beside_them() -> None:
    folder = "s3://results/argmin/team/steel/steel-0123abcd"
    assert outputs_of(submit()) == {
        "argmin": (folder, "/opt/ml/processing/output/argmin"),
        "data": (f"{folder}/outputs/data", "/opt/ml/processing/data"),
    }


def test_an_output_may_go_to_a_store_of_its_own() -> None:
    run = with_outputs(
        {
            "name": "plan",
            "path": "/opt/ml/processing/plan",
            "s3": {"bucket": "plans", "prefix": "november"},
        }
    )
    assert outputs_of(submit(run))["plan"] == ("s3://plans/november", "/opt/ml/processing/plan")


@pytest.mark.parametrize("place", [{"endpoint": "http://minio:9000"}, {"region": "us-east-1"}])
def test_the_runner_itself_moves_what_is_in_another_server_or_region(
    place: dict[str, str],
) -> None:
    run = with_outputs(
        {"name": "plan", "path": "/opt/ml/processing/plan", "s3": {"bucket": "plans", **place}}
    )
    there = {"bucket": "models", "key": "a/steel.py", **place}
    run = replace(run, inputs=(RunInput("source", source(s3=there), "model.py"),))
    submission = submit(run, settings=SETTINGS.model_copy(update={"region": "eu-west-1"}))
    assert set(inputs_of(submission)) == {"argmin"}
    assert set(outputs_of(submission)) == {"argmin"}
    transfers = document_of(submission).transfers
    assert [d.path for d in transfers.downloads] == [f"{INPUT}/source/steel.py"]
    assert [(u.name, u.path) for u in transfers.uploads] == [("plan", "/opt/ml/processing/plan")]
    assert transfers.region == "eu-west-1"


def test_the_environment_is_that_of_a_pod() -> None:
    assert submit().request["Environment"] == {
        "MONTH": "11",
        "HEADER": "a,b\n",
        "ARGMIN_TERMINATION_LOG": MESSAGE_PATH,
        "ARGMIN_INPUT_SOURCE": f"{INPUT}/source",
        "ARGMIN_INPUT_COSTS": f"{INPUT}/costs",
        "ARGMIN_INPUT_HISTORY": f"{INPUT}/history",
        "ARGMIN_INPUT_MAPS": "/maps",
        "ARGMIN_OUTPUT_DATA": "/opt/ml/processing/data",
    }


def test_the_tags_say_whose_the_job_is() -> None:
    tags = {tag["Key"]: tag["Value"] for tag in submit().request["Tags"]}
    assert tags == {
        "argmin.dev/uid": "6f1c",
        "argmin.dev/namespace": "team",
        "argmin.dev/name": "steel",
        "argmin.dev/run": "steel-0123abcd",
    }


@pytest.mark.parametrize(
    ("deadline", "limit", "expected"),
    [(None, None, 86400), (600, None, 600), (None, 300, 300), (600, 300, 300), (0, None, 1)],
)
def test_an_attempt_ends_at_its_limit_or_at_the_deadline_of_the_job(
    deadline: int | None, limit: int | None, expected: int
) -> None:
    limited = SETTINGS.model_copy(update={"max_runtime_seconds": limit})
    request = submit(delegated_run(deadline_seconds=deadline), settings=limited).request
    assert request["StoppingCondition"] == {"MaxRuntimeInSeconds": expected}


def test_without_a_network_of_its_own_nothing_is_said_of_one() -> None:
    assert "NetworkConfig" not in submit().request


def test_the_key_of_the_store_encrypts_the_outputs() -> None:
    keyed = STORE.model_copy(update={"kms_key_id": "alias/team"})
    assert submit(store=keyed).request["ProcessingOutputConfig"]["KmsKeyId"] == "alias/team"


@given(
    name=st.from_regex(r"[a-z0-9]([-a-z0-9.]{0,61}[a-z0-9])?", fullmatch=True),
    attempt=st.integers(1, 99999),
)
def test_a_name_follows_from_the_job_and_is_one_that_sagemaker_takes(
    name: str, attempt: int
) -> None:
    uid = "6F1C2b9e-0d0c-4a52-8f57-1c7f2b9e0d0c"
    run = make_run(name=f"{name[:54]}-0123abcd", owner=replace(OWNER, name=name, uid=uid))
    job = name_job(run, attempt)
    assert re.fullmatch(r"[a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}", job)
    assert job.endswith(f"-6f1c2b9e-0123abcd-{attempt}")
    assert len(job) <= 63
    assert job == name_job(run, attempt)


def test_each_attempt_has_a_name_of_its_own() -> None:
    assert submit(attempt=1).name == "steel-6f1c0000-0123abcd-1"
    assert submit(attempt=2).name == "steel-6f1c0000-0123abcd-2"


_keys = st.from_regex(r"[a-z0-9]([a-z0-9_. -]{0,30}[a-z0-9])?", fullmatch=True)
_places = st.fixed_dictionaries(
    {"bucket": st.sampled_from(["models", "data.team-1"])},
    optional={
        "endpoint": st.just("https://minio.example"),
        "region": st.sampled_from(["eu-west-1", "us-east-1"]),
        "credentialsSecret": st.just({"name": "keys"}),
    },
)
_sources = st.builds(
    lambda place, name, path: {"s3": {**place, name: path}},
    _places,
    st.sampled_from(["key", "prefix"]),
    _keys,
)


def name_problems(run: Run, chosen: SageMakerBackend, contents: Contents) -> tuple[str, ...]:
    """What is in the way, or what SageMaker would say of the request."""
    try:
        submission = build_submission(run, chosen, STORE, 1, contents)
    except UnfitRunError as error:
        return error.problems
    assert json.loads(json.dumps(submission.request)) == submission.request
    return tuple(list_violations(OPERATION, submission.request))


@settings(max_examples=200, deadline=None)
@given(
    spec=specs,
    places=st.lists(_sources, max_size=12),
    instance_type=st.sampled_from(instance_types()),
    isolation=st.booleans(),
)
def test_every_spec_becomes_a_request_that_sagemaker_takes_or_is_refused_with_a_field(
    spec: dict[str, Any], places: list[dict[str, Any]], instance_type: str, isolation: bool
) -> None:
    more = [{"name": f"s3-{n}", "source": place} for n, place in enumerate(places)]
    spec = {**spec, "inputs": [*spec.get("inputs", ()), *more]}
    job = OptimizationJob.model_validate({"metadata": {"name": "x", "uid": "u-1"}, "spec": spec})
    run = build_run(job, Defaults(image="image", intake_url="http://intake"))
    chosen = SageMakerBackend.model_validate(
        {
            "instanceType": instance_type,
            "roleArn": ROLE,
            "region": "eu-west-1",
            "network": {"isolation": isolation},
        }
    )
    problems = name_problems(run, chosen, _Everything())
    assert [problem for problem in problems if not problem.startswith("spec.")] == []


class _Everything(dict[ConfigMapKeyRef, bytes]):
    """ConfigMaps in which every key is there."""

    def __contains__(self, _: object) -> bool:
        return True

    def __missing__(self, _: ConfigMapKeyRef) -> bytes:
        return b"x"
