"""Two operators: the second goes on where the first ends, and neither doubles anything."""

from __future__ import annotations

import pytest

from tests.aws.delegation.conftest import OpenScene
from tests.aws.delegation.manifests import BLEND_VALUE, build_blend

pytestmark = pytest.mark.aws

QUICK = "6"
"""Seconds until the lease of one that was killed is free."""


def test_another_leader_goes_on_with_all_jobs(open_scene: OpenScene) -> None:
    first = open_scene(ARGMIN_LEASE_SECONDS=QUICK)
    first.operator.wait_until_it_leads()
    second = open_scene(name="argmin-1", ARGMIN_LEASE_SECONDS=QUICK)
    first.start_endless()
    with first.held("sagemaker", "CreateProcessingJob", "after") as fault:
        first.submit(build_blend("blend"))
        first.await_hit(fault)
        first.operator.kill()
    second.operator.wait_until_it_leads()
    assert second.finish("blend")["objective"] == BLEND_VALUE
    second.check_attempts("blend", "Completed")
    second.delete("endless")
    second.await_gone("endless")
    second.check_attempts("endless", "Stopped")
