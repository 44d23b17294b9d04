"""The examples of the user guide, run as they stand there."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.aws.delegation.conftest import IMAGE, OpenScene
from tests.aws.delegation.manifests import BLEND_VALUE, build_blend
from tests.aws.delegation.scene import KIND, Scene
from tests.aws.delegation.surroundings import provide, provide_queue
from tests.aws.emulator import Aws, administrator
from tests.command import Argmin
from tests.installation import render_chart
from tests.kubectl import Kubectl, Object
from tests.pages import GUIDE, list_blocks
from tests.pages import KIND as KIND_NAME

pytestmark = pytest.mark.aws

NAMESPACE = "team-a"
OWNER = "111122223333"
"""Whose account argmin's own role is in, on the pages."""


@dataclass(frozen=True)
class Example:
    """A block of YAML of a page."""

    page: str
    number: int
    documents: tuple[Any, ...]

    def __str__(self) -> str:
        return f"{self.page}-{self.number}"

    @property
    def job(self) -> Object | None:
        """Its OptimizationJob; a fragment of a spec is none."""
        return next((each for each in self.documents if each.get("kind") == KIND_NAME), None)

    @property
    def words(self) -> set[str]:
        """Everything that its job says, field by field."""
        return set(re.findall(r"\w+", json.dumps(self.job)))

    @property
    def is_delegated(self) -> bool:
        """Whether it is for SageMaker."""
        spec = (self.job or self.documents[0]).get("spec", {})
        return "sageMaker" in spec.get("backend", {})


def list_examples() -> Iterator[Example]:
    for page in sorted(GUIDE.glob("*.md")):
        for number, block in enumerate(list_blocks("yaml", page), 1):
            yield Example(page.stem, number, tuple(block.documents))


EXAMPLES = list(list_examples())
JOBS = [each for each in EXAMPLES if each.job]
DELEGATED = [each for each in JOBS if each.is_delegated]
LOCAL = [each for each in JOBS if each.page in ("optimizationjob", "verification")]
"""`tests/aws/artifacts` and `tests/unit` run those of the other pages here."""
PORTABLE = [
    each
    for each in JOBS
    if not each.is_delegated and not {"credentialsSecret", "endpoint"} & each.words
]
"""What runs in pods by a Secret, or with another server, cannot run on SageMaker."""
CHART = [
    each
    for each in EXAMPLES
    if {"teams", "defaultStore", "defaultSageMaker"} & {*each.documents[0]}
]


@pytest.fixture
def user(administrator: Kubectl, rights: Kubectl) -> Iterator[Kubectl]:
    """Somebody of the team that the pages speak of."""
    if administrator.find("namespace", NAMESPACE) is None:
        administrator.run("create", "namespace", NAMESPACE)
    yield administrator.within(NAMESPACE)
    administrator.within(NAMESPACE).run("delete", KIND, "--all", "--wait=false")


@pytest.fixture
def quick(open_scene: OpenScene) -> Scene:
    """An operator that asks often: not every account of the pages sends it events."""
    return open_scene(ARGMIN_SAGEMAKER_POLL_SECONDS="1")


@pytest.mark.parametrize("example", DELEGATED, ids=str)
def test_a_job_of_the_guide_is_solved_by_sagemaker(quick: Scene, example: Example) -> None:
    assert example.job
    provide(quick.aws, example.job)
    quick.user.apply(*example.documents)
    status = quick.finish(example.job["metadata"]["name"])
    assert status["state"] == "Complete", status
    assert status["outcome"] in ("Optimal", "Feasible")


def test_the_jobs_of_all_pages_are_solved_by_sagemaker_too(quick: Scene) -> None:
    jobs = []
    for example in PORTABLE:
        assert example.job
        job = {**example.job, "spec": {**example.job["spec"], "backend": {"sageMaker": {}}}}
        job["metadata"] = {"name": f"{example}-{job['metadata']['name']}"}
        provide(quick.aws, job)
        jobs.append(quick.submit(job))
    ended = {name: quick.finish(name) for name in jobs}
    assert {name: status["state"] for name, status in ended.items()} == dict.fromkeys(
        jobs, "Complete"
    )
    assert {status["backend"] for status in ended.values()} == {"sageMaker"}


@pytest.mark.parametrize("example", LOCAL, ids=str)
def test_a_job_of_the_guide_is_solved_here(aws: Aws, tmp_path: Path, example: Example) -> None:
    assert run_here(aws, tmp_path, example)["state"] == "Complete"


def run_here(aws: Aws, folder: Path, example: Example) -> Object:
    """The status by `argmin run`."""
    file = folder / "job.yaml"
    file.write_text(yaml.safe_dump_all(example.documents))
    told = Argmin(aws.environment()).run("run", str(file), "-o", "json", folder=folder)
    status: Object = json.loads(told)
    return status


def test_the_table_of_the_sagemaker_page_is_what_kubectl_shows(quick: Scene) -> None:
    (shown,) = (b.text for b in list_blocks("console", GUIDE / "sagemaker.md"))
    _command, head, row = shown.strip().splitlines()
    (example,) = (each for each in DELEGATED if each.job and each.job["metadata"]["name"] in row)
    provide(quick.aws, {})
    quick.user.apply(*example.documents)
    name = row.split()[0]
    quick.finish(name)
    table = quick.user.run("get", KIND, name).strip().splitlines()
    assert table[0].split() == head.split()
    assert table[1].split()[:-1] == row.split()[:-1]


def test_the_check_of_the_verification_page_is_what_is_found(aws: Aws, tmp_path: Path) -> None:
    (example,) = (each for each in LOCAL if each.page == "verification")
    shown = [json.loads(block.text) for block in list_blocks("json", GUIDE / "verification.md")]
    verification, proof = shown[:2]
    status = run_here(aws, tmp_path, example)
    assert status["verification"] == verification
    timeless = {key: value for key, value in proof.items() if key != "seconds"}
    assert timeless.items() <= status["proof"].items()


def test_every_setting_of_the_sagemaker_page_reaches_aws(quick: Scene) -> None:
    (fragment,) = (
        example.documents[0]
        for example in EXAMPLES
        if example.page == "sagemaker" and example.is_delegated and not example.job
    )
    spec = fragment["spec"]
    asked = spec["backend"]["sageMaker"]
    provide(quick.aws, fragment)
    status = quick.solve("with-settings", **spec)
    assert (status["outcome"], status["objective"]) == ("Optimal", BLEND_VALUE)
    assert status["solutionRef"]["s3"]["bucket"] == spec["artifacts"]["s3"]["bucket"]

    (job,) = quick.attempts("with-settings")
    account = asked["assumeRoleArn"].split(":")[4]
    assert (job.account, job.region) == (account, asked["region"])
    assert asked["tags"].items() <= job.tags.items()
    sagemaker = quick.aws.client(
        "sagemaker", credentials=administrator(account), region=asked["region"]
    )
    described = sagemaker.describe_processing_job(ProcessingJobName=job.name)
    assert described["RoleArn"] == asked["roleArn"]
    assert described["ProcessingResources"]["ClusterConfig"] == {
        "InstanceType": asked["instanceType"],
        "InstanceCount": asked["instanceCount"],
        "VolumeSizeInGB": asked["volumeSizeGB"],
        "VolumeKmsKeyId": asked["volumeKmsKeyId"],
    }
    assert described["NetworkConfig"] == {
        "EnableInterContainerTrafficEncryption": asked["network"]["encryptTraffic"],
        "EnableNetworkIsolation": asked["network"]["isolation"],
        "VpcConfig": {
            "SecurityGroupIds": asked["network"]["securityGroupIds"],
            "Subnets": asked["network"]["subnets"],
        },
    }
    assert described["ProcessingOutputConfig"]["KmsKeyId"] == asked["outputKmsKeyId"]
    assert described["StoppingCondition"] == {"MaxRuntimeInSeconds": asked["maxRuntimeSeconds"]}


@pytest.mark.parametrize("example", CHART, ids=str)
def test_the_values_of_the_guide_set_a_team_up(
    aws: Aws, open_scene: OpenScene, tmp_path: Path, example: Example
) -> None:
    values = example.documents[0]
    team = values["teams"][NAMESPACE]
    account = team["sageMaker"]["assumeRoleArn"].split(":")[4]
    provide(aws, values)
    url = values.get("aws", {}).get("eventQueueUrl", "")
    if url:
        provide_queue(aws, url, account)
    scene = open_scene(events=False, **read_environment(values, tmp_path), **as_owner())
    status = scene.finish(scene.submit(build_plain_blend(str(example))))
    assert (status["backend"], status["objective"]) == ("sageMaker", BLEND_VALUE)
    assert status["solutionRef"]["s3"]["bucket"] == team["store"]["bucket"]
    (job,) = scene.attempts(str(example))
    assert job.account == account
    assert job.region == values.get("aws", {}).get("region", job.region)


def build_plain_blend(name: str) -> Object:
    """A job that leaves it to its namespace where it is executed."""
    job = build_blend(name)
    del job["spec"]["backend"]
    return job


def as_owner() -> dict[str, str]:
    """Credentials of the account that argmin's own role is in."""
    keys = administrator(OWNER)
    return {
        "AWS_ACCESS_KEY_ID": keys["AccessKeyId"],
        "AWS_SECRET_ACCESS_KEY": keys["SecretAccessKey"],
        "ARGMIN_SOLVERS_IMAGE": IMAGE,
        "ARGMIN_SAGEMAKER_POLL_SECONDS": "1",
    }


def read_environment(values: Object, folder: Path) -> dict[str, str]:
    """The variables that the chart gives the operator with these values."""
    file = folder / "values.yaml"
    file.write_text(yaml.safe_dump(values))
    manifests = render_chart(f"--values={file}")
    (deployment,) = (each for each in manifests if each["kind"] == "Deployment")
    (container,) = deployment["spec"]["template"]["spec"]["containers"]
    settings = {each["name"]: each["value"] for each in container["env"] if "value" in each}
    # Images and the network are the test's own.
    return {
        name: value
        for name, value in settings.items()
        if name not in ("ARGMIN_SOLVERS_IMAGE", "WATCH_NAMESPACES", "ARGMIN_INTAKE_URL")
    }
