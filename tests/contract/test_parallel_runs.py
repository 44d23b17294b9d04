"""Several runs of one owner: each has its own Job, pods, end, progress and result."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from argmin.api.answer import ExitCode, Reason, RunReport
from argmin.api.progress import Progress
from argmin.plan import JOBS, Key
from tests.contract import campuses, errands
from tests.contract.case import Case
from tests.kinds import runs
from tests.worlds.jobs import OPTIMAL, end_pods, list_jobs, run_pods
from tests.worlds.world import World

FAILED = RunReport(succeeded=False, reason=Reason.MODEL_FAILED, message="no such column")
cases = pytest.mark.parametrize("case", [errands.CASE, campuses.CASE], ids=lambda c: c.name)


@pytest.fixture
def case(request: pytest.FixtureRequest) -> Case:
    found: Case = request.param
    return found


def list_runs(world: World, case: Case) -> dict[str, str]:
    """The phases of the runs, by name."""
    return {run["name"]: run["phase"] for run in world.status(case.key)["runs"]}


@cases
def test_all_runs_of_an_owner_are_at_work_at_once(case: Case) -> None:
    with case.open() as world:
        case.live(world, 1)
        phases = list_runs(world, case)
        assert set(list_jobs(world)) == phases.keys()
        assert set(phases.values()) == {"Running"}
        world.settle(3600.0)
        assert set(list_jobs(world)) == phases.keys()


@cases
def test_a_run_that_ends_leaves_the_others_running(case: Case) -> None:
    with case.open() as world:
        case.live(world, 1)
        first, *others = list_runs(world, case)
        end_pods(world, OPTIMAL, job=first)
        world.settle()
        assert list_runs(world, case) == {first: "Succeeded", **dict.fromkeys(others, "Running")}
        assert set(list_jobs(world)) == {first, *others}


@cases
def test_a_job_that_somebody_deletes_is_made_again_and_no_other(case: Case) -> None:
    with case.open() as world:
        case.live(world, 1)
        before = {job["metadata"]["name"]: job["metadata"]["uid"] for job in jobs(world)}
        lost = jobs(world)[0]["metadata"]
        world.server.delete(Key(JOBS, lost["namespace"], lost["name"]))
        world.settle()
        after = {job["metadata"]["name"]: job["metadata"]["uid"] for job in jobs(world)}
        assert after.keys() == before.keys()
        assert {name for name in after if after[name] != before[name]} == {lost["name"]}


def jobs(world: World) -> list[dict[str, dict[str, str]]]:
    return world.server.list_all(JOBS)


def test_a_run_that_is_wanted_no_more_goes_and_the_others_stay() -> None:
    case = errands.CASE
    with case.open() as world:
        case.live(world, 1)
        kept = {job["metadata"]["uid"] for job in jobs(world)[:2]}
        world.server.patch(case.key, {"spec": {"parts": 2}})
        world.settle()
        assert {job["metadata"]["uid"] for job in jobs(world)} == kept
        assert len(world.status(case.key)["runs"]) == 2


def test_an_edit_of_what_is_computed_replaces_every_run() -> None:
    case = errands.CASE
    with case.open() as world:
        case.live(world)
        before = set(list_jobs(world))
        world.server.patch(case.key, {"spec": {"text": "to the bank"}})
        world.settle()
        assert not before & set(list_jobs(world))
        run_pods(world)
        world.settle()
        end_pods(world, OPTIMAL)
        world.settle()
        assert world.true_conditions(case.key) == {"Complete": "Ended"}


def test_runs_of_a_cluster_scoped_owner_are_in_the_namespaces_that_they_belong_to() -> None:
    with campuses.CASE.open() as world:
        campuses.CASE.live(world, 1)
        places = [job["metadata"]["namespace"] for job in jobs(world)]
        assert sorted(places) == ["east", "east", "east", "west", "west"]


@pytest.fixture
def two_owners() -> Iterator[World]:
    with errands.CASE.open() as world:
        errands.CASE.live(world)
        errands.CASE.create(world, "other")
        world.settle()
        yield world


def test_runs_of_another_owner_are_not_ours_to_delete(two_owners: World) -> None:
    two_owners.server.delete(errands.CASE.key)
    two_owners.settle()
    assert {name.partition("-")[0] for name in list_jobs(two_owners)} == {"other"}


def test_progress_of_two_runs_of_one_owner_is_told_apart() -> None:
    case = errands.CASE
    with case.open() as world:
        case.live(world, 1)
        uid = world.get(case.key)["metadata"]["uid"]
        for number, run in enumerate(list_runs(world, case)):
            progress = Progress(step=number, elapsed_seconds=1)
            world.call(world.progress.record, case.key, uid, run, f"{run}-pod", progress)
        seen = [world.progress.read(case.key, uid, run) for run in list_runs(world, case)]
        assert [each and each.progress.step for each in seen] == [0, 1, 2]


def test_results_of_two_runs_of_one_owner_are_told_apart() -> None:
    case = errands.CASE
    with case.open() as world:
        case.live(world, 1)
        first, *others = list_runs(world, case)
        end_pods(world, OPTIMAL, job=first)
        end_pods(world, OPTIMAL.with_result(objective="7"))
        world.settle()
        found = {run["name"]: run["objective"] for run in world.status(case.key)["runs"]}
        assert found == {first: "15005.0", **dict.fromkeys(others, "7")}
        assert runs.list_runs(world.get(case.key)).over == found.keys()


def test_one_run_that_fails_fails_its_owner_once_all_have_ended() -> None:
    case = errands.CASE
    with case.open() as world:
        case.live(world, 1)
        first, *_ = list_runs(world, case)
        end_pods(world, FAILED, ExitCode.INVALID_INPUT, job=first)
        world.settle()
        assert world.true_conditions(case.key) == {"Reconciling": "Running"}
        end_pods(world, OPTIMAL)
        world.settle()
        assert world.true_conditions(case.key) == {"Failed": "Ended"}
