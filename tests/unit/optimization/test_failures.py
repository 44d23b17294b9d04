"""A run that fails: tried again, given up, or not worth another try."""

from __future__ import annotations

import pytest

from argmin.api.answer import ExitCode, Reason
from argmin.plan import JOBS
from tests.unit.optimization.world import World, failure, started

BROKEN = failure(Reason.PROGRAM_FAILED, "ZeroDivisionError: division by zero (line 3)")


def fail_once(world: World) -> None:
    world.pod_ends(ExitCode.PROGRAM_FAILED, BROKEN)
    world.sync()


def test_a_failed_attempt_is_followed_by_another_that_is_counted() -> None:
    world = started(backoffLimit=3)
    fail_once(world)
    assert world.status["state"] == "Pending"
    assert world.message("Reconciling") == (
        "attempt 2 of 4 follows; the last ended with"
        " ProgramFailed: ZeroDivisionError: division by zero (line 3)"
    )
    world.pod_runs()
    world.sync()
    assert world.status["state"] == "Running"
    assert world.message("Reconciling") == "attempt 2 of 4 is running"


def test_a_job_that_used_up_its_attempts_has_failed_for_the_reason_of_the_last() -> None:
    world = started(backoffLimit=1)
    fail_once(world)
    world.pod_runs()
    world.sync()
    fail_once(world)
    assert world.status["state"] == "Failed"
    assert world.status["outcome"] == "Error"
    assert world.true_conditions == {"Failed": "ProgramFailed"}
    assert world.message("Failed") == (
        "2 attempts failed; the last: ZeroDivisionError: division by zero (line 3)"
    )
    assert [run["exitCode"] for run in world.status["attempts"]] == [11, 11]
    (event,) = world.events
    assert event.warning


def test_attempts_are_remembered_after_their_pods_are_gone() -> None:
    world = started(backoffLimit=1)
    fail_once(world)
    first = world.status["attempts"][0]
    world.pods[0]["metadata"]["deletionTimestamp"] = "2026-01-02T03:05:00Z"
    world.pods_are_removed()
    world.sync()
    assert world.status["attempts"] == [first]


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        (ExitCode.INVALID_INPUT, Reason.INVALID_MODEL),
        (ExitCode.INVALID_INPUT, Reason.UNKNOWN_OPTION),
        (ExitCode.ANSWER_TOO_LARGE, Reason.ANSWER_TOO_LARGE),
    ],
)
def test_what_a_rerun_cannot_mend_fails_at_once(code: int, reason: Reason) -> None:
    world = started(backoffLimit=3)
    world.pod_ends(code, failure(reason, "line 7: no number"))
    world.settle()
    assert world.true_conditions == {"Failed": reason}
    assert world.message("Failed") == "line 7: no number"
    world.sync()
    assert len(world.pods) == 1


def test_out_of_memory_names_the_limit_and_the_field() -> None:
    world = started(backoffLimit=0, resources={"limits": {"memory": "1Gi"}})
    world.pod_ends(137, reason="OOMKilled")
    world.sync()
    assert world.true_conditions == {"Failed": "OOMKilled"}
    assert world.message("Failed") == (
        "the run needed more than its memory limit of 1Gi and was killed:"
        " raise spec.resources.limits.memory, or use fewer threads"
    )


def test_out_of_memory_without_a_limit_speaks_of_the_node() -> None:
    world = started(backoffLimit=0)
    world.pod_ends(137, reason="OOMKilled")
    world.sync()
    assert "its node ran out of memory" in world.message("Failed")


def test_a_crash_without_an_answer_gives_exit_code_and_last_words() -> None:
    world = started(backoffLimit=0)
    world.pod_ends(139, text="Fatal Python error:\n Segmentation fault")
    world.sync()
    assert world.true_conditions == {"Failed": "Crashed"}
    assert world.message("Failed") == (
        "the runner ended with exit code 139 and no answer: Fatal Python error: Segmentation fault"
    )


def test_an_image_without_the_runner_is_named() -> None:
    world = started(backoffLimit=0, image="alpine:3")
    world.pod_ends(128, text='exec: "python": executable file not found', reason="StartError")
    world.sync()
    assert world.true_conditions == {"Failed": "ContainerCannotRun"}
    assert 'image "alpine:3" cannot start argmin\'s runner' in world.message("Failed")


def test_a_failed_job_stays_failed_when_its_backoff_limit_is_raised() -> None:
    world = started(backoffLimit=0)
    fail_once(world)
    world.edit(backoffLimit=5)
    world.sync()
    assert world.status["state"] == "Failed"
    assert world.status["observedGeneration"] == 2
    assert len(world.pods) == 1


def test_a_job_without_any_trace_of_its_pod_fails_in_kubernetes_own_words() -> None:
    world = World(backoffLimit=0)
    world.sync()
    world.pod_runs()
    world.pod_ends(1)
    world.controller.sync(world.now)
    world.pod["metadata"]["deletionTimestamp"] = "2026-01-02T03:05:00Z"
    world.pods_are_removed()
    world.pass_time(60)
    world.sync()
    assert world.true_conditions == {"Failed": "BackoffLimitExceeded"}
    assert world.message("Failed") == "the Job's BackoffLimitExceeded"


def test_attempts_beyond_the_limit_of_one_job_are_not_counted_as_of_it() -> None:
    world = started(backoffLimit=1)
    fail_once(world)
    world.remove(JOBS, world.job["metadata"]["name"])
    world.sync()
    world.pod_runs()
    world.sync()
    fail_once(world)
    assert world.message("Reconciling").startswith("attempt 3 follows; the last ended with")
