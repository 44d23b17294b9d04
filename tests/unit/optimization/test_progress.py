"""Where the search stands is in the status while an attempt runs, and at no other time."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from argmin.api.progress import AttemptProgress, Progress, Search
from argmin.plan import JOBS
from tests.unit.optimization.world import INTERRUPTED, OPTIMAL, World, started

FIRST = Progress(
    search=Search(objective="16000", best_bound="14000", gap="0.125", nodes=7), elapsed_seconds=3
)
LATER = FIRST.model_copy(update={"search": Search(objective="15010"), "elapsed_seconds": 9})


def hear(world: World, progress: Progress | None, attempt: str = "") -> None:
    """The operator hears of an attempt: that of the newest pod where none is named."""
    name = attempt or world.pod["metadata"]["name"]
    world.heard = AttemptProgress(attempt=name, progress=progress) if progress else None
    world.settle()


def searching() -> World:
    """A world whose running attempt has told of its search."""
    world = started(backoffLimit=3)
    hear(world, FIRST)
    return world


def test_what_was_heard_of_the_running_attempt_is_in_the_status() -> None:
    world = searching()
    assert world.status["progress"] == {
        "objective": "16000",
        "bestBound": "14000",
        "gap": "0.125",
        "nodes": 7,
        "elapsedSeconds": 3,
    }


def test_an_answer_is_never_made_of_progress() -> None:
    world = searching()
    assert not {"objective", "bestBound", "gap", "nodes"} & world.status.keys()


def test_news_is_one_write_and_no_news_is_none() -> None:
    world = searching()
    before = world.status_writes()
    world.reconcile()
    assert world.status_writes() == before
    hear(world, LATER)
    assert world.status_writes() == before + 1
    assert world.status["progress"]["objective"] == "15010"


def test_an_operator_that_has_just_begun_to_lead_leaves_it_as_it_was() -> None:
    world = searching()
    before = world.status_writes()
    hear(world, None)
    assert world.status["progress"]["objective"] == "16000"
    assert world.status_writes() == before


def test_a_pod_that_is_none_of_this_run_is_not_believed() -> None:
    world = started()
    hear(world, FIRST, attempt="steel-of-yesterday-abcde")
    assert "progress" not in world.status


def test_nothing_is_told_before_the_attempt_runs() -> None:
    world = World()
    world.sync()
    hear(world, FIRST)
    assert "progress" not in world.status


def test_the_next_attempt_begins_without_the_progress_of_the_last() -> None:
    world = searching()
    world.pod_ends(139)
    world.sync()
    assert "progress" not in world.status
    world.pod_runs()
    world.sync()
    assert world.status["state"] == "Running"
    assert "progress" not in world.status


def test_an_edited_spec_begins_without_the_progress_of_the_last() -> None:
    world = searching()
    world.edit(seed=7)
    world.sync()
    assert "progress" not in world.status


def _answers(world: World) -> None:
    world.pod_ends(0, OPTIMAL)


def _fails(world: World) -> None:
    world.edit(backoffLimit=0)
    world.settle()
    world.pod_ends(139)


def _leaves_no_answer(world: World) -> None:
    world.pod_ends(0)


def _cannot_be_mended(world: World) -> None:
    world.pod_ends(10)


def _runs_out_of_time(world: World) -> None:
    world.edit(activeDeadlineSeconds=60)
    world.pass_time(100)
    world.sync()
    world.pod_ends(0, INTERRUPTED)


def _is_held(world: World) -> None:
    world.edit(suspend=True)


def _loses_its_job(world: World) -> None:
    world.remove(JOBS, world.job["metadata"]["name"])


@pytest.mark.parametrize(
    "happen",
    [
        _answers,
        _fails,
        _leaves_no_answer,
        _cannot_be_mended,
        _runs_out_of_time,
        _is_held,
        _loses_its_job,
    ],
)
def test_progress_goes_when_the_attempt_does(happen: Callable[[World], None]) -> None:
    world = searching()
    happen(world)
    world.sync()
    assert "progress" not in world.status


def test_what_is_heard_after_the_end_changes_nothing() -> None:
    world = searching()
    world.pod_ends(0, OPTIMAL)
    world.sync()
    status = world.status
    hear(world, LATER)
    assert world.status == status
