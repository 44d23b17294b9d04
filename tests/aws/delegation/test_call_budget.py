"""How often AWS is called for one job."""

from __future__ import annotations

import pytest

from tests.aws.control import Call
from tests.aws.delegation.conftest import OpenScene
from tests.aws.delegation.manifests import TALKATIVE, build_program
from tests.aws.delegation.scene import Scene

pytestmark = pytest.mark.aws

MOST_CALLS = 6
MOST_CALLS_A_MINUTE = 2
USUAL = {"ARGMIN_SAGEMAKER_POLL_SECONDS": "30"}
"""The pace where nothing is set; that of other tests is quicker."""
QUICKER = 6
"""How much quicker time goes where minutes are counted."""
QUICK = {"ARGMIN_SAGEMAKER_POLL_SECONDS": str(30 // QUICKER)}
MINUTES = 2
QUICKEST = 30
"""The same where a whole life is lived through: a minute takes two seconds."""
PREPARING_MINUTES, RUNNING_MINUTES = 3, 20
PROGRESS_CALLS = ("DescribeLogStreams", "GetLogEvents")
LIVELY = f"""\
import time
from argmin_solvers import report

for step in range({RUNNING_MINUTES * 60 // QUICKEST}):
    report(objective=step / 100, sense="Maximize", outcome="Feasible")
    time.sleep(1)
{TALKATIVE}"""
"""It tells something new every second, and in the end more than an exit message holds."""
LONG = f"import time; time.sleep({MINUTES * 60 // QUICKER})"


def list_calls(scene: Scene) -> list[Call]:
    """All calls for the sake of a job: those on the queue serve all jobs."""
    return [call for call in scene.calls() if call.service not in ("sqs", "sts")]


def describe(calls: list[Call]) -> list[str]:
    return [f"{call.service}:{call.operation} {call.resource}" for call in calls]


def test_with_events_a_job_costs_six_calls_at_most(open_scene: OpenScene) -> None:
    scene = open_scene(**USUAL)
    scene.solve()
    calls = list_calls(scene)
    assert len(calls) <= MOST_CALLS, describe(calls)
    scene.check_attempts("blend", "Completed")


def test_with_events_minutes_of_preparing_and_running_cost_no_more_but_for_the_log(
    open_scene: OpenScene,
) -> None:
    scene = open_scene(ARGMIN_SAGEMAKER_POLL_SECONDS=str(30 // QUICKEST))
    scene.aws.configure(start_delay_seconds=PREPARING_MINUTES * 60 / QUICKEST)
    scene.submit(build_program("lively", LIVELY))
    scene.await_status("lively", lambda job: "progress" in job.get("status", {}), "is told of")
    scene.finish("lively")
    calls = list_calls(scene)
    of_log = [call for call in calls if call.operation in PROGRESS_CALLS]
    of_life = [call for call in calls if call.operation not in PROGRESS_CALLS]
    assert "GetObject" in [call.operation for call in of_life]
    assert len(of_life) <= MOST_CALLS, describe(of_life)
    assert len(of_log) <= RUNNING_MINUTES // 2, describe(of_log)
    scene.check_attempts("lively", "Completed")


def test_without_events_each_minute_costs_two_more_at_most(open_scene: OpenScene) -> None:
    scene = open_scene(events=False, **QUICK)
    scene.finish(scene.submit(build_program("slow", LONG)))
    calls = list_calls(scene)
    assert len(calls) <= MOST_CALLS + MINUTES * MOST_CALLS_A_MINUTE, describe(calls)


def test_a_role_is_assumed_once_for_many_jobs(guarded: Scene) -> None:
    for number in range(3):
        guarded.solve(f"blend-{number}")
    assert len(guarded.calls("sts", "AssumeRole")) == 1


def test_a_finished_job_costs_nothing_any_more(scene: Scene) -> None:
    scene.solve()
    before = list_calls(scene)
    scene.edit("blend", '{"metadata": {"labels": {"touched": "yes"}}}')
    scene.operator.kill()
    scene.operator.start()
    scene.operator.wait_until_it_leads()
    scene.solve("another")
    about = [call for call in list_calls(scene) if "blend" in call.resource]
    assert len(about) == len(before), describe(about)
