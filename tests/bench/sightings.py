"""When things happened to objects of a cluster, as a watch saw them."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from kubernetes import client, config, watch

from argmin.optimization.build_run import OPTIMIZATION_JOBS
from argmin.plan import JOBS, PODS, Manifest, Resource
from tests.bench.errors import BenchError

CREATED = "Created"
COMPLETE = "Complete"
FAILED = "Failed"
SCHEDULED = "PodScheduled"
ENDED = "Ended"

LATE_SECONDS = 10.0
WATCHED = (OPTIMIZATION_JOBS, JOBS, PODS)


def list_milestones(manifest: Manifest) -> Iterator[str]:
    """What an object has reached: its creation, its conditions that hold, the end of its container.

    A container's end is told about a second before its pod's phase follows.
    """
    status = manifest.get("status") or {}
    yield CREATED
    yield from (c["type"] for c in status.get("conditions") or () if c["status"] == "True")
    if any("terminated" in each["state"] for each in status.get("containerStatuses") or ()):
        yield ENDED


class Sightings:
    """The first moment (`time.monotonic()`) at which each object was seen at each milestone.

    A context manager: it watches while it is open.
    """

    def __init__(self, kubeconfig: Path, namespace: str) -> None:
        self._client = client.ApiClient(load_configuration(kubeconfig))
        self._namespace = namespace
        self._moments: dict[tuple[Resource, str, str], float] = {}
        self._last: dict[tuple[Resource, str], Manifest] = {}
        self._changed = threading.Condition()
        self._ended: Exception | None = None
        self._closing = False
        self._watches = {resource: watch.Watch() for resource in WATCHED}

    def __enter__(self) -> Self:
        for resource in WATCHED:
            # Listed before anything is applied, so that the watch misses nothing.
            version = json.loads(self._list(resource)(_preload_content=False).data)["metadata"]
            threading.Thread(
                target=self._follow, args=(resource, version["resourceVersion"]), daemon=True
            ).start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._closing = True
        for each in self._watches.values():
            each.stop()

    def wait_until_complete(
        self, resource: Resource, names: Sequence[str], timeout: float
    ) -> list[float]:
        """The moments at which objects were seen complete, in the order of their names.

        Raises:
            BenchError: one of them failed, or not all were complete in time.
        """
        missing = set(names)

        def all_are_complete() -> bool:
            if self._ended:
                raise BenchError(f"the watch ended: {self._ended}")
            for name in list(missing):
                if (resource, name, FAILED) in self._moments:
                    status = self._last[resource, name]["status"]
                    raise BenchError(f"{resource.kind} {name} failed: {json.dumps(status)}")
                if (resource, name, COMPLETE) in self._moments:
                    missing.discard(name)
            return not missing

        with self._changed:
            if not self._changed.wait_for(all_are_complete, timeout):
                raise BenchError(
                    f"{len(missing)} of {len(names)} {resource.plural} were not complete within"
                    f" {timeout:.0f} s: {', '.join(sorted(missing)[:3])}"
                )
            return [self._moments[resource, name, COMPLETE] for name in names]

    def first(self, resource: Resource, prefix: str, milestone: str) -> float:
        """When the first object whose name starts so was seen at a milestone.

        Types are watched apart, so what happened before may be seen a little later.

        Raises:
            BenchError: none was seen in time.
        """

        def look() -> float | None:
            moments = (
                moment
                for (kind, name, reached), moment in self._moments.items()
                if kind == resource and name.startswith(prefix) and reached == milestone
            )
            return min(moments, default=None)

        with self._changed:
            found = self._changed.wait_for(look, LATE_SECONDS)
        if found is None:
            raise BenchError(f"no {resource.kind} {prefix}… was seen {milestone}")
        return found

    def _follow(self, resource: Resource, version: str) -> None:
        try:
            stream = self._watches[resource].stream(
                self._list(resource), resource_version=version, deserialize=False
            )
            for event in stream:
                self._note(resource, event["object"], time.monotonic())
        except Exception as error:  # noqa: BLE001 - raised again where somebody waits
            if not self._closing:
                with self._changed:
                    self._ended = error
                    self._changed.notify_all()

    def _note(self, resource: Resource, manifest: Manifest, moment: float) -> None:
        name = manifest["metadata"]["name"]
        with self._changed:
            self._last[resource, name] = manifest
            for milestone in list_milestones(manifest):
                self._moments.setdefault((resource, name, milestone), moment)
            self._changed.notify_all()

    def _list(self, resource: Resource) -> Callable[..., Any]:
        """The client's function that lists, or watches, a resource in the namespace."""
        if resource == PODS:
            return partial(client.CoreV1Api(self._client).list_namespaced_pod, self._namespace)
        return partial(
            client.CustomObjectsApi(self._client).list_namespaced_custom_object,
            resource.group,
            resource.version,
            self._namespace,
            resource.plural,
        )


def load_configuration(kubeconfig: Path) -> client.Configuration:
    """The client's settings for a cluster."""
    configuration = client.Configuration()
    config.load_kube_config(str(kubeconfig), client_configuration=configuration)
    return configuration
