"""How many calls a job costs."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta

import pytest

from argmin.aws.errors import ThrottledError
from argmin.aws.models import JobHint
from tests.unit.optimization.delegated import DelegatedWorld
from tests.unit.optimization.processing_jobs import Fault, Job
from tests.unit.optimization.world import KEY, OPTIMAL

LONG = OPTIMAL.model_copy(update={"message": "m" * 1024})


def listening() -> DelegatedWorld:
    world = DelegatedWorld(hears_events=True)
    world.settle()
    return world


def tell(world: DelegatedWorld, status: str, times: int = 1) -> None:
    """An event comes, and whom it wakes is reconciled."""
    hint = JobHint.model_validate(
        {"ProcessingJobName": world.job_name, "ProcessingJobStatus": status}
    )
    for _ in range(times):
        world.board.hear(hint)
    if world.woken:
        world.woken.clear()
        world.settle()


def test_a_job_with_events_costs_at_most_six_calls() -> None:
    world = listening()
    tell(world, "InProgress")
    world.look_later(40)
    world.aws.start(world.job_name)
    world.look_later(300)
    assert world.status["state"] == "Running"
    world.pass_time(20)
    world.aws.end(world.job_name, 0, LONG)
    tell(world, "Completed")
    assert world.true_conditions["Complete"] == "Optimal"
    assert world.aws.calls == [
        "PutObject",
        "CreateProcessingJob",
        "DescribeProcessingJob",
        "DescribeProcessingJob",
        "DescribeProcessingJob",
        "GetObject",
    ]


def test_an_event_that_says_what_is_known_costs_nothing() -> None:
    world = listening()
    tell(world, "InProgress")
    calls = len(world.aws.calls)
    tell(world, "InProgress", times=5)
    assert len(world.aws.calls) == calls


def test_events_of_the_past_and_of_strangers_cost_nothing() -> None:
    world = listening()
    world.aws.start(world.job_name)
    world.aws.end(world.job_name, 0, OPTIMAL)
    tell(world, "Completed")
    calls = len(world.aws.calls)
    tell(world, "InProgress")
    world.board.hear(JobHint.model_validate({"ProcessingJobName": "of-somebody-else"}))
    assert world.woken == []
    assert len(world.aws.calls) == calls


def test_an_event_that_is_lost_is_made_up_for() -> None:
    world = listening()
    world.look_later(40)
    world.aws.start(world.job_name)
    world.aws.end(world.job_name, 0, OPTIMAL)
    world.look_later(300)
    assert world.true_conditions["Complete"] == "Optimal"


def test_without_events_a_job_costs_at_most_two_calls_a_minute() -> None:
    world = DelegatedWorld()
    world.settle()
    world.aws.start(world.job_name)
    before, end = len(world.aws.calls), world.now + timedelta(hours=1)
    while world.now < end:
        assert world.requeue_after
        world.look_later(world.requeue_after.total_seconds())
    calls = Counter(world.aws.calls[before:])
    assert set(calls) == {"DescribeProcessingJob", "DescribeLogStreams", "GetLogEvents"}
    assert calls["DescribeLogStreams"] == 1
    assert calls["DescribeProcessingJob"] >= 20
    assert calls["GetLogEvents"] >= 20
    assert calls.total() <= 120


def test_reconciles_between_two_looks_cost_nothing() -> None:
    world = DelegatedWorld()
    world.settle()
    calls = len(world.aws.calls)
    for _ in range(20):
        world.reconcile()
    assert len(world.aws.calls) == calls


def test_jobs_are_not_all_looked_at_in_the_same_moment() -> None:
    pace = DelegatedWorld().pace
    world = DelegatedWorld()
    jobs = [Job({"ProcessingJobName": f"job-{n}"}, world.now).describe() for n in range(50)]
    assert len({pace.find_next_look(job, world.now) for job in jobs}) == 50


@pytest.mark.parametrize("operation", ["DescribeProcessingJob", "GetObject"])
def test_an_event_is_kept_until_what_it_tells_of_is_known(operation: str) -> None:
    world = listening()
    world.look_later(40)
    world.aws.start(world.job_name)
    world.look_later(300)
    assert world.status["state"] == "Running"
    world.aws.end(world.job_name, 0, LONG)
    busy = ThrottledError("too many calls", timedelta(seconds=3))
    world.aws.faults = [Fault(operation, busy)]
    tell(world, "Completed")
    world.look_later(3)
    assert world.true_conditions["Complete"] == "Optimal"


def test_when_events_fall_silent_a_job_that_ends_is_seen_by_asking() -> None:
    world = listening()
    world.container_starts()
    world.aws.end(world.job_name, 0, OPTIMAL)
    world.look_later(300)
    assert world.status["state"] == "Running"
    world.pace.hears_events = False
    world.board.doubt_all()
    assert world.woken == [KEY]
    world.settle()
    assert world.true_conditions["Complete"] == "Optimal"
    world.woken.clear()
    world.board.doubt_all()
    assert world.woken == []


def test_when_events_fall_silent_a_running_job_is_asked_for_until_they_come_again() -> None:
    world = listening()
    world.container_starts()
    world.pace.hears_events = False
    world.board.doubt_all()
    world.settle()
    looks = world.count_calls("DescribeProcessingJob")
    world.look_later(130)
    assert world.count_calls("DescribeProcessingJob") == looks + 1
    world.pace.hears_events = True
    world.look_later(150)
    looks = world.count_calls("DescribeProcessingJob")
    world.look_later(150)
    assert world.count_calls("DescribeProcessingJob") == looks
