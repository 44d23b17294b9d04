"""An OptimizationJob from its creation to its answer, and what the operator wrote for it."""

from __future__ import annotations

import base64

import pytest

from argmin.api.answer import Outcome, Reason, RunReport, SolveResult
from argmin.api.run import INTAKE_PATH, SOLUTION_KEY
from argmin.backends.defaults import Defaults
from argmin.backends.policy import Policy
from argmin.optimization.build_run import OPTIMIZATION_JOBS
from argmin.optimization.kind import OptimizationJobKind
from argmin.plan import Key
from argmin.runtime.kube.client import Cluster
from tests.kube.harness import AuditLog, eventually, is_idle, reconcile_again, running
from tests.kube.kubelet import Kubelet
from tests.kube.runs import serve_intake
from tests.kubectl import Kubectl, holds
from tests.refusals import MODEL

pytestmark = pytest.mark.kube

MOST_WRITES = 8
TOKEN_REVIEW = 1  # it belongs to no namespace


STEEL = {
    "apiVersion": OPTIMIZATION_JOBS.api_version,
    "kind": OPTIMIZATION_JOBS.kind,
    "metadata": {"name": "steel"},
    "spec": {"model": MODEL},
}


async def hand_in(cluster: Cluster, token: str, owner: str) -> int:
    body = {"owner": owner, "parts": {SOLUTION_KEY: base64.b64encode(b"{}").decode()}}
    async with serve_intake(cluster) as client:
        answer = await client.post(
            INTAKE_PATH, json=body, headers={"Authorization": f"Bearer {token}"}
        )
        return answer.status


async def test_a_job_from_creation_to_answer_takes_at_most_eight_writes(
    user: Kubectl, cluster: Cluster, audit: AuditLog
) -> None:
    kind = OptimizationJobKind(
        lambda _: Policy(Defaults(image="solvers:1", intake_url="http://intake"))
    )
    key = Key(OPTIMIZATION_JOBS, user.namespace, "steel")
    async with running(kind, cluster, user.namespace) as engine:
        user.apply(STEEL)
        await eventually(lambda: bool(user.list("jobs")), "the Job")
        kubelet = Kubelet(user, cluster, user.list("jobs")[0])
        kubelet.start()
        await eventually(lambda: is_idle(engine), "rest")
        assert await hand_in(cluster, await kubelet.token(), "steel") == 200
        answer = RunReport(
            succeeded=True,
            reason=Reason.OPTIMAL,
            delivered=True,
            result=SolveResult(outcome=Outcome.OPTIMAL, objective="15005.0"),
        )
        kubelet.end(answer.to_wire())
        await eventually(lambda: holds(user.get("opt", "steel"), "Complete"), "the answer")
        await eventually(lambda: is_idle(engine), "rest")
        written = [w for w in audit.writes() if w != "create serviceaccounts/token"]
        assert len(written) + TOKEN_REVIEW <= MOST_WRITES, written
        await reconcile_again(engine, key)
        await engine.resync.heal()
        await eventually(lambda: is_idle(engine), "rest")
        assert [w for w in audit.writes() if w != "create serviceaccounts/token"] == written
    status = user.get("opt", "steel")["status"]
    assert (status["state"], status["objective"]) == ("Complete", "15005.0")
    assert user.get("configmap", status["solutionRef"]["configMap"])["binaryData"] == {
        SOLUTION_KEY: "e30="
    }
