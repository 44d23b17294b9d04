"""What holds for every kind: the engine's promises, each kept by every kind of the registry."""

from __future__ import annotations

from dataclasses import replace

import pytest

from argmin.api.generate.crd import structural_schema
from argmin.plan import Manifest
from argmin.runtime.kube.errors import UnavailableError
from argmin.runtime.kube.events import EVENTS
from tests.contract.case import Case
from tests.contract.registry import CASES
from tests.worlds.world import SETTLE, World

MOST_WRITES = 30
OUTAGE = 300.0

every_kind = pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
every_state = pytest.mark.parametrize(
    ("case", "stages"),
    [
        pytest.param(case, stages, id=f"{case.name} after {stages} stages")
        for case in CASES
        for stages in range(len(case.stages) + 1)
    ],
)


@every_state
def test_a_second_reconcile_writes_nothing(case: Case, stages: int) -> None:
    with case.open() as world:
        case.live(world, stages)
        before = list(world.server.requests)
        world.wake(case.key)
        world.settle()
        assert world.server.requests == before


@every_state
def test_an_operator_that_starts_anew_writes_nothing(case: Case, stages: int) -> None:
    with case.open() as world:
        case.live(world, stages)
        before = list(world.server.requests)
        world.stop()
        world.start()
        world.settle()
        assert world.server.requests == before


@every_kind
def test_whatever_write_an_operator_dies_after_its_successor_ends_in_the_same_state(
    case: Case,
) -> None:
    with case.open() as world:
        case.live(world)
        undisturbed = world.snapshot()
        remains = case.remains(world)
    deaths = 0
    for writes in range(1, MOST_WRITES):
        died, disturbed = live_and_die(case, writes)
        with disturbed as world:
            assert world.snapshot() == undisturbed, f"after {writes} writes"
            assert case.remains(world) == remains
        deaths += died
        if not died:
            break
    assert 1 < deaths < MOST_WRITES - 1


def live_and_die(case: Case, writes: int) -> tuple[bool, World]:
    """A life in which the operator dies once; whether it came to that."""
    world = case.open()
    world.start(crash_after=writes)
    case.create(world)
    died = False
    for stage in (lambda _: None, *case.stages):
        stage(world)
        if not world.settle():
            died = True
            world.start()
            world.settle()
    return died, world


@every_state
@pytest.mark.parametrize("is_up", [True, False], ids=["at work", "down meanwhile"])
def test_nothing_is_left_of_what_is_deleted(case: Case, stages: int, is_up: bool) -> None:
    with case.open() as world:
        case.live(world, stages)
        if not is_up:
            world.stop()
        world.server.delete(case.key)
        if not is_up:
            world.start()
        world.settle()
        assert [key for key in world.server.keys if key.resource != EVENTS] == []
        assert not case.remains(world)


@every_kind
def test_what_is_deleted_before_it_was_looked_at_leaves_nothing(case: Case) -> None:
    with case.open() as world:
        world.stop()
        case.create(world)
        world.server.delete(case.key)
        world.start()
        world.settle()
        assert world.server.keys == []
        assert not case.remains(world)


@every_kind
def test_an_object_that_cannot_be_read_is_stalled_and_stops_no_other(case: Case) -> None:
    with case.open() as world:
        bad = case.create(world, "unreadable", case.invalid)
        case.live(world)
        assert world.true_conditions(bad) == {"Stalled": "InvalidSpec"}
        assert world.true_conditions(case.key)
        before = list(world.server.requests)
        world.wake(bad)
        world.settle()
        assert world.server.requests == before
        world.server.replace(bad, {**world.get(bad), "spec": case.manifest["spec"]})
        world.settle()
        assert "Stalled" not in world.true_conditions(bad)


@every_state
def test_every_kind_says_whether_it_is_stalled_and_whether_it_is_at_work(
    case: Case, stages: int
) -> None:
    """The engine sets both of any kind; a kind that does not would never take them back."""
    with case.open() as world:
        case.live(world, stages)
        conditions = {c["type"]: c["status"] for c in world.status(case.key)["conditions"]}
        assert conditions["Stalled"] == "False"
        assert conditions["Reconciling"] in ("True", "False")


@every_kind
def test_the_crd_has_what_the_engine_writes_into_the_status_of_any_kind(case: Case) -> None:
    """The API server refuses a status with a field that the schema does not have."""
    fields = structural_schema(case.info.model)["properties"]["status"]["properties"]
    assert {"observedGeneration", "state", "conditions"} <= fields.keys()
    assert fields["conditions"]["x-kubernetes-list-map-keys"] == ["type"]


@every_kind
def test_a_kind_is_registered_under_the_names_of_its_resource(case: Case) -> None:
    resource = case.resource
    assert (case.info.name, case.info.plural) == (resource.kind, resource.plural)
    assert case.info.namespaced is resource.namespaced


@every_kind
def test_the_status_says_which_generation_it_is_about(case: Case) -> None:
    with case.open() as world:
        case.live(world)
        found = world.get(case.key)
        assert found["status"]["observedGeneration"] == found["metadata"]["generation"]


@every_state
def test_an_api_server_that_does_not_answer_for_a_while_changes_nothing(
    case: Case, stages: int
) -> None:
    with case.open() as world:
        case.create(world)
        world.settle(SETTLE + OUTAGE)
        undisturbed = go_through(case, world, stages)
    with case.open() as world:
        resources = (case.resource, *world.kinds[0].children)
        silence = UnavailableError("no answer within 30 s")
        world.server.refusals = {("patch", r): silence for r in resources}
        case.create(world)
        world.settle()
        world.server.refusals = {}
        world.settle(OUTAGE)
        assert go_through(case, world, stages) == undisturbed


def go_through(case: Case, world: World, stages: int) -> list[Manifest]:
    """What there is after so many stages."""
    for stage in case.stages[:stages]:
        stage(world)
        world.settle()
    return world.snapshot()


@every_kind
def test_several_objects_of_a_kind_do_not_touch_each_other(case: Case) -> None:
    with case.open() as world:
        case.live(world)
        alone = _list_objects(world)
    with case.open() as world:
        other = case.create(world, "other")
        case.live(world)
        world.server.delete(other)
        world.settle()
        assert _list_objects(world) == alone


def _list_objects(world: World) -> list[Manifest]:
    return [m for m in world.snapshot() if m["kind"] != EVENTS.kind]


@every_kind
def test_another_namespace_is_left_alone_where_the_operator_has_its_own(case: Case) -> None:
    if not case.resource.namespaced:
        pytest.skip("it belongs to no namespace")
    world = World(case.register, namespaces=("elsewhere",))
    with world:
        replace(case, stages=()).live(world)
        assert world.server.writes == []
