"""The same YAML on a laptop, in pods and on SageMaker: the same answer, and the same files."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.aws.emulator import Aws, administrator
from tests.aws.seed import BUCKET
from tests.command import Argmin
from tests.e2e.jobs import JOBS, await_job, await_jobs
from tests.installation import ROOT
from tests.kubectl import Kubectl, Object, condition_of, holds

EXAMPLES = ROOT / "examples"
FILES = {
    "american-steel": "american-steel/job.yaml",
    "american-steel-script": "american-steel/script.yaml",
    "nurses": "nurses/job.yaml",
    "moon-landing": "moon-landing/job.yaml",
}
SCRIPT = "american-steel-script"
LP_FILE = Path("data", "AmericanSteelProblem.lp")

COMPARED = (
    *("outcome", "sense", "objective", "bestBound", "gap", "solutions", "nodes"),
    *("solver", "solverVersion", "threads", "modelDigest", "resultDigest", "outputs"),
    "verification",
)
"""Everything in a status that does not tell of times and places."""


def write_example(folder: Path, name: str, **changes: Any) -> Path:
    """An example with some fields of its spec changed, as a file."""
    documents = list(yaml.safe_load_all((EXAMPLES / FILES[name]).read_text()))
    for document in documents:
        if document["kind"] == "OptimizationJob":
            document["spec"].update(changes)
    path = folder / f"{name}.yaml"
    path.write_text("\n---\n".join(map(json.dumps, documents)))
    return path


def pick_answer(status: Object) -> Object:
    """What has to be equal, whoever executed the run."""
    verified = condition_of({"status": status}, "Verified")
    return {
        **{field: status.get(field) for field in COMPARED},
        "reason": condition_of({"status": status}, "Complete").get("reason"),
        "Verified": {field: verified.get(field) for field in ("status", "reason", "message")},
    }


@pytest.fixture(scope="module")
def here(argmin: Argmin, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Object]:
    """The statuses by `argmin run`, which asks nobody what `backend` says."""
    folder = tmp_path_factory.mktemp("here")
    files = [write_example(folder, name, backend={"sageMaker": {}}) for name in FILES]
    shown = [argmin.run("run", str(file), "--output=json", folder=folder) for file in files]
    return dict(zip(FILES, map(json.loads, shown), strict=True))


@pytest.fixture(scope="module")
def in_pods(shared: Kubectl, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Object]:
    """The jobs that pods have executed."""
    return execute(shared, tmp_path_factory.mktemp("pods"), "pods")


@pytest.fixture(scope="module")
def on_sage_maker(team: Kubectl, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Object]:
    """The jobs that SageMaker has executed."""
    return execute(team, tmp_path_factory.mktemp("sagemaker"), "sageMaker")


def execute(kubectl: Kubectl, folder: Path, backend: str) -> dict[str, Object]:
    for name in FILES:
        kubectl.apply_file(write_example(folder, name, backend={backend: {}}))
    jobs = await_jobs(kubectl, FILES)
    return {name: job["status"] for name, job in jobs.items()}


@pytest.mark.parametrize("name", FILES)
def test_the_answer_is_the_same_wherever_it_was_found(
    here: dict[str, Object],
    in_pods: dict[str, Object],
    on_sage_maker: dict[str, Object],
    name: str,
) -> None:
    found = (here[name], in_pods[name], on_sage_maker[name])
    assert [status["backend"] for status in found] == ["local", "pods", "sageMaker"]
    expected = pick_answer(here[name])
    assert expected["resultDigest"]
    assert expected["reason"]
    assert pick_answer(in_pods[name]) == expected
    assert pick_answer(on_sage_maker[name]) == expected


def test_the_answers_are_those_that_are_known(on_sage_maker: dict[str, Object]) -> None:
    answers = {
        name: (status["outcome"], status.get("objective", "")[:9], status.get("solutions"))
        for name, status in on_sage_maker.items()
    }
    assert answers == {
        "american-steel": ("Optimal", "15005.0", 1),
        "american-steel-script": ("Optimal", "15005.0", None),
        "nurses": ("Optimal", "", 5184),
        "moon-landing": ("Feasible", "4170.2822", None),
    }


def test_the_files_are_the_same_wherever_they_were_written(
    here: dict[str, Object],
    in_pods: dict[str, Object],
    on_sage_maker: dict[str, Object],
    shared: Kubectl,
    team: Kubectl,
    argmin: Argmin,
    tmp_path: Path,
) -> None:
    assert here[SCRIPT]["outputs"] == in_pods[SCRIPT]["outputs"]
    assert "configMap" in in_pods[SCRIPT]["solutionRef"]
    assert on_sage_maker[SCRIPT]["solutionRef"]["s3"]["bucket"] == BUCKET
    argmin.ask(shared, "result", SCRIPT, "--output-dir", str(tmp_path / "pods"))
    argmin.ask(team, "result", SCRIPT, "--output-dir", str(tmp_path / "sagemaker"))
    text = (tmp_path / "pods" / LP_FILE).read_text()
    assert "Route_Chicago_Gary" in text
    assert (tmp_path / "sagemaker" / LP_FILE).read_text() == text


@pytest.mark.parametrize("name", FILES)
def test_the_solutions_are_the_same_wherever_they_are_kept(
    in_pods: dict[str, Object],
    on_sage_maker: dict[str, Object],
    shared: Kubectl,
    team: Kubectl,
    argmin: Argmin,
    name: str,
) -> None:
    assert name in in_pods.keys() & on_sage_maker.keys()
    command = ("result", name, "--output=json")
    kept = json.loads(argmin.ask(shared, *command))
    stored = json.loads(argmin.ask(team, *command))
    for solution in (kept, stored):
        assert solution.pop("history", []) is not None
        solution.pop("solveSeconds", None)
        solution.get("proof", {}).pop("seconds", None)  # a script and a local optimum have none
    assert stored == kept


@pytest.fixture
def store(kubectl: Kubectl, aws: Aws, host: str) -> Object:
    """A bucket of an S3-compatible server, with its keys in a Secret of the namespace."""
    aws.client("s3").create_bucket(Bucket="team-results")
    keys = administrator()
    kubectl.apply(
        {
            "apiVersion": "v1",
            "kind": "Secret",
            "metadata": {"name": "bucket-keys"},
            "stringData": {
                "AWS_ACCESS_KEY_ID": keys["AccessKeyId"],
                "AWS_SECRET_ACCESS_KEY": keys["SecretAccessKey"],
            },
        }
    )
    return {
        "bucket": "team-results",
        "prefix": "argmin",
        "endpoint": aws.environment(host)["AWS_ENDPOINT_URL"],
        "credentialsSecret": {"name": "bucket-keys"},
    }


def test_pods_bring_their_result_to_a_bucket_too(
    kubectl: Kubectl, store: Object, here: dict[str, Object], argmin: Argmin, tmp_path: Path
) -> None:
    kubectl.apply_file(write_example(tmp_path, SCRIPT, artifacts={"s3": store}))
    job = await_job(kubectl, SCRIPT)
    assert holds(job, "Complete"), job["status"]
    assert pick_answer(job["status"]) == pick_answer(here[SCRIPT])

    place = job["status"]["solutionRef"]["s3"]
    assert (place["bucket"], place["endpoint"]) == (store["bucket"], store["endpoint"])
    assert place["prefix"].startswith(f"argmin/{kubectl.namespace}/{SCRIPT}/")
    results = f"app.kubernetes.io/component=result,argmin.dev/name={SCRIPT}"
    assert kubectl.list("configmaps", results) == []

    kubectl.run("delete", "pods", "--all")
    argmin.ask(kubectl, "result", SCRIPT, "--output-dir", str(tmp_path / "result"))
    assert "Route_Chicago_Gary" in (tmp_path / "result" / LP_FILE).read_text()
    assert "Total Cost of Transportation = 15005.0" in argmin.ask(kubectl, "logs", SCRIPT)


def test_a_job_in_pods_that_is_deleted_leaves_its_result_in_the_bucket(
    kubectl: Kubectl, store: Object, aws: Aws, tmp_path: Path
) -> None:
    kubectl.apply_file(write_example(tmp_path, "american-steel", artifacts={"s3": store}))
    place = await_job(kubectl, "american-steel")["status"]["solutionRef"]["s3"]
    kubectl.delete(JOBS, "american-steel")
    found = aws.client("s3").list_objects_v2(Bucket=place["bucket"], Prefix=place["prefix"])
    assert f"{place['prefix']}/answer.json" in {entry["Key"] for entry in found["Contents"]}
