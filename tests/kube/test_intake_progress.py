"""The intake takes progress where it is written down, from whom it belongs to, and asks rarely."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Any

import pytest

from argmin.api.base import LABEL_MANAGED_BY
from argmin.api.progress import Progress
from argmin.api.run import PROGRESS_PATH
from argmin.backends.defaults import Defaults
from argmin.backends.policy import Policy
from argmin.optimization.build_run import OPTIMIZATION_JOBS
from argmin.optimization.kind import OptimizationJobKind
from argmin.plan import Key
from argmin.runtime.intake.authentication import MEMORY_SECONDS, Authenticator
from argmin.runtime.intake.progress import ProgressStore
from argmin.runtime.kube.client import Cluster
from tests.kube.runs import Client, Runs, serve_intake
from tests.kubectl import Kubectl

pytestmark = pytest.mark.kube

SEARCH = {"objective": "16000", "bestBound": "14000", "gap": "0.125"}
PROGRESS = {"search": SEARCH, "elapsedSeconds": 3}


class Counted(Cluster):
    """A cluster that counts what it is asked."""

    calls = 0

    async def _send(self, call: Any) -> Any:
        self.calls += 1
        return await super()._send(call)


@pytest.fixture
async def counted(administrator: Kubectl) -> AsyncIterator[Counted]:
    cluster = await Counted.connect(str(administrator.kubeconfig))
    assert isinstance(cluster, Counted)
    async with cluster:
        yield cluster


@pytest.fixture
def runs(user: Kubectl, cluster: Cluster) -> Runs:
    return Runs(user, cluster)


@pytest.fixture
def progress_store() -> ProgressStore:
    return ProgressStore()


@pytest.fixture
async def intake(counted: Counted, progress_store: ProgressStore) -> AsyncIterator[Client]:
    async with serve_intake(counted, progress_store) as client:
        yield client


async def tell(
    intake: Client, token: str, owner: str, progress: dict[str, Any] | None = None
) -> tuple[int, str]:
    """The status of the answer, and what it says is wrong."""
    body = {"owner": owner, "run": owner, "progress": progress or PROGRESS}
    return await post(intake, token, json.dumps(body))


async def post(intake: Client, token: str, body: str) -> tuple[int, str]:
    response = await intake.post(
        PROGRESS_PATH, data=body, headers={"Authorization": f"Bearer {token}"}
    )
    return response.status, (await response.json()).get("error", "")


async def test_progress_is_on_the_board_with_the_pod_that_told_it(
    runs: Runs, intake: Client, progress_store: ProgressStore
) -> None:
    token = await runs.token(runs.start("steel"))
    assert await tell(intake, token, "steel") == (200, "")
    uid = runs.user.get("opt", "steel")["metadata"]["uid"]
    key = Key(OPTIMIZATION_JOBS, runs.user.namespace, "steel")
    heard = progress_store.read(key, uid, "steel-1")
    assert heard is not None
    assert heard.attempt == "steel-abcde"
    assert heard.progress == Progress.model_validate(PROGRESS)


async def test_the_api_server_is_asked_once_a_minute_whatever_is_told(
    runs: Runs, intake: Client, counted: Counted
) -> None:
    token = await runs.token(runs.start("steel"))
    await tell(intake, token, "steel")
    asked = counted.calls
    for nodes in range(20):
        status, _ = await tell(intake, token, "steel", {"search": {**SEARCH, "nodes": nodes}})
        assert status in (200, 429)
    assert (asked, counted.calls) == (4, 4)


async def test_after_a_minute_a_sender_is_asked_again_who_it_is(
    runs: Runs, counted: Counted
) -> None:
    now = 0.0
    kind = OptimizationJobKind(lambda _: Policy(Defaults("solvers:1", "http://intake")))
    senders = Authenticator(counted, {kind.resource: kind.list_runs}, lambda: now)
    token = await runs.token(runs.start("steel"))
    await senders.authenticate_cached(token)
    now = MEMORY_SECONDS - 1
    await senders.authenticate_cached(token)
    assert counted.calls == 4
    now = MEMORY_SECONDS
    await senders.authenticate_cached(token)
    assert counted.calls == 8


async def test_a_process_that_does_not_lead_says_so_without_asking_anybody(
    runs: Runs, counted: Counted, progress_store: ProgressStore
) -> None:
    token = await runs.token(runs.start("steel"))
    async with serve_intake(counted, progress_store, is_leading=lambda: False) as standby:
        assert await tell(standby, token, "steel") == (503, "not leading")
    assert (counted.calls, progress_store.size) == (0, 0)


async def test_a_forged_token_is_refused(intake: Client, progress_store: ProgressStore) -> None:
    status, said = await tell(intake, "eyJhbGciOiJub25lIn0.e30.", "steel")
    assert (status, said) == (401, "the token is not valid for audience argmin.dev")
    assert progress_store.size == 0


async def test_a_pod_cannot_tell_of_another_job_even_when_it_is_known(
    runs: Runs, intake: Client, progress_store: ProgressStore
) -> None:
    runs.start("steel")
    token = await runs.token(runs.start("other"))
    assert await tell(intake, token, "other") == (200, "")
    assert await tell(intake, token, "steel") == (403, "pod other-abcde does not belong to steel")
    assert progress_store.size == 1


async def test_a_job_that_argmin_does_not_manage_is_refused(runs: Runs, intake: Client) -> None:
    token = await runs.token(runs.start("steel", **{LABEL_MANAGED_BY: "somebody"}))
    assert await tell(intake, token, "steel") == (403, "Job steel-1 is not argmin's")


@pytest.mark.parametrize(
    ("progress", "said"),
    [
        ({"search": {"objective": "NaN"}}, "progress.search.objective: 'NaN' is no decimal number"),
        (
            {"search": {"bestBound": "-Infinity"}},
            "progress.search.bestBound: '-Infinity' is no decimal number",
        ),
        ({"search": {"gap": "a lot"}}, "progress.search.gap: 'a lot' is no decimal number"),
        (
            {"search": {"nodes": 10**30}},
            "the body is no report: send owner, run and progress as JSON",
        ),
        ({"elapsedSeconds": -1}, "the body is no report: send owner, run and progress as JSON"),
    ],
)
async def test_what_no_status_could_hold_is_refused(
    runs: Runs, intake: Client, progress_store: ProgressStore, progress: dict[str, Any], said: str
) -> None:
    token = await runs.token(runs.start("steel"))
    assert await tell(intake, token, "steel", progress) == (422, said)
    assert progress_store.size == 0


async def test_a_body_that_is_no_report_is_refused(runs: Runs, intake: Client) -> None:
    token = await runs.token(runs.start("steel"))
    said = "the body is no report: send owner, run and progress as JSON"
    assert await post(intake, token, "no json") == (422, said)
    assert await post(intake, token, '{"owner": "steel"}') == (422, said)


async def test_a_large_body_is_refused(runs: Runs, intake: Client) -> None:
    token = await runs.token(runs.start("steel"))
    assert await post(intake, token, " " * 20_000) == (413, "the body is over 16384 bytes")
