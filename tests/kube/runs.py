"""Runs as the operator and the Job controller would have made them, and the intake they talk to."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from aiohttp.test_utils import TestClient, TestServer

from argmin.api.common import LABEL_KIND, LABEL_MANAGED_BY, LABEL_NAME, MANAGER
from argmin.api.run import TOKEN_AUDIENCE
from argmin.optimization.manifests import OPTIMIZATION_JOBS
from argmin.plan import Manifest
from argmin.runtime.cluster import Cluster
from argmin.runtime.intake import Intake
from argmin.runtime.progress import ProgressBoard
from tests.kube.jobs import owned_by, pod_manifest
from tests.kubectl import Kubectl
from tests.refusals import MODEL

Client = TestClient[Any, Any]


def serve_intake(
    cluster: Cluster,
    board: ProgressBoard | None = None,
    is_leading: Callable[[], bool] = lambda: True,
) -> Client:
    """A client of an intake, to be entered."""
    intake = Intake(
        cluster,
        [OPTIMIZATION_JOBS],
        board or ProgressBoard(),
        is_leading,
        lambda _path, _status: None,
    )
    return TestClient(TestServer(intake.build()))


@dataclass(frozen=True)
class Runs:
    """What the operator and the Job controller would have made for a job."""

    user: Kubectl
    cluster: Cluster

    def start(self, owner: str, pod: str = "", **labels: str) -> Manifest:
        """A job with its Job and a pod of it; returns the pod."""
        self.user.apply(
            {
                "apiVersion": "argmin.dev/v1alpha1",
                "kind": "OptimizationJob",
                "metadata": {"name": owner},
                "spec": {"model": MODEL},
            }
        )
        marks = {LABEL_NAME: owner, LABEL_KIND: "OptimizationJob", LABEL_MANAGED_BY: MANAGER}
        job = self._make_job(owner, {**marks, **labels})
        name = pod or f"{owner}-abcde"
        self.user.apply(pod_manifest(name, marks, owned_by(job)))
        return self.user.get("pod", name)

    def _make_job(self, owner: str, labels: dict[str, str]) -> Manifest:
        reference = owned_by(self.user.get("opt", owner))
        template = pod_manifest("run", labels, None)
        self.user.apply(
            {
                "apiVersion": "batch/v1",
                "kind": "Job",
                "metadata": {"name": owner, "labels": labels, "ownerReferences": [reference]},
                "spec": {"template": {"metadata": {"labels": labels}, "spec": template["spec"]}},
            }
        )
        return self.user.get("job", owner)

    async def token(self, pod: Manifest | None, audience: str = TOKEN_AUDIENCE) -> str:
        """The token that the kubelet would project into the pod; unbound without one."""
        spec: Manifest = {"audiences": [audience], "expirationSeconds": 600}
        if pod:
            spec["boundObjectRef"] = {
                "apiVersion": "v1",
                "kind": "Pod",
                "name": pod["metadata"]["name"],
                "uid": pod["metadata"]["uid"],
            }
        made = await self.cluster.create_token(self.user.namespace, "default", spec)
        return str(made["status"]["token"])
