"""From what a run tells to the status and the gauges, at its pace, and gone with the run."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest

from argmin.api.answer import Outcome, Reason, RunReport, SolveResult
from argmin.api.optimization.info import OPTIMIZATION_JOB
from argmin.api.run import PROGRESS_PATH
from argmin.backends.defaults import Defaults
from argmin.backends.policy import Policy
from argmin.optimization.build_run import OPTIMIZATION_JOBS
from argmin.optimization.kind import OptimizationJobKind
from argmin.plan import Key, Manifest
from argmin.runtime.controller.engine import Engine
from argmin.runtime.intake.progress import ProgressStore
from argmin.runtime.kube.client import Cluster
from argmin.runtime.telemetry.metrics import Metrics
from tests.kube.harness import AuditLog, eventually, is_idle, reconcile_again, running
from tests.kube.kubelet import Kubelet
from tests.kube.runs import Client, serve_intake
from tests.kubectl import Kubectl
from tests.refusals import MODEL

pytestmark = pytest.mark.kube

STATUS = "patch optimizationjobs/status"
OPTIMAL = RunReport(
    succeeded=True,
    reason=Reason.OPTIMAL,
    delivered=True,
    result=SolveResult(outcome=Outcome.OPTIMAL, objective="15005.0"),
)


@dataclass
class Search:
    """A job whose pod runs, what tells of its search, and what can be seen of it."""

    user: Kubectl
    cluster: Cluster
    engine: Engine
    intake: Client
    audit: AuditLog
    metrics: Metrics
    now: list[float]
    kubelet: Kubelet = field(init=False)
    token: str = field(init=False)

    async def begin(self) -> None:
        self.user.apply(
            {
                "apiVersion": OPTIMIZATION_JOBS.api_version,
                "kind": OPTIMIZATION_JOBS.kind,
                "metadata": {"name": "steel"},
                "spec": {"model": MODEL},
            }
        )
        await eventually(lambda: bool(self.user.list("jobs")), "the Job")
        self.kubelet = Kubelet(self.user, self.cluster, self.user.list("jobs")[0])
        self.kubelet.start()
        await eventually(lambda: self.status.get("state") == "Running", "the run")
        await self.rest()
        self.token = await self.kubelet.token()

    async def tell(self, objective: str) -> None:
        progress = {"objective": objective, "bestBound": "14000", "gap": "0.125"}
        answer = await self.intake.post(
            PROGRESS_PATH,
            json={"owner": "steel", "run": "steel", "progress": {"search": progress}},
            headers={"Authorization": f"Bearer {self.token}"},
        )
        assert answer.status == 200

    async def see(self, objective: str) -> None:
        """Wait until the status tells of an incumbent."""
        await eventually(
            lambda: self.status.get("progress", {}).get("objective") == objective,
            f"objective {objective}",
        )

    async def rest(self) -> None:
        await eventually(lambda: is_idle(self.engine), "rest")

    @property
    def status(self) -> Manifest:
        status: Manifest = self.user.get("opt", "steel").get("status", {})
        return status

    @property
    def writes(self) -> int:
        return self.audit.writes().count(STATUS)

    def gauge(self, name: str) -> float | None:
        labels = {"namespace": self.user.namespace, "name": "steel"}
        return self.metrics.registry.get_sample_value(f"argmin_solve_{name}", labels)


@asynccontextmanager
async def searching(user: Kubectl, cluster: Cluster, audit: AuditLog) -> AsyncIterator[Search]:
    now = [0.0]
    progress_store = ProgressStore(lambda: now[0])
    metrics = Metrics([OPTIMIZATION_JOB])
    defaults = Defaults(image="solvers:1", intake_url="http://intake")
    kind = OptimizationJobKind(lambda _: Policy(defaults), progress_of=progress_store.read)
    options: dict[str, Any] = {"progress_store": progress_store, "metrics": metrics}
    async with (
        running(kind, cluster, user.namespace, **options) as engine,
        serve_intake(cluster, progress_store) as intake,
    ):
        search = Search(user, cluster, engine, intake, audit, metrics, now)
        await search.begin()
        yield search


async def test_progress_is_in_the_status_and_in_the_gauges_while_the_run_goes_on(
    user: Kubectl, cluster: Cluster, audit: AuditLog
) -> None:
    async with searching(user, cluster, audit) as search:
        assert search.gauge("objective") is None
        await search.tell("16000")
        await search.see("16000")
        await search.rest()
        assert search.gauge("objective") == 16000.0
        assert search.gauge("bound") == 14000.0
        assert search.gauge("gap_ratio") == 0.125
        search.kubelet.end(OPTIMAL.to_wire())
        await eventually(lambda: search.status.get("state") == "Complete", "the answer")
        await search.rest()
        assert "progress" not in search.status
        assert search.gauge("objective") is None


async def test_what_is_told_within_a_second_is_one_write(
    user: Kubectl, cluster: Cluster, audit: AuditLog
) -> None:
    async with searching(user, cluster, audit) as search:
        before = search.writes
        await search.tell("16000")
        await search.see("16000")
        for objective in ("15900", "15800", "15700"):
            await search.tell(objective)
        search.now[0] = 1.0
        await search.see("15700")
        await search.rest()
        assert search.writes == before + 2


async def test_a_second_reconcile_writes_nothing(
    user: Kubectl, cluster: Cluster, audit: AuditLog
) -> None:
    async with searching(user, cluster, audit) as search:
        await search.tell("16000")
        await search.see("16000")
        await search.rest()
        written = audit.writes()
        await reconcile_again(search.engine, Key(OPTIMIZATION_JOBS, user.namespace, "steel"))
        assert audit.writes() == written
