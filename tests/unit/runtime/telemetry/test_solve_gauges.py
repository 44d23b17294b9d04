"""The gauges of a search: there as long as the status tells of it."""

from __future__ import annotations

from typing import Any

import pytest

from argmin.plan import Key, Resource
from argmin.runtime.telemetry import solve_gauges as gauges
from argmin.runtime.telemetry.metrics import Metrics

JOBS = Resource("argmin.dev/v1alpha1", "OptimizationJob", "optimizationjobs")
STEEL = Key(JOBS, "team", "steel")
GAUGES = ("argmin_solve_objective", "argmin_solve_bound", "argmin_solve_gap_ratio")


def told(**progress: Any) -> dict[str, Any]:
    return {"metadata": {}, "status": {"state": "Running", "progress": progress}}


def read(metrics: Metrics, key: Key = STEEL) -> list[float | None]:
    labels = {"namespace": key.namespace, "name": key.name}
    return [metrics.registry.get_sample_value(name, labels) for name in GAUGES]


def test_a_search_is_told_by_objective_bound_and_gap() -> None:
    metrics = Metrics()
    metrics.solves.note(STEEL, told(objective="16000", bestBound="14000.5", gap="0.125"))
    assert read(metrics) == [16000.0, 14000.5, 0.125]


@pytest.mark.parametrize("manifest", [None, {"metadata": {}, "status": {"state": "Complete"}}])
def test_a_search_that_is_over_is_told_of_no_more(manifest: dict[str, Any] | None) -> None:
    metrics = Metrics()
    metrics.solves.note(STEEL, told(objective="16000"))
    metrics.solves.note(STEEL, manifest)
    assert read(metrics) == [None, None, None]


@pytest.mark.parametrize("progress", ["of a later version", 7, {"objective": {"value": "7"}}])
def test_progress_of_another_shape_has_no_sample(progress: Any) -> None:
    metrics = Metrics()
    metrics.solves.note(STEEL, {"metadata": {}, "status": {"progress": progress}})
    assert read(metrics) == [None, None, None]


@pytest.mark.parametrize("text", ["NaN", "Infinity", "-inf", "many"])
def test_what_is_no_finite_number_has_no_sample(text: str) -> None:
    metrics = Metrics()
    metrics.solves.note(STEEL, told(objective=text, bestBound="1"))
    assert read(metrics) == [None, 1.0, None]


def test_the_number_of_searches_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gauges, "MOST_SEARCHES", 1)
    metrics = Metrics()
    other = Key(JOBS, "team", "other")
    metrics.solves.note(STEEL, told(objective="1"))
    metrics.solves.note(other, told(objective="2"))
    assert read(metrics, other)[0] is None
    metrics.solves.note(STEEL, told(objective="3"))
    assert read(metrics)[0] == 3.0
    metrics.solves.note(STEEL, None)
    metrics.solves.note(other, told(objective="2"))
    assert read(metrics, other)[0] == 2.0
