"""Where a search at SageMaker stands, in the status while it runs: read from its log."""

from __future__ import annotations

import pytest

from tests.aws.delegation.manifests import build_program
from tests.aws.delegation.scene import KIND, Scene
from tests.kubectl import Object

pytestmark = pytest.mark.aws

SEARCH = """\
import time
from argmin_solvers import report

for value in range(20, 4, -1):
    report(objective=value, bound=4, sense="Minimize")
    time.sleep(1)
report(objective=4, outcome="Optimal")
"""


def read_objective(obj: Object) -> float | None:
    """The objective of the incumbent that the status tells of."""
    told = obj.get("status", {}).get("progress") or {}
    return float(told["objective"]) if "objective" in told else None


def test_the_status_follows_the_search_and_forgets_it_at_the_end(scene: Scene) -> None:
    scene.submit(build_program("search", SEARCH))
    scene.await_status("search", lambda obj: read_objective(obj) is not None, "tells of it")
    first = read_objective(scene.user.get(KIND, "search"))
    assert first is not None
    scene.await_status(
        "search", lambda obj: (read_objective(obj) or first) < first, "tells of something better"
    )
    progress = scene.user.get(KIND, "search")["status"]["progress"]
    assert float(progress["bestBound"]) == 4
    status = scene.finish("search")
    assert "progress" not in status
    assert float(status["objective"]) == 4
    scene.check_attempts("search", "Completed")
