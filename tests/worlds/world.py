"""A cluster, its users, and an operator: the real engine on an API server in memory.

Time is virtual: it passes only in `settle`, and hours of it at once.
"""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Callable, Collection, Iterable
from datetime import UTC, datetime, timedelta
from typing import Any, cast

from argmin.backends.defaults import Defaults
from argmin.backends.policy import Policy
from argmin.backends.registry import Backends
from argmin.kinds import Environment, Registration
from argmin.plan import Key, Manifest, Resource
from argmin.runtime.controller.engine import Engine
from argmin.runtime.intake.progress import ProgressStore
from argmin.runtime.kube.client import Cluster
from argmin.runtime.telemetry.metrics import Metrics
from tests.worlds.api_server import ApiServer
from tests.worlds.client import Client, CrashError
from tests.worlds.virtual_time import VirtualTimeLoop

START = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
SETTLE = 10.0
"""Virtual seconds after which all that follows from a change without a wait has been done."""

_VOLATILE = {"resourceVersion", "generation", "managedFields"}
_DURATION = re.compile(r'"activeSeconds": \d+')
_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")


class World:
    """Everything moves only in `settle`; use it as a context manager."""

    def __init__(
        self, *kinds: Callable[[World], Registration], namespaces: Iterable[str] = ()
    ) -> None:
        """The kinds are built anew with each process of the operator, which remembers nothing."""
        self.images: dict[str, str] = {}
        """The policy of this cluster: the default image by namespace."""
        self._kinds = kinds
        self._namespaces = tuple(namespaces)
        self._runner = asyncio.Runner(loop_factory=VirtualTimeLoop)
        self._loop = self._runner.get_loop()
        self.server = ApiServer(lambda: self.now)
        self.server.listeners.append(self._hear)
        self._watched: dict[Resource, asyncio.Queue[tuple[str, Manifest]]] = {}
        self.outside: dict[str, Any] = {}
        """What is outside the cluster, and outlives the operator."""
        self._leading: asyncio.Task[None] | None = None

    def __enter__(self) -> World:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()
        self._runner.close()

    @property
    def now(self) -> datetime:
        """Whole seconds, as Kubernetes has them in its objects."""
        return START + timedelta(seconds=int(self._loop.time()))

    # The operator.

    def start(self, crash_after: int | None = None) -> None:
        """Start a process of the operator; it may die right after some of its writes."""
        self.client = Client(self.server, crash_after)
        self.progress = ProgressStore()
        environment = Environment(
            self._choose_policy, Backends(), self.progress.read, lambda: self.now
        )
        registered = [register(self) for register in self._kinds]
        self.kinds = [kind.build(environment) for kind in registered]
        self.engine = Engine(
            self.kinds,
            cast(Cluster, self.client),
            Metrics(kind.info for kind in registered),
            self._namespaces,
            progress_store=self.progress,
        )
        for reconciler in self.engine._reconcilers.values():
            reconciler._clock = lambda: self.now
        self.engine.watches._start = self._watch  # type: ignore[method-assign]
        self._leading = self._loop.create_task(self.engine.run())

    def _choose_policy(self, namespace: str) -> Policy:
        return Policy(self._choose_defaults(namespace))

    def _choose_defaults(self, namespace: str) -> Defaults:
        return Defaults(self.images.get(namespace, "solvers:1"), "http://intake")

    def stop(self) -> None:
        """End the process, as a kill does."""
        if self._leading is not None:
            self._leading.cancel()
            self._runner.run(self._end(self._leading))
            self._leading = None

    async def _end(self, leading: asyncio.Task[None]) -> None:
        await asyncio.wait({leading})
        if not leading.cancelled():
            leading.exception()

    def settle(self, seconds: float = SETTLE) -> bool:
        """Let time pass, and the operator do what is due; returns whether it still lives.

        Raises:
            Exception: what ended the operator, other than the crash that was asked for.
        """
        assert self._leading is not None
        self._runner.run(self._pass(seconds, self._leading))
        if not self._leading.done():
            return True
        leading, self._leading = self._leading, None
        error = leading.exception()
        if not self.client.has_crashed:
            raise error or AssertionError("the operator ended by itself")
        assert isinstance(error, CrashError | BaseExceptionGroup)
        return False

    async def _pass(self, seconds: float, leading: asyncio.Task[None]) -> None:
        await asyncio.wait({leading}, timeout=seconds)

    def resync(self) -> None:
        """Let the operator list everything."""
        self._runner.run(self.engine.resync.heal())

    def call(self, function: Callable[..., object], *args: object) -> None:
        """Call something of the operator within its event loop."""
        self._loop.call_soon(function, *args)
        self._runner.run(asyncio.sleep(0))

    def wake(self, key: Key) -> None:
        """Have an object reconciled once more."""
        self.call(self.engine.queue.add, key)

    # Watches, in the place of kopf.

    async def _watch(
        self, resources: Collection[Resource], on_started: Callable[[], None] | None
    ) -> Collection[asyncio.Task[None]]:
        return [asyncio.create_task(self._follow(resource)) for resource in resources]

    async def _follow(self, resource: Resource) -> None:
        queue = self._watched[resource] = asyncio.Queue()
        labels = dict.fromkeys(filter(None, [self.engine.scope.selector(resource)]), "")
        for namespace in self.engine.scope.namespaces_of(resource):
            for manifest in self.server.list_all(resource, namespace, labels):
                self.engine.watches.handle_event(resource, None, manifest)
        while True:
            change, manifest = await queue.get()
            if self._is_watched(resource, manifest, labels):
                self.engine.watches.handle_event(resource, change, manifest)

    def _is_watched(self, resource: Resource, manifest: Manifest, labels: Collection[str]) -> bool:
        metadata = manifest["metadata"]
        namespaces = self.engine.scope.namespaces_of(resource)
        is_inside = namespaces == (None,) or metadata.get("namespace") in namespaces
        return is_inside and set(labels) <= set(metadata.get("labels") or ())

    def _hear(self, resource: Resource, change: str, manifest: Manifest) -> None:
        if resource in self._watched:
            self._watched[resource].put_nowait((change, manifest))

    # What can be seen.

    def get(self, key: Key) -> Manifest:
        found = self.server.find(key)
        assert found is not None, f"there is no {key}: {[str(k) for k in self.server.keys]}"
        return found

    def status(self, key: Key) -> Manifest:
        status: Manifest = self.get(key).get("status") or {}
        return status

    def true_conditions(self, key: Key) -> dict[str, str]:
        """Reasons of the conditions that hold, by type."""
        conditions = self.status(key).get("conditions") or ()
        return {c["type"]: c["reason"] for c in conditions if c["status"] == "True"}

    def snapshot(self) -> list[Manifest]:
        """All objects, without versions and moments."""
        return [_strip(self.get(key)) for key in self.server.keys]


def _strip(manifest: Manifest) -> Manifest:
    metadata = {k: v for k, v in manifest["metadata"].items() if k not in _VOLATILE}
    text = json.dumps({**manifest, "metadata": metadata})
    stripped: Manifest = json.loads(
        _MOMENT.sub("a-moment", _DURATION.sub('"activeSeconds": 0', text))
    )
    return stripped
