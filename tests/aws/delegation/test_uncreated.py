"""Announced, and never created: by the guide's policies too, nothing holds such a job.

To ask for a job that is not there is refused by them, as for one of another namespace.
"""

from __future__ import annotations

import pytest

from tests.aws.delegation.manifests import BLEND_VALUE, build_blend
from tests.aws.delegation.scene import Scene
from tests.kubectl import holds

pytestmark = pytest.mark.aws

QUOTA = "ml.m5.large for processing job usage"


@pytest.fixture
def waiting(guarded: Scene) -> Scene:
    """A job waits for a quota, and has been refused once."""
    guarded.aws.configure(quotas={QUOTA: 0})
    guarded.submit(build_blend("blend"))
    guarded.await_condition("blend", "Reconciling", "QuotaExceeded")
    return guarded


def test_it_is_deleted(waiting: Scene) -> None:
    waiting.delete("blend")
    waiting.await_gone("blend")
    waiting.check_attempts("blend")


def test_it_is_suspended_and_goes_on(waiting: Scene) -> None:
    waiting.edit("blend", '{"spec": {"suspend": true}}')
    waiting.await_status("blend", lambda obj: holds(obj, "Suspended"), "is suspended")
    waiting.aws.configure(quotas={})
    waiting.edit("blend", '{"spec": {"suspend": false}}')
    assert waiting.finish("blend")["objective"] == BLEND_VALUE
    waiting.check_attempts("blend", "Completed")


def test_it_is_edited_and_runs_as_it_is_written_then(waiting: Scene) -> None:
    waiting.edit("blend", '{"spec": {"env": [{"name": "SEED", "value": "7"}]}}')
    waiting.await_status(
        "blend",
        lambda obj: obj["status"].get("observedGeneration") == obj["metadata"]["generation"],
        "is seen as it is written now",
    )
    waiting.aws.configure(quotas={})
    assert waiting.finish("blend")["objective"] == BLEND_VALUE
    waiting.check_attempts("blend", "Completed")
