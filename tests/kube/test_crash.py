"""A process that dies after any single write, and its successor that finishes the work."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from argmin.backends.defaults import Defaults
from argmin.backends.policy import Policy
from argmin.optimization.build_run import OPTIMIZATION_JOBS
from argmin.optimization.kind import OptimizationJobKind
from argmin.plan import CONFIG_MAPS, JOBS, Key, Kind, Manifest, Resource
from argmin.runtime.cache.resync import Resync
from argmin.runtime.cache.scope import Scope
from argmin.runtime.cache.store import Cache
from argmin.runtime.controller.reconciler import Reconciler
from argmin.runtime.kube.client import Cluster
from argmin.runtime.kube.events import EVENTS
from tests.kinds.errand import ERRANDS, ErrandKind
from tests.kube.greetings import GREETINGS, GreetingKind, greeting
from tests.kube.harness import ENVIRONMENT, CrashError, CrashingCluster, snapshot
from tests.kubectl import Kubectl
from tests.refusals import MODEL

pytestmark = pytest.mark.kube

MOST_WRITES = 12
SEEN = (GREETINGS, ERRANDS, OPTIMIZATION_JOBS, JOBS, CONFIG_MAPS, EVENTS)


def optimization_kind() -> OptimizationJobKind:
    return OptimizationJobKind(
        lambda _: Policy(Defaults(image="solvers:1", intake_url="http://intake"))
    )


def errand_kind() -> ErrandKind:
    return ErrandKind(ENVIRONMENT)


def errand(name: str) -> Manifest:
    return {
        "apiVersion": ERRANDS.api_version,
        "kind": ERRANDS.kind,
        "metadata": {"name": name},
        "spec": {"text": "to post", "parts": 2},
    }


def job(name: str) -> Manifest:
    return {
        "apiVersion": OPTIMIZATION_JOBS.api_version,
        "kind": OPTIMIZATION_JOBS.kind,
        "metadata": {"name": name},
        "spec": {"model": MODEL},
    }


async def work(kind: Kind[Any, Any, Any], cluster: Cluster, key: Key) -> None:
    """One life of a process: it looks at everything, then reconciles until nothing is left."""
    cache = Cache()
    scope = Scope.of((kind,), (key.namespace,))
    await Resync(
        cluster, cache, scope, lambda _: None, 600.0, lambda _resource, _is_there: None
    ).heal()
    reconciler = Reconciler(kind, cluster, cache)
    for _ in range(3):
        await reconciler.reconcile(key)


async def die_after(writes: int, kind: Kind[Any, Any, Any], kubeconfig: Path, key: Key) -> bool:
    """A life that ends right after so many writes; whether it came to that."""
    async with await CrashingCluster.connect(str(kubeconfig)) as cluster:
        cluster.writes_left = writes
        try:
            await work(kind, cluster, key)
        except CrashError:
            return True
    return False


@pytest.mark.parametrize(
    ("make_kind", "resource", "manifest"),
    [
        pytest.param(GreetingKind, GREETINGS, greeting("hi", copies=2), id="a greeting said twice"),
        pytest.param(errand_kind, ERRANDS, errand("hi"), id="an errand of two runs"),
        pytest.param(optimization_kind, OPTIMIZATION_JOBS, job("hi"), id="an optimization job"),
    ],
)
async def test_whatever_write_a_process_dies_after_its_successor_ends_in_the_same_state(
    make_kind: Callable[[], Kind[Any, Any, Any]],
    resource: Resource,
    manifest: Manifest,
    user: Kubectl,
    cluster: Cluster,
) -> None:
    user.apply(manifest)
    key = Key(resource, user.namespace, manifest["metadata"]["name"])
    uid = user.get(resource.plural, "hi")["metadata"]["uid"]

    async def forget() -> None:
        """Undo all that was done for the object, but leave the object: its uid names children."""
        for kind in ("jobs", "configmaps", "events"):
            user.run("delete", kind, "--all", "--cascade=background")
        user.run(
            "patch", resource.plural, "hi", "--subresource=status", "--type=json",
            '--patch=[{"op": "add", "path": "/status", "value": {}}]',
        )  # fmt: skip

    await work(make_kind(), cluster, key)
    undisturbed = await snapshot(cluster, user.namespace, SEEN)
    deaths = 0
    for writes in range(1, MOST_WRITES):
        await forget()
        died = await die_after(writes, make_kind(), user.kubeconfig, key)
        await work(make_kind(), cluster, key)
        assert await snapshot(cluster, user.namespace, SEEN) == undisturbed, f"after {writes}"
        deaths += died
        if not died:
            break
    assert 2 < deaths < MOST_WRITES - 1
    assert user.get(resource.plural, "hi")["metadata"]["uid"] == uid
