"""Objects of a newer operator, whose status this command line cannot read in full."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from argmin.cli.kinds.registry import VIEWS

NOW = datetime(2026, 1, 1, tzinfo=UTC)
END = {
    "type": "Complete",
    "status": "True",
    "reason": "Optimal",
    "lastTransitionTime": "2026-01-01T00:00:00Z",
}
(VIEW,) = (view for view in VIEWS if view.info.short_name == "opt")


def of(**status: Any) -> dict[str, Any]:
    metadata = {"name": "steel", "namespace": "team", "uid": "u", "generation": 1}
    spec = {"model": {"format": "lp", "source": {"inline": "min\nx\n"}}}
    status = {
        "state": "Complete",
        "runName": "steel-1",
        "observedGeneration": 1,
        "conditions": [END],
        **status,
    }
    return {"metadata": metadata, "spec": spec, "status": status}


NEWER = [
    of(outcome="Pareto", objective="3"),
    of(conditions=[{"type": "Verified", "status": "Perhaps"}, END]),
    of(sageMaker={"jobName": 7}),
    of(attempts=[{"name": "a", "phase": "Dreaming"}]),
    of(proof={"level": "Beyond"}),
]


@pytest.mark.parametrize("manifest", NEWER, ids=["enum", "condition", "type", "item", "proof"])
def test_what_can_be_read_of_it_is_shown(manifest: dict[str, Any]) -> None:
    assert "Complete" in VIEW.list_cells(manifest, NOW)
    assert VIEW.is_finished(manifest)
    assert VIEW.describe(manifest)
    assert VIEW.summarise(manifest)[0] == "Complete"
    run = VIEW.find_run(manifest)
    assert run is not None
    assert run.name == "steel-1"
