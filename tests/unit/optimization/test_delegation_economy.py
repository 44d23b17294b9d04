"""How many calls a job costs."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta

import pytest

from argmin.api.progress import PROGRESS_PREFIX, Progress, Search
from argmin.aws.errors import ThrottledError
from argmin.aws.models import JobHint
from tests.unit.optimization.delegated import DelegatedWorld
from tests.unit.optimization.processing_jobs import ACCOUNT, Fault, Job
from tests.unit.optimization.world import KEY, OPTIMAL

LONG = OPTIMAL.model_copy(update={"message": "m" * 1024})


def listening() -> DelegatedWorld:
    world = DelegatedWorld(has_events=True)
    world.settle()
    return world


def hint_of(world: DelegatedWorld, status: str) -> JobHint:
    arn = f"arn:aws:sagemaker:eu-west-1:{ACCOUNT}:processing-job/{world.job_name}"
    return JobHint(job_type="ProcessingJob", name=world.job_name, arn=arn, status=status)


def tell(world: DelegatedWorld, status: str, times: int = 1) -> None:
    """An event comes, and whom it wakes is reconciled."""
    for _ in range(times):
        world.cache.record_hint(hint_of(world, status))
    if world.woken:
        world.woken.clear()
        world.settle()


def wait(world: DelegatedWorld, minutes: float, *, tells: bool = True) -> None:
    """Time passes, and the operator looks whenever it wants to; a search that runs goes on."""
    end = world.now + timedelta(minutes=minutes)
    while world.requeue_after is not None and world.now + world.requeue_after < end:
        world.pass_time(max(1.0, world.requeue_after.total_seconds()))
        if tells and world.aws.streams:
            progress = Progress(search=Search(nodes=int(world.now.timestamp())))
            line = progress.model_dump_json(by_alias=True, exclude_none=True)
            world.aws.say(world.job_name, f"{PROGRESS_PREFIX}{line}")
        world.settle()
    world.pass_time((end - world.now).total_seconds())


def live(
    world: DelegatedWorld, preparing: float, running: float, *, tells: bool = True
) -> Counter[str]:
    """A job is prepared and runs for so many minutes; what it costs from start to end."""
    tell(world, "InProgress")
    wait(world, preparing)
    world.aws.start(world.job_name)
    wait(world, running, tells=tells)
    assert world.status["state"] == "Running"
    world.aws.end(world.job_name, 0, LONG)
    tell(world, "Completed")
    assert world.true_conditions["Complete"] == "Optimal"
    return Counter(world.aws.calls)


@pytest.mark.parametrize(("preparing", "running", "readings"), [(1, 5, 4), (4, 10, 6), (4, 60, 17)])
def test_a_job_with_events_costs_at_most_six_calls_and_those_for_its_log(
    preparing: float, running: float, readings: int
) -> None:
    calls = live(listening(), preparing, running)
    of_log = calls.pop("DescribeLogStreams") + calls.pop("GetLogEvents")
    assert set(calls) == {
        "PutObject",
        "CreateProcessingJob",
        "DescribeProcessingJob",
        "GetObject",
    }
    assert calls.total() <= 6
    assert 2 <= of_log <= readings


def test_an_event_that_comes_before_the_answer_to_its_creation_costs_nothing() -> None:
    world = DelegatedWorld(has_events=True)

    def overtake() -> None:
        if world.aws.calls[-1] == "CreateProcessingJob":
            world.cache.record_hint(hint_of(world, "InProgress"))

    world.aws.on_write = overtake
    world.settle()
    assert world.aws.calls == ["PutObject", "CreateProcessingJob"]


def test_a_job_whose_log_says_nothing_new_is_asked_for_now_and_then() -> None:
    calls = live(listening(), 4, 60, tells=False)
    assert 5 <= calls["DescribeProcessingJob"] <= 8


def test_a_job_of_which_no_event_has_come_is_asked_for_as_if_none_came() -> None:
    world = listening()
    wait(world, 10)
    world.aws.start(world.job_name)
    wait(world, 1.5)
    assert world.status["state"] == "Running"
    world.aws.end(world.job_name, 0, OPTIMAL)
    wait(world, 15)
    assert world.true_conditions["Complete"] == "Optimal"


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
    world.cache.record_hint(JobHint(job_type="ProcessingJob", name="of-somebody-else"))
    assert world.woken == []
    assert len(world.aws.calls) == calls


def test_an_event_that_is_lost_is_made_up_for() -> None:
    world = listening()
    world.look_later(200)
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
    polling = DelegatedWorld().polling
    world = DelegatedWorld()
    jobs = [Job({"ProcessingJobName": f"job-{n}"}, world.now).describe() for n in range(50)]
    assert len({polling.find_next_look(job, world.now) for job in jobs}) == 50


@pytest.mark.parametrize("operation", ["DescribeProcessingJob", "GetObject"])
def test_an_event_is_kept_until_what_it_tells_of_is_known(operation: str) -> None:
    world = listening()
    world.look_later(200)
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
    world.aws.start(world.job_name)
    world.look_later(200)
    world.aws.end(world.job_name, 0, OPTIMAL)
    world.look_later(300)
    assert world.status["state"] == "Running"
    world.polling.has_events = False
    world.cache.hint_at_all()
    assert world.woken == [KEY]
    world.settle()
    assert world.true_conditions["Complete"] == "Optimal"
    world.woken.clear()
    world.cache.hint_at_all()
    assert world.woken == []


def test_when_events_fall_silent_a_running_job_is_asked_for_until_they_come_again() -> None:
    world = listening()
    world.aws.start(world.job_name)
    world.look_later(200)
    world.polling.has_events = False
    world.cache.hint_at_all()
    world.settle()
    looks = world.count_calls("DescribeProcessingJob")
    world.look_later(130)
    assert world.count_calls("DescribeProcessingJob") == looks + 1
    world.polling.has_events = True
    world.look_later(150)
    looks = world.count_calls("DescribeProcessingJob")
    world.look_later(150)
    assert world.count_calls("DescribeProcessingJob") == looks
