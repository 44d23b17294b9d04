"""Answers from SageMaker that are larger than a status may be: no runner of today writes them."""

from __future__ import annotations

from argmin.api.answer import METRICS_LIMIT, Metric
from argmin.aws.errors import TooLargeError
from argmin.aws.models import Access
from argmin.backends.sagemaker.jobs.processing import PROCESSING
from tests.unit.optimization.delegated import TEAM_ROLE, DelegatedWorld, running
from tests.unit.optimization.processing_jobs import Fault
from tests.unit.optimization.world import OPTIMAL

MANY = tuple(Metric(name=f"x_{number}", value="1.5") for number in range(5_000))


def end_with_many_metrics(world: DelegatedWorld, exit_message: str) -> None:
    """The container ends, with all that it told in the bucket."""
    world.pass_time(60)
    world.aws.end(world.job_name, 0, OPTIMAL.model_copy(update={"metrics": MANY}))
    world.aws.all_jobs[world.job_name].exit_message = exit_message
    world.look_later()


def short_answer() -> str:
    return OPTIMAL.model_copy(update={"shortened": True}).model_dump_json(by_alias=True)


def test_a_status_takes_the_first_metrics_of_an_answer_with_more() -> None:
    world = running()
    end_with_many_metrics(world, short_answer())
    assert world.true_conditions["Complete"] == "Optimal"
    taken = [metric["name"] for metric in world.status["metrics"]]
    assert taken == [metric.name for metric in MANY[:METRICS_LIMIT]]


def test_no_more_than_that_is_kept_in_mind() -> None:
    world = running()
    end_with_many_metrics(world, short_answer())
    entry = world.cache.find(PROCESSING, world.job_name, Access("eu-west-1", TEAM_ROLE))
    assert entry
    assert entry.observed
    assert entry.observed.answer
    assert len(entry.observed.answer.metrics) == METRICS_LIMIT
    assert entry.observed.answer.shortened


def test_an_answer_that_is_too_large_to_read_is_that_of_the_exit_message() -> None:
    world = running()
    refusal = TooLargeError("s3://results/answer.json is larger than 8388608 bytes", "s3:GetObject")
    world.aws.faults = [Fault("GetObject", refusal)]
    end_with_many_metrics(world, short_answer())
    assert world.true_conditions["Complete"] == "Optimal"
    assert world.status["objective"] == OPTIMAL.solve.objective
    assert world.status["solutionRef"]["s3"]["bucket"] == "results"
