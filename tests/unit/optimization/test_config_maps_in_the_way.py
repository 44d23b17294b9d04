"""A ConfigMap of the run's name that argmin cannot replace: nothing is deleted, and it waits."""

from __future__ import annotations

import pytest

from argmin.plan import CONFIG_MAPS, JOBS, Blocked, Key, Manifest
from tests.unit.optimization.world import NAMESPACE, World, started


def lose_job_with_stale_config_map() -> tuple[World, Manifest]:
    """A world whose Job is gone and whose ConfigMap has another content."""
    world = started()
    name = world.job["metadata"]["name"]
    found = world.store.objects[Key(CONFIG_MAPS, NAMESPACE, name)]
    found["data"] = {"other": "content"}
    del world.store.objects[Key(JOBS, NAMESPACE, name)]
    world.status.pop("activeSince", None)
    return world, found


def test_a_config_map_that_is_being_deleted_is_not_deleted_again() -> None:
    world, found = lose_job_with_stale_config_map()
    found["metadata"]["deletionTimestamp"] = "2026-01-02T03:04:05Z"
    with pytest.raises(Blocked, match="is being deleted") as blocked:
        world.plan()
    assert blocked.value.waiting


def test_a_config_map_of_somebody_else_is_reported_and_never_deleted() -> None:
    world, found = lose_job_with_stale_config_map()
    found["metadata"]["ownerReferences"] = []
    with pytest.raises(Blocked, match=found["metadata"]["name"]) as blocked:
        world.plan()
    assert not blocked.value.waiting
