"""A job in a queue of Kueue: the queue decides when it runs."""

from __future__ import annotations

from typing import Any

from argmin.api.answer import ExitCode, Reason
from argmin.api.base import LABEL_QUEUE
from tests.unit.optimization.world import OPTIMAL, World, failure

LABELS = {LABEL_QUEUE: "solvers", "kueue.x-k8s.io/priority-class": "high", "team": "or"}


def queued(**spec: Any) -> World:
    world = World(labels=LABELS, **spec)
    world.sync()
    return world


def admit(world: World) -> None:
    world.job["spec"]["suspend"] = False
    world.sync()


def test_the_labels_of_the_queue_are_passed_on_and_others_are_not() -> None:
    labels = queued().job["metadata"]["labels"]
    assert labels[LABEL_QUEUE] == "solvers"
    assert labels["kueue.x-k8s.io/priority-class"] == "high"
    assert "team" not in labels


def test_a_job_waits_in_its_queue() -> None:
    world = queued()
    assert world.job["spec"]["suspend"] is True
    assert world.pods == []
    assert world.status["state"] == "Queued"
    assert world.true_conditions == {"Reconciling": "Queued"}


def test_waiting_in_the_queue_is_no_running_time() -> None:
    world = queued(activeDeadlineSeconds=600)
    assert "activeSince" not in world.status
    world.pass_time(3600)
    admit(world)
    world.pod_runs()
    world.sync()
    assert world.status["activeSince"] == "2026-01-02T04:04:05Z"
    assert world.job["spec"]["activeDeadlineSeconds"] == 600


def test_a_job_that_the_queue_lets_go_runs() -> None:
    world = queued()
    admit(world)
    world.pod_runs()
    world.sync()
    assert world.status["state"] == "Running"
    world.pod_ends(0, OPTIMAL)
    world.sync()
    assert world.true_conditions == {"Complete": "Optimal"}


def test_a_job_that_the_queue_takes_back_waits_again_with_the_time_that_is_left() -> None:
    world = queued(activeDeadlineSeconds=600)
    admit(world)
    world.pod_runs()
    world.sync()
    world.pass_time(100)
    world.job["spec"]["suspend"] = True
    world.sync()
    world.pod_ends(ExitCode.INTERRUPTED, failure(Reason.INTERRUPTED, "interrupted"))
    world.pass_time(50)
    world.sync()
    world.pods_are_removed()
    assert world.status["state"] == "Queued"
    assert world.status["activeSeconds"] == 100
    world.pass_time(10_000)
    admit(world)
    assert len(world.pods) == 1
    assert world.job["spec"]["activeDeadlineSeconds"] == 500


def test_a_job_that_the_user_holds_gives_its_place_back() -> None:
    world = queued()
    admit(world)
    world.edit(suspend=True)
    world.sync()
    assert world.jobs == []
    assert world.status["state"] == "Suspended"
    world.edit(suspend=False)
    world.sync()
    assert world.status["state"] == "Queued"
    assert world.job["spec"]["suspend"] is True


def test_a_waiting_job_moves_with_its_label_and_a_running_one_stays() -> None:
    world = queued()
    world.object["metadata"]["labels"][LABEL_QUEUE] = "night"
    world.sync()
    assert world.job["metadata"]["labels"][LABEL_QUEUE] == "night"
    admit(world)
    world.object["metadata"]["labels"][LABEL_QUEUE] = "day"
    world.sync()
    assert world.job["metadata"]["labels"][LABEL_QUEUE] == "night"
