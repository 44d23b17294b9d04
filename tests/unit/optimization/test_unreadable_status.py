"""A status that another version of argmin, or another controller, wrote in part."""

from __future__ import annotations

from typing import Any

import pytest

from argmin.api.optimization.spec import ABANDON
from argmin.plan import JOBS, Manifest, TerminalError
from argmin.runtime.controller.conditions import drop_own_conditions, set_stalled
from tests.unit.optimization.delegated import delegated, running
from tests.unit.optimization.world import OPTIMAL, World

FOREIGN: Manifest = {
    "type": "example.com/Audited",
    "status": "True",
    "reason": "Audited",
    "message": "x" * 32_768,  # what metav1 allows
    "lastTransitionTime": "2026-01-01T00:00:00Z",
}


def finished() -> World:
    """A complete job of which the status alone is left."""
    world = World()
    world.sync()
    world.pod_runs()
    world.sync()
    world.pod_ends(0, OPTIMAL)
    world.sync()
    assert condition(world, "Complete")["status"] == "True"
    world.remove(JOBS, world.job["metadata"]["name"])  # as somebody who tidies up does
    return world


def condition(world: World, kind: str) -> dict[str, Any]:
    return next(c for c in world.status["conditions"] if c["type"] == kind)


def test_a_condition_of_another_controller_that_is_too_long_starts_nothing_again() -> None:
    world = finished()
    world.status["conditions"].append(FOREIGN)
    plan = world.plan()
    assert not plan.apply
    complete = next(c for c in (plan.status or {})["conditions"] if c["type"] == "Complete")
    assert complete["status"] == "True"


def test_an_attempt_that_cannot_be_read_hides_no_other() -> None:
    world = finished()
    known = [run["name"] for run in world.status["attempts"]]
    world.status["attempts"].insert(0, {"name": "later-version", "exitCode": "none"})
    plan = world.plan()
    assert not plan.apply
    assert [run["name"] for run in (plan.status or {})["attempts"]] == known


@pytest.mark.parametrize("part", ["status", "lastTransitionTime", "message", "type"])
def test_an_end_that_cannot_be_read_is_not_taken_for_none(part: str) -> None:
    world = finished()
    condition(world, "Complete")[part] = ["of a later version"]
    with pytest.raises(TerminalError) as stalled:
        world.plan()
    assert stalled.value.reason == "StatusUnreadable"
    assert "status.conditions[" in stalled.value.message


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *((name, 7) for name in ("conditions", "attempts", "runName", "backend", "sageMaker")),
        *((name, "of a later version") for name in ("activeSeconds", "activeSince")),
    ],
)
def test_what_a_job_remembers_of_its_run_is_read_or_nothing_is_started(
    name: str, value: object
) -> None:
    world = finished()
    world.status[name] = value
    with pytest.raises(TerminalError, match=rf"status\.{name}: "):
        world.plan()


@pytest.mark.parametrize("name", ["conditions", "attempts"])
def test_what_cannot_be_read_stays_as_it_is_and_stalls_the_job_again(name: str) -> None:
    """Else the second look would read a status without it, and start the job."""
    world = finished()
    world.status[name] = 7
    for _ in range(2):
        with pytest.raises(TerminalError) as stalled:
            world.kind.parse(drop_own_conditions(world.object))
        error = stalled.value
        world.object["status"] = set_stalled(world.object, error.reason, error.message, world.now)
        assert world.status[name] == 7


def test_an_unreadable_end_outlives_what_the_engine_says_of_it() -> None:
    world = finished()
    condition(world, "Complete")["status"] = "Perhaps"
    for _ in range(2):
        with pytest.raises(TerminalError) as stalled:
            world.kind.parse(drop_own_conditions(world.object))
        error = stalled.value
        world.object["status"] = set_stalled(world.object, error.reason, error.message, world.now)
    assert condition(world, "Complete")["status"] == "Perhaps"
    assert condition(world, "Stalled")["reason"] == "StatusUnreadable"


def test_a_field_for_people_that_cannot_be_read_holds_nothing_up() -> None:
    world = finished()
    world.status["nodes"] = "many"
    assert not world.plan().apply


def test_a_job_with_an_unreadable_history_can_be_deleted() -> None:
    world = finished()
    world.status["attempts"] = 7
    world.object["metadata"]["deletionTimestamp"] = "2026-01-02T03:04:05Z"
    assert not world.plan().apply


def test_a_deleted_job_forgets_no_paid_run_unless_it_is_told_to() -> None:
    world = finished()
    world.status["sageMaker"] = 7
    world.object["metadata"]["deletionTimestamp"] = "2026-01-02T03:04:05Z"
    with pytest.raises(TerminalError, match=ABANDON):
        world.plan()
    world.object["metadata"]["annotations"] = {ABANDON: "true"}
    assert not world.plan().apply


@pytest.mark.parametrize("is_deleted", [False, True], ids=["kept", "deleted"])
@pytest.mark.parametrize(
    ("name", "value"), [("jobType", "JobOfALaterVersion"), ("assumeRoleArn", "argmin-team")]
)
def test_a_job_outside_that_cannot_be_found_by_its_record_stalls_the_owner(
    name: str, value: str, is_deleted: bool
) -> None:
    world = delegated()
    world.status["sageMaker"][name] = value
    if is_deleted:
        world.delete()
    with pytest.raises(TerminalError, match=rf"status\.sageMaker\.{name}: .*{ABANDON}") as stalled:
        world.plan()
    assert stalled.value.reason == "StatusUnreadable"


@pytest.mark.parametrize(("name", "value"), [("jobType", "Later"), ("assumeRoleArn", "x")])
def test_an_abandoned_owner_goes_whatever_its_record_says(name: str, value: str) -> None:
    world = delegated()
    world.status["sageMaker"][name] = value
    world.annotate(abandon="true")
    world.delete()
    world.settle()
    assert not world.exists


def test_the_type_of_a_job_that_has_ended_is_not_read() -> None:
    world = running()
    world.container_ends()
    world.status["sageMaker"]["jobType"] = "JobOfALaterVersion"
    assert not world.plan().calls
