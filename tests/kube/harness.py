"""Running the engine in a test, waiting for what it does, and reading what it wrote."""

from __future__ import annotations

import asyncio
import json
import re
import signal
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from argmin.backends.defaults import Defaults
from argmin.backends.policy import Policy
from argmin.backends.registry import Backends
from argmin.kinds import Environment
from argmin.plan import Key, Kind, Manifest, Resource
from argmin.runtime.controller.engine import Engine
from argmin.runtime.kube.client import Cluster
from argmin.runtime.telemetry.metrics import Metrics

TIMEOUT = 20.0

_VOLATILE = {"resourceVersion", "managedFields", "generation"}
_IDENTITY = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")


async def eventually(
    holds: Callable[[], bool] | Callable[[], Awaitable[bool]], what: str, timeout: float = TIMEOUT
) -> None:
    """Return once something holds; fail where it does not within `timeout` seconds."""
    deadline = time.monotonic() + timeout
    while True:
        answer = holds()
        if answer if isinstance(answer, bool) else await answer:
            return
        assert time.monotonic() < deadline, f"waited {timeout:g} s in vain: {what}"
        await asyncio.sleep(0.02)


ENVIRONMENT = Environment(
    lambda _: Policy(Defaults(image="solvers:1", intake_url="http://intake")), Backends()
)
"""What kinds are given to work with, where nothing is outside the cluster."""


@asynccontextmanager
async def running(
    kind: Kind[Any, Any, Any],
    cluster: Cluster,
    namespace: str,
    metrics: Metrics | None = None,
    **options: Any,
) -> AsyncIterator[Engine]:
    """An engine at work on one namespace, or on all without one, synced and watching."""
    engine = Engine((kind,), cluster, metrics or Metrics(), filter(None, [namespace]), **options)
    started = asyncio.Event()
    task = asyncio.create_task(engine.run(on_started=lambda: _take_back_signals(started)))
    try:
        await asyncio.wait(
            {task, asyncio.ensure_future(started.wait())}, return_when=asyncio.FIRST_COMPLETED
        )
        yield engine
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


def _take_back_signals(started: asyncio.Event) -> None:
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().remove_signal_handler(number)
    started.set()


def is_idle(engine: Engine) -> bool:
    """Whether nothing waits or runs, as far as the engine knows."""
    return engine.queue.depth == 0 and not engine.queue.running_longer_than(-1.0)


async def reconcile_again(engine: Engine, key: Key) -> None:
    """Wake a key, and wait until it has run and nothing came of it."""
    engine.queue.add(key)
    await eventually(lambda: is_idle(engine), f"{key} is at rest")


@dataclass(frozen=True)
class AuditLog:
    """The API server's own record of what the operator wrote into one namespace."""

    path: Path
    namespace: str
    """Empty for all, and for what belongs to none."""

    def writes(self) -> list[str]:
        """Each write as `verb resource/subresource`, in order; refused ones count too."""
        return [
            " ".join((entry["verb"], _name_target(entry["objectRef"])))
            for entry in self._entries()
            if entry["verb"] in ("create", "update", "patch", "delete")
        ]

    def _entries(self) -> Iterable[Manifest]:
        for line in self.path.read_text().splitlines():
            entry = json.loads(line)
            if (
                entry["stage"] == "ResponseComplete"
                and entry.get("userAgent") == "argmin"
                and self.namespace in ("", entry.get("objectRef", {}).get("namespace"))
            ):
                yield entry


def _name_target(reference: Manifest) -> str:
    return "/".join(filter(None, (reference["resource"], reference.get("subresource"))))


class CrashError(BaseException):
    """The process died here, as far as the engine can tell."""


class CrashingCluster(Cluster):
    """A cluster whose client dies right after its n-th write has arrived."""

    writes_left: int | None = None

    async def _send(self, call: Any) -> Manifest:
        if self.writes_left is not None and self.writes_left <= 0:
            raise CrashError
        answer = await super()._send(call)
        if self.writes_left is not None and call.method != "GET":
            self.writes_left -= 1
            if self.writes_left == 0:
                raise CrashError
        return answer

    @property
    def has_crashed(self) -> bool:
        return self.writes_left is not None and self.writes_left <= 0


def settle(manifest: Manifest) -> Manifest:
    """An object without what differs from run to run: versions, identities and moments."""
    metadata = {k: v for k, v in manifest["metadata"].items() if k not in _VOLATILE}
    text = json.dumps({**manifest, "metadata": metadata})
    settled: Manifest = json.loads(_MOMENT.sub("a-moment", _IDENTITY.sub("an-identity", text)))
    return settled


async def snapshot(
    cluster: Cluster, namespace: str, resources: Iterable[Resource]
) -> dict[str, list[Manifest]]:
    """All objects of some types in a namespace, settled."""
    return {
        resource.plural: [settle(m) for m in await cluster.list_all(resource, namespace)]
        for resource in resources
    }
