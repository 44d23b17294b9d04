"""A job in a namespace that does not allow all that it asks for."""

from __future__ import annotations

from typing import Any

import pytest

from argmin.api.backend import BackendName
from argmin.api.conditions import STALLED
from argmin.backends.policy import Allowed, Limits, PolicySettings
from tests.unit.optimization.delegated import ROLE, TEAM_ROLE, DelegatedWorld
from tests.unit.optimization.test_queue_labels import LABELS, admit
from tests.unit.optimization.world import World

STRICT = PolicySettings(allowed=Allowed(images=("registry.example/*",)))
NOT_ON_AWS = PolicySettings(allowed=Allowed(backends=(BackendName.PODS,)))
OTHER_MODEL = {"format": "mps", "source": {"inline": "NAME copper"}}
SHORT = PolicySettings(limits=Limits(active_deadline_seconds=600))


def restrict(world: World, policy: PolicySettings) -> None:
    world.policy = policy
    world.settle()


def test_a_job_that_asks_for_too_much_is_not_started_and_says_why() -> None:
    world = World(image="docker.io/somebody/solver")
    restrict(world, STRICT)
    assert world.jobs == []
    assert world.true_conditions[STALLED] == "PolicyViolation"
    (stalled,) = (c for c in world.status["conditions"] if c["type"] == STALLED)
    assert stalled["message"] == (
        "spec.image: docker.io/somebody/solver is not allowed in namespace team: allowed is"
        " registry.example/* (teams.team.policy.allowed.images in the values of argmin's chart)"
    )


def test_it_starts_when_its_spec_is_put_right() -> None:
    world = World(image="docker.io/somebody/solver")
    restrict(world, STRICT)
    world.edit(image="registry.example/solver")
    world.settle()
    assert len(world.jobs) == 1
    assert STALLED not in world.true_conditions


def test_it_starts_when_the_policy_allows_it() -> None:
    world = World(image="docker.io/somebody/solver")
    restrict(world, STRICT)
    restrict(world, PolicySettings())
    assert len(world.jobs) == 1
    assert STALLED not in world.true_conditions


def test_what_runs_goes_on_under_a_stricter_policy() -> None:
    world = World(image="docker.io/somebody/solver")
    world.settle()
    restrict(world, STRICT)
    assert len(world.jobs) == 1
    assert STALLED not in world.true_conditions


def test_a_suspended_job_is_not_resumed_under_a_stricter_policy() -> None:
    world = World(activeDeadlineSeconds=900)
    world.settle()
    world.edit(suspend=True)
    world.settle()
    restrict(world, SHORT)
    assert STALLED not in world.true_conditions
    world.edit(suspend=False)
    world.settle()
    assert world.job["spec"]["suspend"] is True
    assert world.true_conditions[STALLED] == "PolicyViolation"
    world.edit(activeDeadlineSeconds=600)
    world.settle()
    assert world.job["spec"]["suspend"] is False


@pytest.mark.parametrize("wanted", [None, 900], ids=["no deadline", "a later deadline"])
def test_an_edit_gives_what_runs_no_more_time_than_is_allowed(wanted: int | None) -> None:
    world = World(activeDeadlineSeconds=300)
    restrict(world, SHORT)
    world.sync()
    world.pod_runs()
    world.sync()
    world.edit(activeDeadlineSeconds=wanted)
    world.sync()
    assert world.job["spec"]["activeDeadlineSeconds"] == 600
    assert world.status["state"] == "Running"


def test_what_runs_gets_the_limit_of_a_stricter_policy_as_its_deadline() -> None:
    world = World(activeDeadlineSeconds=900)
    world.sync()
    uid = world.job["metadata"]["uid"]
    restrict(world, SHORT)
    assert world.job["metadata"]["uid"] == uid
    assert world.job["spec"]["activeDeadlineSeconds"] == 600


def test_a_job_that_its_queue_holds_is_deleted_since_the_queue_would_start_it() -> None:
    world = World(labels=LABELS, activeDeadlineSeconds=600)
    restrict(world, SHORT)
    world.sync()
    world.edit(activeDeadlineSeconds=900)
    world.sync()
    assert world.jobs == []
    assert world.true_conditions == {STALLED: "PolicyViolation"}
    world.edit(activeDeadlineSeconds=600)
    world.sync()
    assert world.job["spec"]["suspend"] is True
    assert world.status["state"] == "Queued"


def test_a_job_that_its_queue_has_started_goes_on_within_the_limit() -> None:
    world = World(labels=LABELS, activeDeadlineSeconds=600)
    restrict(world, SHORT)
    world.sync()
    admit(world)
    world.edit(activeDeadlineSeconds=900)
    world.sync()
    assert world.job["spec"]["activeDeadlineSeconds"] == 600
    assert world.job["spec"]["suspend"] is False


def announced(**spec: Any) -> DelegatedWorld:
    """A world whose job is announced in the status and not created yet."""
    world = DelegatedWorld(**spec)
    world.reconcile()
    assert world.aws.calls == []
    return world


def test_what_is_announced_and_not_created_is_not_created_under_a_stricter_policy() -> None:
    world = announced()
    restrict(world, NOT_ON_AWS)
    world.look_later()
    assert world.count_calls("CreateProcessingJob") == 0
    assert world.true_conditions == {STALLED: "PolicyViolation"}
    restrict(world, PolicySettings())
    assert world.count_calls("CreateProcessingJob") == 1
    assert STALLED not in world.true_conditions


def test_what_is_announced_is_not_created_with_more_time_than_is_allowed() -> None:
    world = announced(activeDeadlineSeconds=600)
    world.policy = SHORT
    world.edit(activeDeadlineSeconds=None)
    world.settle()
    world.look_later()
    assert world.count_calls("CreateProcessingJob") == 0
    assert world.true_conditions == {STALLED: "PolicyViolation"}


def test_an_announced_run_that_may_not_start_uses_no_running_time() -> None:
    world = announced(activeDeadlineSeconds=600)
    restrict(world, NOT_ON_AWS)
    world.look_later()
    world.look_later(3600)
    assert world.true_conditions == {STALLED: "PolicyViolation"}
    restrict(world, PolicySettings())
    assert world.aws_job
    assert world.status["activeSince"] == world.age()


@pytest.mark.parametrize(
    "edit", [{}, {"model": OTHER_MODEL}], ids=["of the same run", "of another run"]
)
@pytest.mark.parametrize("is_deleted", [False, True], ids=["wanted", "deleted"])
def test_a_role_that_is_not_allowed_is_never_assumed(
    edit: dict[str, Any], is_deleted: bool
) -> None:
    world = announced()
    world.policy = PolicySettings(allowed=Allowed(roles=(ROLE, TEAM_ROLE)))
    world.edit(backend={"sageMaker": {"assumeRoleArn": f"{ROLE}-of-others"}}, **edit)
    if is_deleted:
        world.delete()
    world.settle()
    world.look_later()
    assert {access.role_arn for access in world.aws.accesses} == {TEAM_ROLE}


def test_what_was_created_and_not_recorded_goes_on_under_a_stricter_policy() -> None:
    world = announced()
    world.reconcile()
    world.restart()
    assert world.aws_job
    restrict(world, NOT_ON_AWS)
    assert world.status["sageMaker"]["jobArn"] == world.aws_job.arn
    assert STALLED not in world.true_conditions
