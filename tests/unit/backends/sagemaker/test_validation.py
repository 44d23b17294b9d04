"""What SageMaker cannot do, told by the field and with what to write instead."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from argmin.api.backend import SageMakerBackend
from argmin.api.pod import EnvVar
from argmin.api.storage import S3Store
from argmin.backends.run import Run, RunInput
from tests.unit.backends.runs import SECRET
from tests.unit.backends.sagemaker.test_request import (
    SETTINGS,
    STORE,
    delegated_run,
    problems_of,
    source,
    submit,
    with_outputs,
)

FAR = {"bucket": "models", "key": "steel.lp", "endpoint": "http://minio:9000"}


def with_input(**fields: Any) -> Run:
    return delegated_run(inputs=(RunInput("costs", source(**fields), "costs.csv"),))


def with_variable(**fields: Any) -> Run:
    return delegated_run(env=(EnvVar.model_validate(fields),))


def far_output(**fields: Any) -> dict[str, Any]:
    return {"name": "o", "path": "/opt/ml/processing/o", "s3": {"bucket": "plans", **fields}}


@pytest.mark.parametrize(
    ("run", "problem"),
    [
        (
            with_input(persistentVolumeClaim={"claimName": "archive", "path": "x"}),
            "spec.inputs[costs].source.persistentVolumeClaim: it is of this cluster",
        ),
        (
            with_input(configMapKeyRef={"name": "gone", "key": "k"}),
            "spec.inputs[costs].source.configMapKeyRef: ConfigMap gone has no key k: create it",
        ),
        (
            with_input(s3={"bucket": "bbb", "key": "k", "credentialsSecret": {"name": "keys"}}),
            "spec.inputs[costs].source.s3.credentialsSecret: argmin reads no Secret",
        ),
        (
            with_input(s3={"bucket": "bbb", "key": "k" * 1020}),
            "spec.inputs[costs].source.s3: SageMaker takes at most 1024 characters",
        ),
        (
            with_outputs({"name": "o", "path": "/data/o"}),
            "spec.outputs[o].path: SageMaker keeps what is below /opt/ml/processing: put it there",
        ),
        (
            with_outputs({"name": "o", "path": "/opt/ml/processing/" + "x" * 256}),
            "spec.outputs[o].path: SageMaker takes at most 256 characters",
        ),
        (
            with_outputs(far_output(credentialsSecret={"name": "keys"})),
            "spec.outputs[o].s3.credentialsSecret: argmin reads no Secret",
        ),
        (
            with_outputs(
                *({"name": f"o{n}", "path": f"/opt/ml/processing/{n}"} for n in range(10))
            ),
            "spec.outputs: SageMaker keeps 9 folders of a job, and 10 are named",
        ),
        (
            with_variable(name="LICENSE", valueFrom=SECRET),
            "spec.env[LICENSE].valueFrom.secretKeyRef: argmin reads no Secret",
        ),
        (
            with_variable(name="A", valueFrom={"configMapKeyRef": {"name": "gone", "key": "k"}}),
            "spec.env[A].valueFrom.configMapKeyRef: ConfigMap gone has no key k: create it",
        ),
        (
            with_variable(name="my.name", value="x"),
            "spec.env[my.name].name: SageMaker takes letters, digits and _ only",
        ),
        (
            with_variable(name="LONG", value="x" * 257),
            "spec.env[LONG].value: SageMaker takes at most 256 characters, and it has 257:"
            " pass it on as a file, in spec.inputs",
        ),
        (
            delegated_run(env=tuple(EnvVar(name=f"V{n}", value="x") for n in range(100))),
            "spec.env: with argmin's own there are 106 variables; SageMaker takes 100",
        ),
        (
            delegated_run(image="i" * 256),
            "spec.image: SageMaker takes at most 255 characters",
        ),
        (
            with_input(image={"path": "/" + "x" * 300}),
            "spec.inputs[costs].source.image.path: SageMaker takes at most 256 characters",
        ),
    ],
)
def test_a_run_that_does_not_fit_is_refused_with_what_to_write(run: Run, problem: str) -> None:
    (found,) = problems_of(run)
    assert found.startswith(problem)


def test_a_missing_setting_is_named_with_an_example() -> None:
    first, second = problems_of(settings=SageMakerBackend())
    assert first == (
        "spec.backend.sageMaker.instanceType is missing, and the namespace has no default:"
        " write one, such as ml.m5.large"
    )
    assert second.startswith("spec.backend.sageMaker.roleArn is missing")


@pytest.mark.parametrize(
    ("place", "problem"),
    [
        ({"endpoint": "http://minio:9000"}, "spec.artifacts.s3.endpoint: on SageMaker"),
        ({"region": "us-east-1"}, "spec.artifacts.s3.region: SageMaker writes to buckets of its"),
        ({"credentialsSecret": {"name": "keys"}}, "spec.artifacts.s3.credentialsSecret: argmin"),
    ],
)
def test_the_result_goes_to_amazon_s3_of_the_same_region(
    place: dict[str, Any], problem: str
) -> None:
    store = S3Store.model_validate({"bucket": "results", **place})
    here = SETTINGS.model_copy(update={"region": "eu-west-1"})
    (found,) = problems_of(store=store, settings=here)
    assert found.startswith(problem)


@pytest.mark.parametrize(
    "run", [with_input(s3=FAR), with_outputs(far_output(endpoint="http://minio:9000"))]
)
def test_without_a_network_no_run_reaches_another_server(run: Run) -> None:
    isolated = SageMakerBackend.model_validate(
        SETTINGS.to_wire() | {"network": {"isolation": True}}
    )
    (found,) = problems_of(run, settings=isolated)
    assert "s3.endpoint: the run itself has to go there, and it has no network" in found
    assert submit(run, settings=SETTINGS).name


def test_ten_places_of_s3_are_too_many() -> None:
    places = tuple(
        RunInput(f"i{n}", source(s3={"bucket": "data", "prefix": f"p{n}"})) for n in range(10)
    )
    (found,) = problems_of(delegated_run(inputs=places, env=()))
    assert found.startswith("spec.inputs: SageMaker fetches 9 places of S3 for a job, and 10 are")
    assert submit(delegated_run(inputs=places[:9])).name


def test_one_key_encrypts_all_outputs() -> None:
    keyed = STORE.model_copy(update={"kms_key_id": "alias/a"})
    run = with_outputs(far_output(kmsKeyId="alias/b"))
    (found,) = problems_of(run, store=keyed)
    assert "there are alias/a, alias/b: name one" in found


def test_tags_of_job_and_namespace_together_may_be_too_many() -> None:
    tags = {f"t{n}": "x" for n in range(47)}
    (found,) = problems_of(settings=SETTINGS.model_copy(update={"tags": tags}))
    assert found.startswith("spec.backend.sageMaker.tags: with those of the namespace there are 47")


def test_all_problems_are_told_at_once() -> None:
    run = replace(
        with_outputs({"name": "o", "path": "/data/o"}),
        env=(EnvVar.model_validate({"name": "LICENSE", "valueFrom": SECRET}),),
    )
    assert len(problems_of(run)) == 2
