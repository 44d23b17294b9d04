"""A kubelet's part, done by hand: there are no nodes in these tests."""

from __future__ import annotations

import json

from argmin.api.run import TOKEN_AUDIENCE
from argmin.plan import Manifest
from argmin.runtime.kube.client import Cluster
from tests.kube.jobs import owned_by
from tests.kube.tokens import create_token
from tests.kubectl import Kubectl


class Kubelet:
    """What the Job controller and a kubelet would do for one pod, done by hand."""

    def __init__(self, user: Kubectl, cluster: Cluster, job: Manifest) -> None:
        self._user = user
        self._cluster = cluster
        self._name = f"{job['metadata']['name']}-abcde"
        template = job["spec"]["template"]
        metadata = {**template["metadata"], "name": self._name, "ownerReferences": [owned_by(job)]}
        pod = {"apiVersion": "v1", "kind": "Pod", **template, "metadata": metadata}
        user.create(pod)
        self._container = template["spec"]["containers"][0]["name"]

    def report(self, phase: str, state: Manifest) -> None:
        status = {
            "name": self._container,
            "ready": phase == "Running",
            "restartCount": 0,
            "image": "",
            "imageID": "",
            "state": state,
        }
        patch = {"status": {"phase": phase, "containerStatuses": [status]}}
        self._user.run(
            "patch", "pod", self._name, "--subresource=status", f"--patch={json.dumps(patch)}"
        )

    async def token(self) -> str:
        pod = self._user.get("pod", self._name)
        bound = {"apiVersion": "v1", "kind": "Pod", "name": self._name}
        account = pod["spec"].get("serviceAccountName", "default")
        spec = {
            "audiences": [TOKEN_AUDIENCE],
            "boundObjectRef": {**bound, "uid": pod["metadata"]["uid"]},
        }
        return await create_token(self._cluster, self._user.namespace, account, spec)

    def start(self) -> None:
        """The container runs."""
        self.report("Running", {"running": {"startedAt": "2026-11-22T08:00:00Z"}})

    def end(self, answer: Manifest) -> None:
        """The container ends with an answer, a second after it started."""
        ended = {
            "exitCode": 0,
            "startedAt": "2026-11-22T08:00:00Z",
            "finishedAt": "2026-11-22T08:00:01Z",
            "message": json.dumps(answer),
        }
        self.report("Succeeded", {"terminated": ended})
