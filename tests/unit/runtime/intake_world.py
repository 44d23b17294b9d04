"""An intake over real HTTP, before an API server that believes every token and counts its calls."""

from __future__ import annotations

import asyncio
import base64
import json
import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

from aiohttp import ClientSession
from aiohttp.test_utils import TestServer

from argmin.api.base import LABEL_MANAGED_BY, MANAGER
from argmin.api.run import INTAKE_PATH, TOKEN_AUDIENCE
from argmin.backends.defaults import Defaults
from argmin.backends.policy import Policy
from argmin.optimization.build_run import OPTIMIZATION_JOBS
from argmin.optimization.kind import OptimizationJobKind
from argmin.plan import Key, Manifest
from argmin.runtime.intake.progress import ProgressStore
from argmin.runtime.intake.server import Intake
from tests.kube.jobs import owned_by

_OPEN: list[asyncio.StreamWriter] = []

EXTRA = "authentication.kubernetes.io/pod-"


def forge_token(
    pod: str = "steel-1-abcde", namespace: str = "team", binding: Any = None, **changes: Any
) -> str:
    """A token as the kubelet would project it into a pod; nobody has signed it."""
    claims = {
        "aud": [TOKEN_AUDIENCE],
        "exp": time.time() + 600,
        "sub": f"system:serviceaccount:{namespace}:default",
        "kubernetes.io": binding
        or {"namespace": namespace, "pod": {"name": pod, "uid": f"uid-{pod}"}},
        **changes,
    }
    parts = (b'{"alg":"RS256"}', json.dumps(claims).encode(), b"signature")
    return ".".join(base64.urlsafe_b64encode(part).decode().rstrip("=") for part in parts)


class Believing:
    """An API server with pods named `<job>-1-…`, of Jobs `<job>-1`, of OptimizationJobs `<job>`."""

    def __init__(self) -> None:
        self.calls: Counter[str] = Counter()
        self.applied: list[Manifest] = []
        self.read: list[str] = []
        self.believes = True
        self.phase = "Running"
        self.status: Manifest | None = None
        """Of every OptimizationJob; one that names run `<job>-1` where there is none."""
        self.config_map: Manifest | None = None

    async def create(self, _resource: Any, manifest: Manifest) -> Manifest:
        """Review a token."""
        self.calls["review"] += 1
        if not self.believes:
            return {"status": {"authenticated": False}}
        payload = manifest["spec"]["token"].split(".")[1]
        claims = json.loads(base64.urlsafe_b64decode(payload + "=="))
        pod = claims["kubernetes.io"]["pod"]
        extra = {f"{EXTRA}name": [pod["name"]], f"{EXTRA}uid": [pod["uid"]]}
        user = {"username": claims["sub"], "extra": extra}
        return {"status": {"authenticated": True, "audiences": [TOKEN_AUDIENCE], "user": user}}

    async def get(self, key: Key) -> Manifest | None:
        """A pod, a Job or an OptimizationJob of that name."""
        self.calls[key.resource.kind] += 1
        self.read.append(str(key))
        if key.resource.kind == "ConfigMap":
            return self.config_map
        metadata: Manifest = {"name": key.name, "namespace": key.namespace}
        found: Manifest = {
            "apiVersion": key.resource.api_version,
            "kind": key.resource.kind,
            "metadata": {**metadata, "uid": f"uid-{key.name}"},
        }
        if key.resource == OPTIMIZATION_JOBS:
            named = {"runName": f"{key.name}-1", "jobUid": f"uid-{key.name}-1"}
            found["status"] = named if self.status is None else self.status
        if key.resource.kind == "Pod":
            found["status"] = {"phase": self.phase}
            found["metadata"]["ownerReferences"] = [_refer("batch/v1", "Job", key.name)]
        elif key.resource.kind == "Job":
            found["metadata"]["labels"] = {LABEL_MANAGED_BY: MANAGER}
            api_version, kind = OPTIMIZATION_JOBS.api_version, OPTIMIZATION_JOBS.kind
            found["metadata"]["ownerReferences"] = [_refer(api_version, kind, key.name)]
        return found

    async def apply(self, _resource: Any, manifest: Manifest) -> Manifest:
        """Keep what is written."""
        self.applied.append(manifest)
        return manifest


def _refer(api_version: str, kind: str, child: str) -> Manifest:
    name = child.rpartition("-")[0]
    metadata = {"name": name, "uid": f"uid-{name}"}
    return owned_by({"apiVersion": api_version, "kind": kind, "metadata": metadata})


@asynccontextmanager
async def serving(
    cluster: Any, store: ProgressStore | None = None, *, namespaced: bool = True
) -> AsyncIterator[tuple[TestServer, ClientSession]]:
    """An intake before this API server, and a client that is not tied to it."""
    kind = OptimizationJobKind(lambda _: Policy(Defaults("solvers:1", "http://intake")))
    owners = {replace(kind.resource, namespaced=namespaced): kind.list_runs}
    reports = store or ProgressStore()
    intake = Intake(cluster, owners, reports, lambda: True, lambda _path, _status: None)
    server = TestServer(intake.build())
    async with server, ClientSession() as client:
        yield server, client
        while _OPEN:  # or the server would wait for them before it ends
            _OPEN.pop().close()


async def begin_slowly(server: TestServer, token: str, size: int) -> asyncio.StreamReader:
    """Send the head of a delivery, and nothing of its body; what is answered can be read."""
    reader, writer = await asyncio.open_connection(server.host, server.port)
    head = (
        f"POST {INTAKE_PATH} HTTP/1.1",
        f"Host: {server.host}",
        f"Authorization: Bearer {token}",
        f"Content-Length: {size}",
    )
    writer.write("\r\n".join([*head, "", ""]).encode())
    await writer.drain()
    _OPEN.append(writer)
    return reader


async def read_status(reader: asyncio.StreamReader) -> int:
    """The status of the answer on a connection."""
    return int((await reader.readline()).split()[1])


def post(server: TestServer, client: ClientSession, path: str, token: str, body: Any) -> Any:
    """A POST; to be awaited or entered."""
    data = body if isinstance(body, str | bytes) else json.dumps(body)
    return client.post(
        server.make_url(path), data=data, headers={"Authorization": f"Bearer {token}"}
    )
