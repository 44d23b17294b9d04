"""A pod that does not start: what is said, and whether waiting helps."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from argmin.plan import CONFIG_MAPS
from tests.unit.optimization.world import World, started


def waiting(reason: str, message: str, **spec: Any) -> World:
    world = World(**spec)
    world.sync()
    world.pod_waits(reason, message)
    world.sync()
    return world


def test_an_image_that_does_not_exist_stalls_the_job_and_names_the_field() -> None:
    world = waiting("ErrImagePull", "not found", image="ghcr.io/team/solver:9")
    assert world.status["state"] == "Stalled"
    assert world.true_conditions == {"Stalled": "ImagePullBackOff"}
    assert world.message("Stalled") == (
        'image "ghcr.io/team/solver:9" cannot be pulled: not found;'
        " correct spec.image, or name a login for its registry in spec.imagePullSecrets"
    )
    (event,) = world.events
    assert event.warning


def test_the_kubelets_two_wordings_of_a_failed_pull_are_written_once() -> None:
    world = waiting("ErrImagePull", "not found", image="nowhere:1")
    writes = world.status_writes()
    world.pod_waits(
        "ImagePullBackOff", 'Back-off pulling image "nowhere:1": ErrImagePull: not found'
    )
    world.sync()
    assert world.status_writes() == writes


def test_a_registry_that_is_not_reached_is_not_told_anew_for_every_port_that_was_tried() -> None:
    world = waiting("ErrImagePull", "dial tcp: read udp 10.0.0.1:39611->10.0.0.2:53: i/o timeout")
    writes = world.status_writes()
    world.pod_waits("ErrImagePull", "dial tcp: read udp 10.0.0.1:4711->10.0.0.2:53: i/o timeout")
    world.sync()
    assert world.status_writes() == writes
    assert "dial tcp: i/o timeout" in world.message("Stalled")


def test_a_job_whose_image_arrives_goes_on() -> None:
    world = waiting("ImagePullBackOff", "")
    world.pod_runs()
    world.sync()
    assert world.status["state"] == "Running"
    assert world.true_conditions == {"Reconciling": "Running"}


def test_a_name_that_is_no_image_stalls_the_job() -> None:
    world = waiting("InvalidImageName", "", image="Not An Image")
    assert world.true_conditions == {"Stalled": "InvalidImageName"}
    assert world.message("Stalled") == '"Not An Image" is no image name: correct spec.image'


def test_a_missing_secret_stalls_the_job_and_is_named() -> None:
    world = waiting("CreateContainerConfigError", 'secret "license" not found')
    assert world.true_conditions == {"Stalled": "CreateContainerConfigError"}
    assert 'secret "license" not found' in world.message("Stalled")
    assert "spec.env" in world.message("Stalled")


def test_a_pod_that_no_node_can_take_waits_with_the_schedulers_words() -> None:
    world = World()
    world.sync()
    message = "0/3 nodes are available: 3 Insufficient memory."
    world.pod["status"]["conditions"] = [
        {"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": message}
    ]
    world.sync()
    assert world.status["state"] == "Pending"
    assert world.true_conditions == {"Reconciling": "Unschedulable"}
    assert message in world.message("Reconciling")
    assert "spec.resources" in world.message("Reconciling")


def test_a_job_that_gets_no_pod_says_where_to_look() -> None:
    world = World()
    world.settle()
    world.job["status"] = {"startTime": "2026-01-02T03:04:05Z"}
    world.settle()
    assert world.requeue_after == timedelta(seconds=20)
    world.pass_time(20)
    world.settle()
    assert world.true_conditions == {"Reconciling": "PodsNotCreated"}
    assert f"kubectl describe job {world.status['runName']}" in world.message("Reconciling")


def test_a_pod_that_takes_long_to_start_says_where_to_look() -> None:
    world = waiting("ContainerCreating", "")
    assert world.true_conditions == {"Reconciling": "Pending"}
    assert world.requeue_after == timedelta(seconds=20)
    world.pass_time(20)
    world.settle()
    assert world.true_conditions == {"Reconciling": "VolumesNotReady"}
    assert world.requeue_after == timedelta(seconds=20)
    world.pass_time(3600)
    world.settle()
    assert world.requeue_after == timedelta(seconds=60)


def test_a_pod_that_waits_for_the_runs_deleted_config_map_gets_it_back() -> None:
    world = waiting("ContainerCreating", "")
    world.remove(CONFIG_MAPS, world.status["runName"])
    world.pass_time(30)
    world.settle()
    (config_map,) = world.store.of(CONFIG_MAPS)
    assert config_map["metadata"]["name"] == world.status["runName"]


def test_a_source_that_vanishes_before_the_pod_starts_is_named() -> None:
    source = {"configMapKeyRef": {"name": "models", "key": "a.mps"}}
    world = World(model={"format": "mps", "source": source})
    world.add_config_map("models", {"a.mps": "NAME a"})
    world.sync()
    world.pod_waits("ContainerCreating")
    world.remove(CONFIG_MAPS, "models")
    world.pass_time(30)
    world.settle()
    assert world.true_conditions == {"Stalled": "SourceNotFound"}


@pytest.mark.parametrize("reason", ["CreateContainerError", "RunContainerError"])
def test_a_container_that_cannot_be_made_stalls_with_the_runtimes_words(reason: str) -> None:
    world = waiting(reason, "no such device")
    assert world.true_conditions == {"Stalled": "CreateContainerError"}
    assert "no such device" in world.message("Stalled")


def test_a_started_pod_ends_all_waiting() -> None:
    world = started()
    assert world.requeue_after is None
