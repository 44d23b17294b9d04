"""Attempts that fail: by the job's own fault, which counts, or by AWS's, which does not."""

from __future__ import annotations

import pytest

from tests.aws.delegation.manifests import BLEND_VALUE, build_job, build_program
from tests.aws.delegation.scene import Scene

pytestmark = pytest.mark.aws


def test_a_program_that_fails_is_tried_as_often_as_its_limit_says(scene: Scene) -> None:
    job = build_program("failing", "raise SystemExit('no good')", backoffLimit=1)
    status = scene.finish(scene.submit(job))
    assert status["state"] == "Failed"
    failed = next(c for c in status["conditions"] if c["type"] == "Failed")
    assert failed["reason"] == "ProgramFailed"
    assert len({run["name"] for run in status["attempts"]}) == 2
    scene.check_attempts("failing", "Failed", "Failed")
    scene.check_nothing_left("failing")


def test_what_aws_breaks_does_not_count_against_the_job(scene: Scene) -> None:
    scene.aws.configure(job_failures={"times": 2})
    status = scene.solve(backoffLimit=0)
    assert status["objective"] == BLEND_VALUE
    assert [run["reason"] for run in status["attempts"][:2]] == ["PlatformFailed"] * 2
    scene.check_attempts("blend", "Failed", "Failed", "Completed")
    scene.check_nothing_left("blend")


def test_an_image_that_cannot_be_pulled_is_named(scene: Scene) -> None:
    status = scene.solve(image="nobody/knows:1")
    failed = next(c for c in status["conditions"] if c["type"] == "Failed")
    assert "nobody/knows:1" in failed["message"]
    scene.check_attempts("blend", "Failed")


def test_an_input_that_is_not_there_is_named(scene: Scene) -> None:
    source = {"s3": {"bucket": "argmin", "key": "models/nothing.lp"}}
    job = build_job("lost", model={"format": "lp", "source": source})
    status = scene.finish(scene.submit(job))
    failed = next(c for c in status["conditions"] if c["type"] == "Failed")
    assert failed["reason"] == "SourceNotFound"
    scene.check_attempts("lost", "Failed")
