"""The intake, with real tokens: who may hand in what, and where it is kept."""

from __future__ import annotations

import base64
import gzip
from collections.abc import AsyncIterator

import pytest

from argmin.api.base import LABEL_MANAGED_BY, LABEL_NAME, MANAGER
from argmin.api.run import INTAKE_PATH, LOG_KEY, RESULT_LIMIT_BYTES, SOLUTION_KEY
from argmin.runtime.kube.client import Cluster
from tests.kube.harness import AuditLog
from tests.kube.jobs import owned_by, pod_manifest
from tests.kube.runs import Client, Runs, serve_intake
from tests.kubectl import Kubectl

pytestmark = pytest.mark.kube


def encode(text: str) -> str:
    return base64.b64encode(gzip.compress(text.encode(), mtime=0)).decode()


@pytest.fixture
def runs(user: Kubectl, cluster: Cluster) -> Runs:
    return Runs(user, cluster)


@pytest.fixture
async def intake(cluster: Cluster) -> AsyncIterator[Client]:
    async with serve_intake(cluster) as client:
        yield client


async def deliver(
    intake: Client, token: str, owner: str, parts: dict[str, str]
) -> tuple[int, dict[str, str]]:
    response = await intake.post(
        INTAKE_PATH,
        json={"owner": owner, "parts": parts},
        headers={"Authorization": f"Bearer {token}"},
    )
    return response.status, await response.json()


async def test_a_result_is_kept_in_a_config_map_that_the_job_owns(
    runs: Runs, intake: Client, audit: AuditLog
) -> None:
    token = await runs.token(runs.start("steel"))
    answer = await deliver(intake, token, "steel", {SOLUTION_KEY: encode("15005.0")})
    assert answer == (200, {"configMap": "steel-1-result"})
    kept = runs.user.get("configmap", "steel-1-result")
    assert gzip.decompress(base64.b64decode(kept["binaryData"][SOLUTION_KEY])) == b"15005.0"
    owner = kept["metadata"]["ownerReferences"][0]
    assert owner["kind"] == "OptimizationJob"
    assert owner["uid"] == runs.user.get("opt", "steel")["metadata"]["uid"]
    assert kept["metadata"]["labels"][LABEL_NAME] == "steel"
    assert audit.writes() == ["create serviceaccounts/token", "patch configmaps"]


async def test_a_later_delivery_takes_the_place_of_an_earlier_one(
    runs: Runs, intake: Client
) -> None:
    token = await runs.token(runs.start("steel"))
    await deliver(intake, token, "steel", {SOLUTION_KEY: encode("old"), LOG_KEY: encode("log")})
    for _ in range(2):
        status, _ = await deliver(intake, token, "steel", {SOLUTION_KEY: encode("new")})
        assert status == 200
    kept = runs.user.get("configmap", "steel-1-result")
    assert kept["binaryData"] == {SOLUTION_KEY: encode("new")}


async def test_a_job_that_is_not_the_one_of_the_status_delivers_nothing(
    runs: Runs, intake: Client
) -> None:
    runs.start("steel")
    marks = {LABEL_NAME: "steel", LABEL_MANAGED_BY: MANAGER}
    forged = runs.make_job("steel", "forged", marks)
    runs.user.apply(pod_manifest("impostor", marks, owned_by(forged)))
    token = await runs.token(runs.user.get("pod", "impostor"))
    status, said = await deliver(intake, token, "steel", {SOLUTION_KEY: encode("x")})
    assert status == 503
    assert said["error"] == "OptimizationJob steel does not name run forged in its status"
    assert runs.user.find("configmap", "forged-result") is None


async def test_a_config_map_of_somebody_else_is_left_alone(runs: Runs, intake: Client) -> None:
    mine = {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": "steel-1-result"},
        "data": {"mine": "yes"},
    }
    runs.user.apply(mine)
    token = await runs.token(runs.start("steel"))
    status, said = await deliver(intake, token, "steel", {SOLUTION_KEY: encode("new")})
    assert status == 409
    assert "steel-1-result is there and not of steel" in said["error"]
    assert "binaryData" not in runs.user.get("configmap", "steel-1-result")


async def test_a_token_for_another_audience_is_refused(runs: Runs, intake: Client) -> None:
    token = await runs.token(runs.start("steel"), "https://kubernetes.default.svc")
    status, said = await deliver(intake, token, "steel", {})
    assert (status, said["error"]) == (401, "the token is not valid for audience argmin.dev")


@pytest.mark.parametrize(
    "header", [{}, {"Authorization": "Basic YQ=="}, {"Authorization": "Bearer "}]
)
async def test_a_delivery_without_a_token_is_refused(
    intake: Client, header: dict[str, str]
) -> None:
    response = await intake.post(INTAKE_PATH, json={}, headers=header)
    assert response.status == 401
    assert "Authorization: Bearer" in (await response.json())["error"]


async def test_a_forged_token_is_refused(intake: Client) -> None:
    status, _ = await deliver(intake, "eyJhbGciOiJub25lIn0.e30.", "steel", {})
    assert status == 401


async def test_a_token_that_is_bound_to_no_pod_is_refused(runs: Runs, intake: Client) -> None:
    status, said = await deliver(intake, await runs.token(None), "steel", {})
    assert (status, said["error"]) == (403, "the token is not bound to a pod")


async def test_a_pod_cannot_hand_in_for_another_job(runs: Runs, intake: Client) -> None:
    runs.start("steel")
    token = await runs.token(runs.start("other"))
    status, said = await deliver(intake, token, "steel", {SOLUTION_KEY: encode("x")})
    assert (status, said["error"]) == (403, "pod other-abcde does not belong to steel")
    assert runs.user.find("configmap", "steel-1-result") is None


async def test_a_pod_that_only_wears_the_label_is_refused(runs: Runs, intake: Client) -> None:
    runs.start("steel")
    runs.user.apply(pod_manifest("impostor", {LABEL_NAME: "steel"}, None))
    token = await runs.token(runs.user.get("pod", "impostor"))
    status, said = await deliver(intake, token, "steel", {SOLUTION_KEY: encode("x")})
    assert (status, said["error"]) == (403, "pod impostor belongs to no Job")


async def test_a_job_that_argmin_does_not_manage_is_refused(runs: Runs, intake: Client) -> None:
    token = await runs.token(runs.start("steel", **{LABEL_MANAGED_BY: "somebody"}))
    status, said = await deliver(intake, token, "steel", {SOLUTION_KEY: encode("x")})
    assert (status, said["error"]) == (403, "Job steel-1 is not argmin's")


async def test_the_token_of_a_pod_that_is_gone_is_refused(runs: Runs, intake: Client) -> None:
    token = await runs.token(runs.start("steel"))
    runs.user.delete("pod", "steel-abcde", "--force")
    status, _ = await deliver(intake, token, "steel", {})
    assert status == 401


async def test_a_result_of_the_largest_size_is_kept_and_a_larger_one_refused(
    runs: Runs, intake: Client
) -> None:
    token = await runs.token(runs.start("steel"))
    largest = base64.b64encode(bytes(RESULT_LIMIT_BYTES)).decode()
    status, _ = await deliver(intake, token, "steel", {SOLUTION_KEY: largest})
    assert status == 200
    larger = base64.b64encode(bytes(RESULT_LIMIT_BYTES + 1)).decode()
    status, said = await deliver(intake, token, "steel", {SOLUTION_KEY: larger})
    assert status == 413
    assert f"at most {RESULT_LIMIT_BYTES}" in said["error"]
    status, said = await deliver(intake, token, "steel", {SOLUTION_KEY: larger * 2})
    assert status == 413
    assert said["error"].startswith("the body is over")


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("no json", "the body is no delivery"),
        ('{"owner": "steel"}', "the body is no delivery"),
        ('{"owner": "steel", "parts": {"run.log.gz": "%%%"}}', "part run.log.gz is not base64"),
        ('{"owner": "steel", "parts": {"run.log.gz": "µ"}}', "part run.log.gz is not base64"),
        (
            '{"owner": "steel", "parts": {"a/b": "YQ=="}}',
            "the body is no delivery: send owner and parts (solution.json.gz, ",
        ),
    ],
)
async def test_a_body_that_is_no_delivery_is_refused(
    runs: Runs, intake: Client, body: str, said: str
) -> None:
    token = await runs.token(runs.start("steel"))
    response = await intake.post(
        INTAKE_PATH, data=body, headers={"Authorization": f"Bearer {token}"}
    )
    assert response.status == 422
    assert (await response.json())["error"].startswith(said)
