"""From an event of a watch to the key that it wakes."""

from __future__ import annotations

from typing import cast

import pytest

from argmin.api.base import LABEL_KIND, LABEL_NAME
from argmin.backends.defaults import Defaults
from argmin.backends.policy import Policy
from argmin.optimization.build_run import OPTIMIZATION_JOBS
from argmin.optimization.kind import OptimizationJobKind
from argmin.plan import PODS, Key, Manifest, Resource
from argmin.runtime.cache.scope import Scope
from argmin.runtime.cache.store import Cache
from argmin.runtime.cache.watches import SETTLE_SECONDS, Watches
from argmin.runtime.kube.client import Cluster

STEEL = Key(OPTIMIZATION_JOBS, "team", "steel")
OURS = {LABEL_NAME: "steel", LABEL_KIND: "OptimizationJob"}


class Watching:
    """The cache, what was woken, and the watches that feed both."""

    def __init__(self) -> None:
        self.cache = Cache()
        self.woken: list[tuple[Key, float]] = []
        self.relists = 0
        kind = OptimizationJobKind(lambda _: Policy(Defaults(image="solvers:1", intake_url="")))
        self._watches = Watches(
            cast(Cluster, None),
            self.cache,
            Scope.of((kind,)),
            lambda key, delay: self.woken.append((key, delay)),
            self._count_relist,
        )

    def _count_relist(self) -> None:
        self.relists += 1

    def see(self, resource: Resource, change: str | None, manifest: Manifest) -> None:
        self._watches.handle_event(resource, change, manifest)


@pytest.fixture
def watching() -> Watching:
    return Watching()


def obj(name: str, version: int, labels: dict[str, str] | None = None) -> Manifest:
    metadata = {"name": name, "namespace": "team", "uid": name, "resourceVersion": str(version)}
    return {"metadata": {**metadata, "labels": labels or {}}}


def test_news_of_a_custom_resource_wake_it_at_once(watching: Watching) -> None:
    watching.see(OPTIMIZATION_JOBS, "ADDED", obj("steel", 1))
    assert watching.woken == [(STEEL, 0.0)]
    assert watching.cache.get(STEEL) is not None


def test_news_of_a_child_wake_its_owner_when_they_have_settled(watching: Watching) -> None:
    watching.see(PODS, "MODIFIED", obj("steel-abc", 1, OURS))
    assert watching.woken == [(STEEL, SETTLE_SECONDS)]


@pytest.mark.parametrize("change", ["ADDED", "MODIFIED", None])
def test_what_is_known_already_wakes_nobody(watching: Watching, change: str | None) -> None:
    watching.cache.put(OPTIMIZATION_JOBS, obj("steel", 5))
    watching.see(OPTIMIZATION_JOBS, change, obj("steel", 5))
    watching.see(OPTIMIZATION_JOBS, change, obj("steel", 4))
    assert watching.woken == []


def test_a_deletion_wakes_even_where_the_object_was_not_known(watching: Watching) -> None:
    watching.see(PODS, "DELETED", obj("steel-abc", 7, OURS))
    assert watching.woken == [(STEEL, SETTLE_SECONDS)]


def test_a_deleted_object_leaves_the_cache_and_wakes_its_key(watching: Watching) -> None:
    watching.see(OPTIMIZATION_JOBS, "ADDED", obj("steel", 1))
    watching.see(OPTIMIZATION_JOBS, "DELETED", obj("steel", 2))
    assert watching.cache.get(STEEL) is None
    assert watching.woken == [(STEEL, 0.0), (STEEL, 0.0)]


def test_objects_of_others_are_neither_kept_nor_heard(watching: Watching) -> None:
    watching.see(PODS, "ADDED", obj("web-1", 1, {"app": "web"}))
    assert watching.woken == []
    assert len(watching.cache) == 0


def test_a_watch_that_lists_anew_has_everything_looked_at_for_what_it_missed(
    watching: Watching,
) -> None:
    watching.see(OPTIMIZATION_JOBS, "ADDED", obj("steel", 1))
    assert watching.relists == 0
    watching.see(OPTIMIZATION_JOBS, None, obj("steel", 1))
    assert watching.relists == 1


def test_a_deleted_child_leaves_the_cache_also_where_nobody_owns_it_any_more(
    watching: Watching,
) -> None:
    watching.see(PODS, "ADDED", obj("steel-abc", 1, OURS))
    watching.see(PODS, "DELETED", obj("steel-abc", 2))
    assert len(watching.cache) == 0
