"""The status names the run's Job by its UID, so that no other Job delivers for it."""

from __future__ import annotations

from argmin.backends.pods.job import build_job
from argmin.plan import JOBS, Key
from tests.unit.optimization.delegated import delegated
from tests.unit.optimization.world import NAMESPACE, World, started


def forge_job(world: World) -> None:
    """A Job that somebody else makes, with the name and the owner of the run's."""
    (request,) = world.kind.want(world.kind.parse(world.object)).requests.values()
    world.store.create(Key(JOBS, NAMESPACE, request.run.name), build_job(request.run))


def test_the_write_that_names_the_run_names_its_job_too() -> None:
    world = World()
    world.reconcile()
    assert world.status_writes() == 1
    assert world.status["jobUid"] == world.job["metadata"]["uid"]


def test_a_job_whose_status_was_not_written_is_recorded_by_the_next_reconcile() -> None:
    world = World()
    world.reconcile(crash_after=2)
    assert world.status == {}
    world.reconcile()
    assert world.status["jobUid"] == world.job["metadata"]["uid"]


def test_a_job_that_replaces_a_deleted_one_is_recorded_in_its_place() -> None:
    world = started()
    before = world.status["jobUid"]
    world.store.delete(Key(JOBS, NAMESPACE, world.job["metadata"]["name"]), before)
    world.settle()
    assert world.status["jobUid"] == world.job["metadata"]["uid"] != before


def test_a_run_that_is_stopped_by_its_user_may_still_deliver_what_it_found() -> None:
    world = started()
    uid = world.status["jobUid"]
    world.edit(suspend=True)
    world.settle()
    assert world.status["jobUid"] == uid


def test_a_job_that_appears_while_its_run_is_suspended_is_not_recorded() -> None:
    world = World(suspend=True)
    world.settle()
    forge_job(world)
    world.settle()
    assert "jobUid" not in world.status


def test_a_run_on_another_platform_has_no_job_that_may_deliver() -> None:
    world = delegated()
    forge_job(world)
    world.settle()
    assert "jobUid" not in world.status
    assert world.jobs == []


def test_the_job_of_a_status_that_does_not_name_it_is_recorded_while_suspended_too() -> None:
    world = started()
    del world.status["jobUid"]
    world.edit(suspend=True)
    world.settle()
    assert world.status["jobUid"] == world.job["metadata"]["uid"]


def test_a_job_made_after_the_time_that_a_suspended_run_has_run_is_not_recorded() -> None:
    world = started()
    del world.status["jobUid"]
    del world.store.objects[Key(JOBS, NAMESPACE, world.job["metadata"]["name"])]
    world.edit(suspend=True)
    world.pass_time(60)
    forge_job(world)
    world.settle()
    assert "jobUid" not in world.status
