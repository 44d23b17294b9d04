"""S3 goes down and comes back: at the document's upload, and at the answer's reading."""

from __future__ import annotations

import pytest

from tests.aws.control import FaultKind
from tests.aws.delegation.identity import OPERATOR
from tests.aws.delegation.manifests import BLEND_VALUE, build_blend, build_talkative
from tests.aws.delegation.scene import Scene

pytestmark = pytest.mark.aws

KINDS = [FaultKind.UNAVAILABLE, FaultKind.RESET]


@pytest.mark.parametrize("kind", KINDS)
def test_it_is_down_at_the_upload_of_the_document(scene: Scene, kind: FaultKind) -> None:
    with scene.aws.faults.during(kind, "s3", "*", principal=OPERATOR) as fault:
        scene.submit(build_blend("blend"))
        scene.await_hit(fault, times=3)
        scene.check_attempts("blend")
    assert scene.finish("blend")["objective"] == BLEND_VALUE
    scene.check_attempts("blend", "Completed")
    scene.check_nothing_left("blend")


@pytest.mark.parametrize("kind", KINDS)
def test_it_is_down_at_the_reading_of_the_answer(scene: Scene, kind: FaultKind) -> None:
    with scene.aws.faults.during(kind, "s3", "GetObject", principal=OPERATOR) as fault:
        scene.submit(build_talkative("talkative"))
        scene.await_hit(fault, times=3)
    status = scene.finish("talkative")
    assert len(status["metrics"]) == 60
    scene.check_attempts("talkative", "Completed")
    scene.check_nothing_left("talkative")
