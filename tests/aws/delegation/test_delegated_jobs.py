"""A job that says `backend: {sageMaker: {}}`, from kubectl to its answer and its files."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest

from tests.aws.delegation.conftest import INSTANCE_TYPE, PRICE
from tests.aws.delegation.manifests import BLEND, BLEND_VALUE, build_job, build_program
from tests.aws.delegation.scene import PREFIX, Scene
from tests.aws.seed import BUCKET

pytestmark = pytest.mark.aws


def place_model(scene: Scene, where: str) -> dict[str, Any]:
    """Put the model somewhere; the source that names it."""
    if where == "config-map":
        data = {"metadata": {"name": "models"}, "data": {"blend.lp": BLEND}}
        scene.user.apply({"apiVersion": "v1", "kind": "ConfigMap", **data})
        return {"configMapKeyRef": {"name": "models", "key": "blend.lp"}}
    if where == "s3":
        store = scene.aws.client("s3")
        store.put_object(Bucket=BUCKET, Key="models/blend.lp", Body=BLEND.encode())
        return {"s3": {"bucket": BUCKET, "key": "models/blend.lp"}}
    return {"inline": BLEND}


@pytest.mark.parametrize("where", ["inline", "config-map", "s3"])
def test_a_model_is_solved_wherever_its_text_is(scene: Scene, where: str) -> None:
    source = place_model(scene, where)
    status = scene.finish(
        scene.submit(build_job("blend", model={"format": "lp", "source": source}))
    )
    assert status["state"] == "Complete", status
    assert (status["outcome"], status["objective"]) == ("Optimal", BLEND_VALUE)
    scene.check_attempts("blend", "Completed")
    scene.check_nothing_left("blend")


def test_the_status_tells_where_it_ran_how_long_and_what_that_cost(scene: Scene) -> None:
    status = scene.solve()
    (job,) = scene.attempts("blend")
    told = status["sageMaker"]
    assert status["backend"] == "sageMaker"
    assert status["verification"]["verified"] is True
    assert (told["jobName"], told["jobArn"], told["status"]) == (job.name, job.arn, "Completed")
    assert (told["instanceType"], told["instanceCount"]) == (INSTANCE_TYPE, 1)
    assert told["logGroup"] == "/aws/sagemaker/ProcessingJobs"
    assert [run["name"] for run in status["attempts"]] == [job.name]
    assert told["instanceSeconds"] >= 1
    assert told["currency"] == "USD"
    cost = Decimal(told["instanceSeconds"]) * Decimal(PRICE) / 3600
    assert abs(Decimal(told["estimatedCost"]) - cost) < Decimal("0.0001")


def test_the_result_is_in_the_bucket_as_it_is_from_pods(scene: Scene) -> None:
    program = (
        "import os, pathlib\n"
        "pathlib.Path(os.environ['ARGMIN_OUTPUT_DATA'], 'a.txt').write_text('A')\n"
    )
    outputs = [{"name": "data", "path": "/opt/ml/processing/data"}]
    status = scene.finish(scene.submit(build_program("writer", program, outputs=outputs)))
    assert status["state"] == "Complete", status
    run = status["runName"]
    place = status["solutionRef"]["s3"]
    assert place["bucket"] == BUCKET
    assert place["prefix"] == f"{PREFIX}/{scene.user.namespace}/writer/{run}"
    files = ("answer.json", "inventory.json", "job.json", "run.log", "solution.json")
    assert scene.list_keys("writer") == {
        *(f"{run}/{file}" for file in files),
        f"{run}/outputs/data/a.txt",
    }
    assert [output["name"] for output in status["outputs"]] == ["data"]


def test_a_store_of_the_jobs_own_takes_its_result(scene: Scene) -> None:
    scene.aws.client("s3").create_bucket(Bucket="elsewhere")
    status = scene.solve(artifacts={"s3": {"bucket": "elsewhere", "prefix": "mine"}})
    assert status["solutionRef"]["s3"]["bucket"] == "elsewhere"
    found = scene.aws.client("s3").list_objects_v2(Bucket="elsewhere")["Contents"]
    keys = {entry["Key"].rpartition("/")[2] for entry in found}
    assert "answer.json" in keys
    assert scene.list_keys("blend") == set()


def test_an_infeasible_model_is_a_complete_answer(scene: Scene) -> None:
    text = "Maximize\n x\nSubject To\n a: x >= 2\n b: x <= 1\nEnd\n"
    model = {"format": "lp", "source": {"inline": text}}
    status = scene.finish(scene.submit(build_job("impossible", model=model)))
    assert (status["state"], status["outcome"]) == ("Complete", "Infeasible")
    scene.check_attempts("impossible", "Completed")


def test_a_model_that_cannot_be_read_fails_once_and_says_where(scene: Scene) -> None:
    model = {"format": "lp", "source": {"inline": "Maximize\n x + \nSubject To\n nonsense\n"}}
    status = scene.finish(scene.submit(build_job("broken", model=model)))
    failed = next(c for c in status["conditions"] if c["type"] == "Failed")
    assert failed["reason"] == "InvalidModel"
    scene.check_attempts("broken", "Failed")


def test_the_document_in_the_bucket_has_all_that_the_job_needs(scene: Scene) -> None:
    status = scene.solve()
    place = status["solutionRef"]["s3"]
    body = scene.aws.client("s3").get_object(
        Bucket=place["bucket"], Key=f"{place['prefix']}/job.json"
    )["Body"]
    document = json.loads(body.read())
    assert [file["text"] for file in document["files"]] == [BLEND]
