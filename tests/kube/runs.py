"""Runs as the operator and the Job controller would have made them, and the intake they talk to."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from aiohttp.test_utils import TestClient, TestServer

from argmin.api.base import LABEL_KIND, LABEL_MANAGED_BY, LABEL_NAME, MANAGER
from argmin.api.run import TOKEN_AUDIENCE
from argmin.backends.defaults import Defaults
from argmin.backends.policy import Policy
from argmin.optimization.kind import OptimizationJobKind
from argmin.plan import Manifest
from argmin.runtime.intake.progress import ProgressStore
from argmin.runtime.intake.server import Intake
from argmin.runtime.kube.client import Cluster
from tests.kube.jobs import owned_by, pod_manifest
from tests.kube.tokens import create_token
from tests.kubectl import Kubectl
from tests.refusals import MODEL

Client = TestClient[Any, Any]


def serve_intake(
    cluster: Cluster,
    progress_store: ProgressStore | None = None,
    is_leading: Callable[[], bool] = lambda: True,
) -> Client:
    """A client of an intake, to be entered."""
    kind = OptimizationJobKind(lambda _: Policy(Defaults("solvers:1", "http://intake")))
    intake = Intake(
        cluster,
        {kind.resource: kind.list_runs},
        progress_store or ProgressStore(),
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
        """A job that names its Job in its status, and a pod of that; returns the pod."""
        self.user.apply(
            {
                "apiVersion": "argmin.dev/v1alpha1",
                "kind": "OptimizationJob",
                "metadata": {"name": owner},
                "spec": {"model": MODEL},
            }
        )
        marks = {LABEL_NAME: owner, LABEL_KIND: "OptimizationJob", LABEL_MANAGED_BY: MANAGER}
        job = self.make_job(owner, f"{owner}-1", {**marks, **labels})
        self.name_run(owner, job)
        name = pod or f"{owner}-abcde"
        self.user.apply(pod_manifest(name, marks, owned_by(job)))
        return self.user.get("pod", name)

    def name_run(self, owner: str, job: Manifest) -> None:
        """Have the status of a job name its run and the Job of that."""
        named = {"runName": job["metadata"]["name"], "jobUid": job["metadata"]["uid"]}
        patch = json.dumps({"status": named})
        self.user.run(
            "patch", "opt", owner, "--subresource=status", "--type=merge", f"--patch={patch}"
        )

    def make_job(self, owner: str, name: str, labels: dict[str, str]) -> Manifest:
        """A Job with a reference to an OptimizationJob."""
        reference = owned_by(self.user.get("opt", owner))
        template = pod_manifest("run", labels, None)
        self.user.apply(
            {
                "apiVersion": "batch/v1",
                "kind": "Job",
                "metadata": {"name": name, "labels": labels, "ownerReferences": [reference]},
                "spec": {"template": {"metadata": {"labels": labels}, "spec": template["spec"]}},
            }
        )
        return self.user.get("job", name)

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
        return await create_token(self.cluster, self.user.namespace, "default", spec)
