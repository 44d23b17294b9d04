"""How much a run may write to the disk of its node."""

from __future__ import annotations

import pytest

from argmin.api.answer import ExitCode, Reason
from argmin.api.optimization.spec import OptimizationJob
from argmin.api.pod import Resources
from argmin.backends.defaults import Defaults
from argmin.optimization.build_run import build_run
from tests.refusals import MODEL
from tests.unit.optimization.world import failure, started

DEFAULT = Resources(limits={"cpu": "1", "memory": "2Gi"}, ephemeral_storage="10Gi")


@pytest.mark.parametrize(
    ("asked", "limit", "memory"),
    [
        ({}, "10Gi", "2Gi"),
        ({"limits": {"memory": "4Gi"}}, "10Gi", "4Gi"),
        ({"ephemeralStorage": "50Gi"}, "50Gi", "2Gi"),
        ({"ephemeralStorage": "50Gi", "limits": {"memory": "4Gi"}}, "50Gi", "4Gi"),
    ],
)
def test_the_limit_of_scratch_folders_and_the_compute_resources_have_a_default_each(
    asked: dict[str, object], limit: str, memory: str
) -> None:
    job = OptimizationJob.model_validate(
        {"metadata": {"name": "steel"}, "spec": {"model": MODEL, "resources": asked}}
    )
    resources = build_run(job, Defaults("argmin/solvers:1", "", DEFAULT)).resources
    assert resources.ephemeral_storage == limit
    assert resources.limits["memory"] == memory


EVICTION = {
    "phase": "Failed",
    "reason": "Evicted",
    "message": 'Usage of EmptyDir volume "output" exceeds the limit "10Gi". ',
}
ADVICE = "; write less, or raise spec.resources.ephemeralStorage"


@pytest.mark.parametrize("crash_after", range(4))
def test_a_pod_that_wrote_too_much_is_not_tried_again_though_it_says_it_was_interrupted(
    crash_after: int,
) -> None:
    world = started(backoffLimit=3)
    world.pod_ends(ExitCode.INTERRUPTED, failure(Reason.INTERRUPTED, "it was told to stop"))
    world.pod["status"].update(EVICTION)
    world.controller.sync(world.now)
    world.reconcile(crash_after)
    world.settle()
    assert world.true_conditions == {"Failed": "ScratchFolderFull"}
    assert world.message("Failed").endswith(ADVICE)
    assert not world.jobs  # it would make another pod
    (attempt,) = world.status["attempts"]
    assert attempt["reason"] == "ScratchFolderFull"


def test_a_pod_that_wrote_too_much_and_was_killed_has_failed() -> None:
    world = started(backoffLimit=0)
    world.pod_ends(137)
    world.pod["status"].update(EVICTION)
    world.sync()
    assert world.true_conditions == {"Failed": "ScratchFolderFull"}
    assert world.message("Failed") == (
        'Evicted: Usage of EmptyDir volume "output" exceeds the limit "10Gi".'
        "; write less, or raise spec.resources.ephemeralStorage"
    )
