"""What the examples answer, and how an answer is held against it."""

from __future__ import annotations

import pytest
import yaml

from tests.installation import ROOT
from tests.kubectl import Object, condition_of, holds

EXAMPLES = ROOT / "examples"
EXPECTED: list[Object] = yaml.safe_load((EXAMPLES / "expected.yaml").read_text())


def check_answer(job: Object, expected: Object) -> None:
    """Hold the status of a job against what `expected.yaml` says of its example."""
    status = job["status"]
    assert holds(job, "Complete"), status
    assert condition_of(job, "Complete")["reason"] == expected["reason"]
    exact = {"outcome", "sense", "bestBound", "gap", "solver", "solutions"} & expected.keys()
    assert {field: status.get(field) for field in exact} == {
        field: expected[field] for field in exact
    }
    if "proof" in expected:
        assert status["proof"]["level"] == expected["proof"], status["proof"]
    if "relativeTolerance" in expected:
        tolerance = float(expected["relativeTolerance"])
        wanted = pytest.approx(float(expected["objective"]), rel=tolerance)
        assert float(status["objective"]) == wanted
    elif "objective" in expected:
        assert status["objective"] == expected["objective"]
