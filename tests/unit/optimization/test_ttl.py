"""A finished job goes when its time to live is over."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from tests.unit.optimization.world import KEY, OPTIMAL, World, deletions, started


def finished(**spec: Any) -> World:
    world = started(**spec)
    world.pod_ends(0, OPTIMAL)
    world.sync()
    return world


def test_the_job_is_looked_at_again_exactly_when_its_time_is_over() -> None:
    world = finished(ttlSecondsAfterFinished=300)
    assert world.requeue_after == timedelta(seconds=300)
    world.pass_time(299)
    world.settle()
    assert world.requeue_after == timedelta(seconds=1)


def test_the_job_and_all_that_belongs_to_it_go() -> None:
    world = finished(ttlSecondsAfterFinished=300)
    world.pass_time(300)
    assert deletions(world.plan()) == [str(KEY)]
    world.reconcile()
    assert world.store.objects == {}


def test_without_a_time_to_live_it_stays() -> None:
    world = finished()
    assert world.requeue_after is None
    world.pass_time(10**8)
    assert world.plan().delete == ()


def test_a_time_to_live_of_zero_deletes_it_at_once() -> None:
    world = finished(ttlSecondsAfterFinished=0)
    assert KEY not in world.store.objects


def test_a_time_to_live_that_is_given_later_counts_from_the_end() -> None:
    world = finished()
    world.pass_time(100)
    world.edit(ttlSecondsAfterFinished=300)
    world.settle()
    assert world.requeue_after == timedelta(seconds=200)


def test_an_unfinished_job_is_not_deleted() -> None:
    world = started(ttlSecondsAfterFinished=0)
    world.pass_time(1000)
    world.settle()
    assert KEY in world.store.objects
