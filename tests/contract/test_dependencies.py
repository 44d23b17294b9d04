"""What an object depends on beside its children: optional types, policies, ConfigMaps."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from argmin.plan import CONFIG_MAPS, Key
from argmin.runtime.kube.errors import ForbiddenError
from tests.contract import campuses, kiosks, optimization_jobs
from tests.contract.campuses import find_authority
from tests.contract.case import Case
from tests.contract.registry import CASES
from tests.kinds.kiosk import DEPLOYMENTS, ROUTES
from tests.worlds.world import World

CASE = kiosks.CASE
ROUTE = Key(ROUTES, CASE.key.namespace, CASE.key.name)
SERVER = Key(DEPLOYMENTS, CASE.key.namespace, CASE.key.name)


@pytest.fixture
def without() -> Iterator[World]:
    """A world in which an optional type is not installed."""
    world = CASE.open()
    world.server.missing = {ROUTES}
    with world:
        yield world


def test_an_operator_works_without_an_optional_type_and_says_what_is_missing(
    without: World,
) -> None:
    CASE.live(without)
    assert without.get(SERVER)["spec"]["replicas"] == 2
    assert without.true_conditions(CASE.key) == {"Reconciling": "RoutesMissing"}


def test_a_type_that_appears_is_used_and_watched_from_then_on(without: World) -> None:
    CASE.live(without)
    without.server.install(ROUTES)
    without.resync()
    without.settle()
    assert without.true_conditions(CASE.key) == {"Ready": "Serving"}
    assert without.get(ROUTE)["spec"]["hostnames"] == ["corner.example.org"]
    without.server.delete(ROUTE)
    without.settle()
    assert without.get(ROUTE)["spec"]["hostnames"] == ["corner.example.org"]


def test_a_type_that_appears_is_found_by_the_periodic_list(without: World) -> None:
    CASE.live(without)
    without.server.install(ROUTES)
    without.settle(3600.0)
    assert without.true_conditions(CASE.key) == {"Ready": "Serving"}


def test_a_type_that_goes_is_done_without(without: World) -> None:
    without.server.install(ROUTES)
    without.resync()
    CASE.live(without)
    assert without.true_conditions(CASE.key) == {"Ready": "Serving"}
    without.server.uninstall(ROUTES)
    without.resync()
    without.settle()
    assert without.true_conditions(CASE.key) == {"Reconciling": "RoutesMissing"}


def test_an_optional_type_that_may_not_be_listed_stops_nothing_else() -> None:
    world = CASE.open()
    world.server.refusals["list", ROUTES] = ForbiddenError("httproutes is forbidden", 403)
    with world:
        CASE.live(world)
        assert world.get(SERVER)["spec"]["replicas"] == 2
        world.server.delete(SERVER)
        world.resync()
        world.settle()
        assert world.get(SERVER)["spec"]["replicas"] == 2
        world.server.refusals.clear()
        world.resync()
        world.settle()
        assert world.get(ROUTE)["spec"]["hostnames"] == ["corner.example.org"]


def test_a_type_that_nothing_can_be_done_without_may_not_be_forbidden() -> None:
    world = CASE.open()
    world.server.refusals["list", DEPLOYMENTS] = ForbiddenError("deployments is forbidden", 403)
    with world, pytest.raises(ForbiddenError, match="deployments"):
        world.settle()


def test_a_policy_that_changes_wakes_the_objects_of_its_namespace_and_no_others() -> None:
    elsewhere = {"metadata": {"name": "far", "namespace": "elsewhere"}, "spec": {}}
    with CASE.open() as world:
        CASE.live(world)
        far = replace(CASE, manifest=elsewhere).create(world)
        world.settle()
        world.server.writes.clear()
        world.images.update(team="solvers:2", elsewhere="solvers:2")
        world.call(world.engine.wake_namespace, "team")
        world.settle()
        assert world.status(CASE.key)["image"] == "solvers:2"
        assert world.status(far)["image"] == "solvers:1"
        assert world.server.writes == [f"apply {SERVER}", f"apply status {CASE.key}"]


def test_a_policy_that_changes_wakes_the_owners_that_are_in_no_namespace() -> None:
    """What they have in a namespace is subject to its policy."""
    case = campuses.CASE
    with case.open() as world:
        case.live(world, 1)
        find_authority(world).granted.clear()
        world.settle()
        assert not find_authority(world).granted
        world.call(world.engine.wake_namespace, "east")
        world.settle()
        assert find_authority(world).granted


def test_a_config_map_that_was_missing_is_found_without_a_change_of_the_object() -> None:
    case = replace(
        CASE, manifest={**CASE.manifest, "spec": {**CASE.manifest["spec"], "menu": "menu"}}
    )
    with case.open() as world:
        case.live(world)
        assert world.true_conditions(case.key) == {"Reconciling": "MenuMissing"}
        world.server.create(CONFIG_MAPS, {"metadata": {"name": "menu", "namespace": "team"}})
        world.settle(120.0)
        kiosks.get_ready(world)
        world.settle()
        assert world.true_conditions(case.key) == {"Ready": "Serving"}


def test_what_another_writes_into_a_status_and_cannot_be_read_costs_one_write() -> None:
    case = optimization_jobs.CASE
    with case.open() as world:
        case.live(world)
        foreign = {"type": "Audited", "status": "maybe"}
        metadata = {"name": case.key.name, "namespace": case.key.namespace}
        status = {"metadata": metadata, "status": {"conditions": [foreign]}}
        world.server.apply(case.resource, status, "auditor", "status")
        world.wake(case.key)
        world.settle()
        before = list(world.server.requests)
        world.wake(case.key)
        world.settle()
        assert world.server.requests == before
        assert foreign in world.status(case.key)["conditions"]
        world.server.patch(case.key, {"spec": {"suspend": True}})
        world.settle()
        found = world.get(case.key)
        assert found["status"]["observedGeneration"] == found["metadata"]["generation"]


def test_somebody_outside_who_refuses_is_reported_and_asked_again() -> None:
    case = campuses.CASE
    with case.open() as world:
        find_authority(world).is_open = False
        case.live(world, 0)
        assert world.true_conditions(case.key) == {"Stalled": "AuthorityClosed"}
        find_authority(world).is_open = True
        world.settle(600.0)
        assert world.true_conditions(case.key) == {"Ready": "Built"}


def test_a_deletion_waits_for_somebody_outside_who_refuses() -> None:
    case = campuses.CASE
    with case.open() as world:
        case.live(world)
        find_authority(world).is_open = False
        world.server.delete(case.key)
        world.settle()
        assert world.get(case.key)["metadata"]["finalizers"]
        find_authority(world).is_open = True
        world.settle(600.0)
        assert case.key not in world.server.keys
        assert find_authority(world).granted == set()


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_an_engine_runs_all_kinds_at_once(case: Case) -> None:
    with World(*(each.register for each in CASES)) as world:
        case.live(world)
        assert world.true_conditions(case.key)
