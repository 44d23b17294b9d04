"""An owner of two hundred children in two namespaces: what it costs, and what is drift."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from argmin.plan import CONFIG_MAPS, Key
from argmin.runtime.cache.ownership import APPLIED_DIGEST
from tests.contract import campuses, kiosks
from tests.kinds.campus import CAMPUSES
from tests.kinds.kiosk import ROUTES
from tests.worlds.world import World

SPEC = {"namespaces": ["east", "west"], "rooms": 100, "motto": "sapere aude"}
CASE = replace(campuses.CASE, manifest={**campuses.CASE.manifest, "spec": SPEC})
ROOM = Key(CONFIG_MAPS, "west", "north-7")


@pytest.fixture
def built() -> Iterator[World]:
    """A world in which two hundred rooms are built, and nothing is left to do."""
    with CASE.open() as world:
        CASE.live(world)
        assert len(world.server.list_all(CONFIG_MAPS)) == 200
        world.server.requests.clear()
        world.server.writes.clear()
        yield world


def reconcile(world: World) -> list[str]:
    """The requests that one more reconcile sends, of those that may write."""
    world.server.requests.clear()
    world.wake(CASE.key)
    world.settle()
    return world.server.requests


def test_a_reconcile_of_what_is_as_it_was_applied_sends_nothing(built: World) -> None:
    assert reconcile(built) == []


def test_an_operator_that_starts_anew_sends_nothing(built: World) -> None:
    built.stop()
    built.start()
    built.settle()
    assert built.server.requests == []


def test_an_hour_of_rest_sends_nothing(built: World) -> None:
    built.settle(3600.0)
    assert built.server.requests == []


DRIFTS = [
    pytest.param({"data": {"motto": "carpe diem"}}, id="a value that was changed"),
    pytest.param({"data": None}, id="all of it that was removed"),
    pytest.param({"metadata": {"labels": {"argmin.dev/kind": "Job"}}}, id="another label"),
    pytest.param(
        {"metadata": {"annotations": {APPLIED_DIGEST: None}}}, id="a digest that was removed"
    ),
    pytest.param({"metadata": {"annotations": {APPLIED_DIGEST: "0"}}}, id="another digest"),
    pytest.param({"metadata": {"managedFields": [{}]}}, id="managed fields that were cleared"),
]


@pytest.mark.parametrize("body", DRIFTS)
@pytest.mark.parametrize("is_up", [True, False], ids=["at work", "down meanwhile"])
def test_drift_of_one_child_is_one_write(
    built: World, body: dict[str, object], is_up: bool
) -> None:
    wanted = built.get(ROOM)
    if not is_up:
        built.stop()
    built.server.patch(ROOM, body)
    if not is_up:
        built.start()
    built.settle()
    assert built.server.writes == [f"apply {ROOM}"]
    mended = built.get(ROOM)
    assert mended["data"] == wanted["data"]
    assert mended["metadata"]["labels"] == wanted["metadata"]["labels"]
    assert mended["metadata"]["annotations"] == wanted["metadata"]["annotations"]
    assert reconcile(built) == []


def test_a_child_without_its_owner_reference_is_mended_by_the_next_reconcile(
    built: World,
) -> None:
    built.server.patch(ROOM, {"metadata": {"ownerReferences": None}})
    reconcile(built)
    (owner,) = built.get(ROOM)["metadata"]["ownerReferences"]
    assert owner["uid"] == built.get(CASE.key)["metadata"]["uid"]
    assert reconcile(built) == []


def test_a_child_that_was_deleted_is_made_again(built: World) -> None:
    built.server.delete(ROOM)
    built.settle()
    assert built.server.writes == [f"create {ROOM}"]


def test_what_others_add_to_a_child_is_theirs(built: World) -> None:
    built.server.patch(ROOM, {"data": {"owner": "kant"}, "metadata": {"labels": {"floor": "2"}}})
    assert reconcile(built) == []
    assert built.get(ROOM)["data"] == {"motto": "sapere aude", "owner": "kant"}


@pytest.fixture
def pruned() -> Iterator[World]:
    """A world whose API server does not keep a field of a child."""
    case = kiosks.CASE
    with case.open() as world:
        world.server.unknown[ROUTES] = "rules"
        case.live(world)
        world.server.requests.clear()
        yield world


ROUTE = Key(ROUTES, kiosks.CASE.key.namespace, kiosks.CASE.key.name)


def test_a_field_that_the_api_server_does_not_keep_is_applied_once(pruned: World) -> None:
    assert pruned.get(ROUTE)["spec"] == {"hostnames": ["corner.example.org"]}
    pruned.wake(kiosks.CASE.key)
    pruned.settle()
    assert pruned.server.requests == []
    pruned.stop()
    pruned.start()
    pruned.settle()
    assert pruned.server.requests == ["apply"], "once for each life of an operator"


def test_beside_a_field_that_is_not_kept_drift_is_seen(pruned: World) -> None:
    pruned.server.patch(ROUTE, {"spec": {"hostnames": ["no.example.org"]}})
    pruned.settle()
    assert pruned.get(ROUTE)["spec"] == {"hostnames": ["corner.example.org"]}
    assert pruned.server.requests == ["apply"]


def test_another_who_applies_the_same_value_changes_nothing(built: World) -> None:
    built.server.apply(
        CONFIG_MAPS,
        {"metadata": {"name": ROOM.name, "namespace": ROOM.namespace}, "data": SPEC_DATA},
        "flux",
    )
    assert reconcile(built) == []


SPEC_DATA = {"motto": "sapere aude"}


def test_a_changed_spec_writes_every_child_once(built: World) -> None:
    built.server.patch(CASE.key, {"spec": {"motto": "carpe diem"}})
    built.settle()
    assert sum(write.startswith("apply ConfigMap") for write in built.server.writes) == 200
    assert reconcile(built) == []


def test_fewer_wanted_children_are_deleted_and_the_others_not_written(built: World) -> None:
    built.server.patch(CASE.key, {"spec": {"rooms": 99}})
    built.settle()
    assert sorted(w for w in built.server.writes if "ConfigMap" in w) == [
        "delete ConfigMap east/north-99",
        "delete ConfigMap west/north-99",
    ]


def test_a_child_that_its_finalizers_keep_is_not_written(built: World) -> None:
    built.server.patch(ROOM, {"metadata": {"finalizers": ["example.org/keep"]}})
    built.server.delete(ROOM)
    built.settle()
    assert [w for w in built.server.writes if "ConfigMap" in w] == []
    built.server.patch(ROOM, {"metadata": {"finalizers": None}})
    built.settle()
    assert [w for w in built.server.writes if "ConfigMap" in w] == [f"create {ROOM}"]


def test_a_watch_that_lags_makes_nothing_be_written_twice(built: World) -> None:
    built.server.listeners.clear()
    built.server.patch(CASE.key, {"spec": {"motto": "carpe diem"}})
    built.resync()
    built.settle()
    assert sum(write.startswith("apply ConfigMap") for write in built.server.writes) == 200
    assert reconcile(built) == []


def test_an_owner_without_a_namespace_has_its_events_in_the_default_one(built: World) -> None:
    (event,) = (m for m in built.snapshot() if m["kind"] == "Event")
    assert (event["metadata"]["namespace"], event["involvedObject"]["kind"]) == (
        "default",
        CAMPUSES.kind,
    )
