"""Who may deliver for an object, and under which name the result is kept."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from argmin.api.base import LABEL_MANAGED_BY, MANAGER
from argmin.api.run import INTAKE_PATH, LABEL_OWNER_UID, PROGRESS_PATH, SOLUTION_KEY
from argmin.optimization.build_run import OPTIMIZATION_JOBS
from argmin.runtime.intake.progress import ProgressStore
from tests.unit.runtime.intake_world import Believing, forge_token, post, serving

STEEL = {"owner": "steel", "parts": {SOLUTION_KEY: base64.b64encode(b"{}").decode()}}
TOLD = {"owner": "steel", "run": "steel-1", "progress": {"elapsedSeconds": 3}}
COMPLETE = {"type": "Complete", "status": "True"}
FAILED = {"type": "Failed", "status": "True"}


@pytest.fixture
def cluster() -> Believing:
    return Believing()


async def deliver(cluster: Believing, path: str = INTAKE_PATH, body: Any = None) -> tuple[int, str]:
    """The status of the answer, and what it says is wrong."""
    async with (
        serving(cluster) as (server, client),
        post(server, client, path, forge_token(), body or STEEL) as answer,
    ):
        return answer.status, (await answer.json()).get("error", "")


async def test_a_result_is_named_by_its_run_and_marked_with_its_owner(cluster: Believing) -> None:
    assert await deliver(cluster) == (200, "")
    (kept,) = cluster.applied
    assert kept["metadata"]["name"] == "steel-1-result"
    assert kept["metadata"]["labels"][LABEL_OWNER_UID] == "uid-steel"
    assert [o["uid"] for o in kept["metadata"]["ownerReferences"]] == ["uid-steel"]


@pytest.mark.parametrize(("path", "body"), [(INTAKE_PATH, STEEL), (PROGRESS_PATH, TOLD)])
@pytest.mark.parametrize(
    "status", [{}, {"runName": "steel-2"}, {"runName": None, "conditions": None}]
)
async def test_a_job_that_its_owner_does_not_name_is_not_heard_for_now(
    cluster: Believing, status: dict[str, Any], path: str, body: dict[str, Any]
) -> None:
    cluster.status = status
    said = "OptimizationJob steel does not name run steel-1 in its status"
    assert await deliver(cluster, path, body) == (503, said)
    assert cluster.applied == []


@pytest.mark.parametrize(("path", "body"), [(INTAKE_PATH, STEEL), (PROGRESS_PATH, TOLD)])
@pytest.mark.parametrize(
    "status",
    [
        pytest.param({"runName": "steel-1", "jobUid": "uid-of-another"}, id="another Job"),
        pytest.param({"runName": "steel-1"}, id="no Job, as while it is suspended or elsewhere"),
        pytest.param({"runName": "steel-1", "jobUid": None}, id="null"),
        pytest.param({"runName": "steel-1", "jobUid": ["uid-steel-1"]}, id="no text"),
    ],
)
async def test_a_job_of_the_name_of_the_run_that_is_not_its_own_is_asked_to_come_again(
    cluster: Believing, status: dict[str, Any], path: str, body: dict[str, Any]
) -> None:
    cluster.status = status
    said = "OptimizationJob steel does not name this Job in its status, which has UID uid-steel-1"
    assert await deliver(cluster, path, body) == (503, said)
    assert cluster.applied == []


async def test_what_the_status_names_later_is_heard_then(cluster: Believing) -> None:
    async with serving(cluster) as (server, client):
        named = {"runName": "steel-1"}
        whole = {**named, "jobUid": "uid-steel-1"}
        for status, expected in (({}, 503), (named, 503), (whole, 200)):
            cluster.status = status
            async with post(server, client, INTAKE_PATH, forge_token(), STEEL) as answer:
                assert answer.status == expected


async def test_a_complete_run_keeps_the_result_that_it_has(cluster: Believing) -> None:
    cluster.status = {"runName": "steel-1", "conditions": [COMPLETE]}
    said = "OptimizationJob steel is complete: run steel-1 delivers nothing more"
    assert await deliver(cluster) == (409, said)
    assert cluster.applied == []


async def test_a_run_that_has_failed_may_still_deliver_what_it_found(cluster: Believing) -> None:
    cluster.status = {"runName": "steel-1", "jobUid": "uid-steel-1", "conditions": [FAILED]}
    assert await deliver(cluster) == (200, "")


@pytest.mark.parametrize("phase", ["Failed", "Succeeded"])
async def test_an_attempt_that_has_ended_delivers_nothing_more(
    cluster: Believing, phase: str
) -> None:
    cluster.phase = phase
    assert await deliver(cluster) == (403, "pod steel-1-abcde has ended")


@pytest.mark.parametrize(
    ("labels", "uid"),
    [({}, "uid-steel"), ({LABEL_MANAGED_BY: MANAGER}, "uid-other"), ({}, "uid-other")],
)
async def test_a_config_map_of_anybody_else_is_left_alone(
    cluster: Believing, labels: dict[str, str], uid: str
) -> None:
    cluster.config_map = {"metadata": {"labels": labels, "ownerReferences": [{"uid": uid}]}}
    said = "ConfigMap steel-1-result is there and not of steel: rename or remove it"
    assert await deliver(cluster) == (409, said)
    assert cluster.applied == []


async def test_an_earlier_attempt_of_the_run_gives_way(cluster: Believing) -> None:
    labels = {LABEL_MANAGED_BY: MANAGER}
    cluster.config_map = {"metadata": {"labels": labels, "ownerReferences": [{"uid": "uid-steel"}]}}
    assert await deliver(cluster) == (200, "")


@pytest.mark.parametrize(
    ("namespaced", "owner"),
    [(True, "OptimizationJob team/steel"), (False, "OptimizationJob steel")],
)
async def test_a_run_may_belong_to_an_owner_of_the_whole_cluster(
    cluster: Believing, namespaced: bool, owner: str
) -> None:
    reports = ProgressStore()
    async with serving(cluster, reports, namespaced=namespaced) as (server, client):
        for path, body in ((INTAKE_PATH, STEEL), (PROGRESS_PATH, TOLD)):
            async with post(server, client, path, forge_token(), body) as answer:
                assert answer.status == 200
    assert owner in cluster.read
    key = OPTIMIZATION_JOBS.key("team" if namespaced else "", "steel")
    assert reports.read(key, "uid-steel", "steel-1")
    (kept,) = cluster.applied
    assert kept["metadata"]["namespace"] == "team"
