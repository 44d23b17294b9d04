"""A delegated search is told of while it runs: in the status and the gauges, for few calls."""

from __future__ import annotations

import math
import random

import pytest

from tests.aws.delegation.conftest import OpenScene
from tests.aws.delegation.manifests import build_job
from tests.aws.delegation.scene import KIND, Scene
from tests.kubectl import Object

pytestmark = pytest.mark.aws

SECONDS = 16
PAUSE = 1
"""Seconds between two calls for a job, here; 30 where nothing is set."""
CALLS_OF_A_LIFE = 6


@pytest.fixture
def scene(open_scene: OpenScene) -> Scene:
    return open_scene(ARGMIN_SAGEMAKER_POLL_SECONDS=str(PAUSE))


def build_market_split(rows: int = 6, columns: int = 50) -> str:
    """A market split problem: solutions are found at once, and better ones for hours."""
    chance = random.Random(1)
    target, constraints = [], []
    for row in range(rows):
        weights = [chance.randrange(100) for _ in range(columns)]
        terms = " + ".join(f"{weight} x{n}" for n, weight in enumerate(weights))
        constraints.append(f" row{row}: {terms} + over{row} - under{row} = {sum(weights) // 2}")
        target += [f"over{row}", f"under{row}"]
    names = " ".join(f"x{n}" for n in range(columns))
    lines = ["Minimize", f" miss: {' + '.join(target)}", "Subject To", *constraints]
    return "\n".join([*lines, "Binary", f" {names}", "End", ""])


def submit_search(scene: Scene, seconds: int = SECONDS) -> None:
    model = {"format": "lp", "source": {"inline": build_market_split()}}
    limits = {"time": f"{seconds}s"}
    scene.submit(build_job("search", model=model, limits=limits, solver={"name": "highs"}))


def is_told_of(job: Object) -> bool:
    return "progress" in job.get("status", {})


def list_gauges(scene: Scene) -> list[str]:
    return [
        line
        for line in scene.operator.ask("/metrics")[1].splitlines()
        if line.startswith("argmin_solve_") and 'name="search"' in line
    ]


def test_a_search_is_told_of_while_it_runs_and_no_more_at_its_end(scene: Scene) -> None:
    submit_search(scene)
    status = scene.await_status("search", is_told_of, "is told of")
    assert float(status["progress"]["objective"]) >= 0
    assert status["state"] == "Running"
    assert any(line.startswith("argmin_solve_objective{") for line in list_gauges(scene))
    status = scene.finish("search")
    assert status["outcome"] == "Feasible"
    assert "progress" not in status
    assert list_gauges(scene) == []


def test_progress_costs_two_calls_a_minute_at_the_usual_pace(scene: Scene) -> None:
    submit_search(scene)
    scene.finish("search")
    (job,) = scene.attempts("search")
    assert job.started
    assert job.ended
    calls = [call for call in scene.calls() if call.service not in ("sqs", "sts")]
    told = [f"{call.service}:{call.operation}" for call in calls]
    assert "logs:GetLogEvents" in told
    assert told.count("logs:DescribeLogStreams") <= 2, told
    most = CALLS_OF_A_LIFE + math.ceil((job.ended - job.started).total_seconds() / PAUSE)
    assert len(told) <= most, told


def test_the_next_leader_keeps_what_was_written(scene: Scene) -> None:
    submit_search(scene, 3 * SECONDS)  # it has to outlive the change of leaders
    scene.await_status("search", is_told_of, "is told of")
    scene.operator.kill()
    assert "progress" in scene.user.get(KIND, "search")["status"]
    with scene.aws.faults.during("access-denied", "logs"):
        scene.operator.start()
        scene.operator.wait_until_it_leads()
        scene.await_condition("search", "Reconciling", "Running")
        assert "progress" in scene.user.get(KIND, "search")["status"]
    assert scene.finish("search")["outcome"] == "Feasible"
