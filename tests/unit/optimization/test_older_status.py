"""A status that a release wrote which called its fields otherwise."""

from __future__ import annotations

from argmin.api.optimization.status import OLDER_NAMES
from argmin.plan import Manifest
from tests.unit.optimization.world import NAME, OPTIMAL, World


def write_as_before(world: World) -> Manifest:
    """Give the fields of the status their older names; returns the status as it was."""
    before = dict(world.status)
    for older, name in OLDER_NAMES.items():
        world.status[older] = world.status.pop(name)
    assert not {"attempts", "runName"} & set(world.status)
    return before


def running() -> World:
    world = World(backoffLimit=1)
    world.sync()
    world.pod_runs()
    world.settle()
    return world


def test_a_job_that_has_finished_stays_finished() -> None:
    world = running()
    world.pod_ends(0, OPTIMAL)
    world.settle()
    write_as_before(world)
    plan = world.plan()
    assert plan.notes[-1].rule == "stay_finished"
    assert (plan.apply, plan.delete, plan.patch) == ((), (), ())


def test_a_job_that_runs_goes_on_and_is_written_under_the_names_of_today() -> None:
    world = running()
    before = write_as_before(world)
    plan = world.plan()
    assert (plan.apply, plan.delete, plan.patch) == ((), (), ())
    assert plan.status == before


def test_failures_of_before_count_on() -> None:
    world = running()
    world.pod_ends(1, None)
    world.settle()
    world.pods_are_removed()
    write_as_before(world)
    world.settle()
    assert len(world.status["attempts"]) == 1


def test_results_are_taken_of_the_run_that_such_a_status_names() -> None:
    world = running()
    write_as_before(world)
    assert world.kind.list_runs(world.object).open.keys() == {world.status["job"]}
    assert world.status["job"].startswith(f"{NAME}-")
