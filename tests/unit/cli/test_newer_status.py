"""Objects of a newer operator, whose status this command line cannot read in full."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from argmin.api.kind_info import Column
from argmin.cli.errors import CliError
from argmin.cli.kinds.registry import VIEWS, require_run
from argmin.cli.kinds.view import KindView

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


OLDER = of(runs=[{"name": 7}])
MISSHAPEN = of(attempts="three", metrics=[{"name": 1}], progress={"objective": []})


@pytest.mark.parametrize("manifest", [OLDER, MISSHAPEN], ids=["older name", "not a list"])
def test_a_field_under_its_older_name_or_of_another_form_hides_nothing(
    manifest: dict[str, Any],
) -> None:
    assert "Complete" in VIEW.list_cells(manifest, NOW)
    assert VIEW.summarise(manifest) == ["Complete"]
    assert VIEW.find_run(manifest).name == "steel-1"  # type: ignore[union-attr]


def test_what_cannot_be_read_is_a_question_mark_and_not_absent() -> None:
    manifest = of(state="Dreaming", outcome="Pareto", proof={"level": "Beyond"}, objective="3")
    cells = dict(zip(VIEW.headings, VIEW.list_cells(manifest, NOW), strict=True))
    assert cells["STATE"] == cells["OUTCOME"] == cells["PROOF"] == "?"
    assert (cells["OBJECTIVE"], cells["GAP"]) == ("3", "")
    assert VIEW.summarise(manifest)[0] == "?"
    rows = {label: str(value) for label, value in VIEW.describe(manifest)}
    assert rows["state"] == "?"
    assert rows["not readable"] == "outcome, proof, state (written by another version of argmin)"


def test_a_spec_of_a_newer_operator_has_a_run_all_the_same() -> None:
    manifest = of()
    manifest["spec"] = {
        "model": {"format": "newer"},
        "outputs": [{"name": 7}, {"name": "plan", "path": "/opt/ml/processing/output/plan"}],
    }
    run = VIEW.find_run(manifest)
    assert run is not None
    assert (run.name, run.outputs) == ("steel-1", ("plan",))


@pytest.mark.parametrize(
    ("fields", "named"),
    [
        ({"backend": "Quantum"}, "backend"),
        ({"solutionRef": {"configMap": 7}}, "solutionRef"),
        ({"sageMaker": {"jobName": "j", "jobType": "QuantumJob"}}, "sageMaker.jobType"),
        (
            {"sageMaker": {"jobName": "j", "jobType": "QuantumJob", "status": "NotFound"}},
            "sageMaker.jobType",
        ),
    ],
)
def test_a_run_that_is_not_to_be_found_is_refused_with_the_field(
    fields: dict[str, Any], named: str
) -> None:
    """Neither a fault of argmin's own nor a claim that there is no log or result."""
    with pytest.raises(CliError, match=rf"steel: status\.{named} .* version of argmin"):
        require_run(VIEW, of(**fields))


def test_a_date_of_another_form_is_a_question_mark() -> None:
    column = Column("Started", "date", ".status.started", "When it started.")
    view = KindView(replace(VIEW.info, columns=(column,)))
    assert view.list_cells(of(started="soon"), NOW) == ["?"]
