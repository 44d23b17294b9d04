"""Gauges of objects: counts by kind and condition, and the numbers that a kind measures."""

from __future__ import annotations

from typing import Any

import pytest

from argmin.api.base import ApiModel
from argmin.api.conditions import COMPLETE, FAILED, READY, STALLED
from argmin.api.kind_info import Gauge, KindInfo, Lifecycle
from argmin.api.registry import KINDS
from argmin.plan import Key, Resource
from argmin.runtime.telemetry import object_gauges as gauges
from argmin.runtime.telemetry.metrics import Metrics

JOBS = Resource("argmin.dev/v1alpha1", "OptimizationJob", "optimizationjobs")
LAMPS = KindInfo(
    "Lamp",
    "lamps",
    "lp",
    ApiModel,
    columns=(),
    namespaced=False,
    lifecycle=Lifecycle.SERVING,
    gauges=(Gauge("argmin_lamp_lumens", "Light of a lamp.", ("light", "lumens")),),
)
HALL = Key(Resource.of_kind(LAMPS), "", "hall")
STEEL = Key(JOBS, "team", "steel")
GAUGES = ("argmin_solve_objective", "argmin_solve_bound", "argmin_solve_gap_ratio")


def told(**progress: Any) -> dict[str, Any]:
    return {"metadata": {}, "status": {"state": "Running", "progress": progress}}


def read(metrics: Metrics, key: Key = STEEL) -> list[float | None]:
    labels = {"namespace": key.namespace, "name": key.name}
    return [metrics.registry.get_sample_value(name, labels) for name in GAUGES]


def test_a_search_is_told_by_objective_bound_and_gap() -> None:
    metrics = Metrics(KINDS)
    metrics.objects.note(STEEL, told(objective="16000", bestBound="14000.5", gap="0.125"))
    assert read(metrics) == [16000.0, 14000.5, 0.125]


@pytest.mark.parametrize("manifest", [None, {"metadata": {}, "status": {"state": "Complete"}}])
def test_a_search_that_is_over_is_told_of_no_more(manifest: dict[str, Any] | None) -> None:
    metrics = Metrics(KINDS)
    metrics.objects.note(STEEL, told(objective="16000"))
    metrics.objects.note(STEEL, manifest)
    assert read(metrics) == [None, None, None]


@pytest.mark.parametrize("progress", ["of a later version", 7, {"objective": {"value": "7"}}])
def test_progress_of_another_shape_has_no_sample(progress: Any) -> None:
    metrics = Metrics(KINDS)
    metrics.objects.note(STEEL, {"metadata": {}, "status": {"progress": progress}})
    assert read(metrics) == [None, None, None]


@pytest.mark.parametrize("text", ["NaN", "Infinity", "-inf", "many"])
def test_what_is_no_finite_number_has_no_sample(text: str) -> None:
    metrics = Metrics(KINDS)
    metrics.objects.note(STEEL, told(objective=text, bestBound="1"))
    assert read(metrics) == [None, 1.0, None]


def test_the_number_of_searches_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gauges, "MOST_MEASURED", 1)
    metrics = Metrics(KINDS)
    other = Key(JOBS, "team", "other")
    metrics.objects.note(STEEL, told(objective="1"))
    metrics.objects.note(other, told(objective="2"))
    assert read(metrics, other)[0] is None
    metrics.objects.note(STEEL, told(objective="3"))
    assert read(metrics)[0] == 3.0
    metrics.objects.note(STEEL, None)
    metrics.objects.note(other, told(objective="2"))
    assert read(metrics, other)[0] == 2.0


def condition(kind: str, reason: str, status: str = "True") -> dict[str, Any]:
    return {"status": {"conditions": [{"type": kind, "status": status, "reason": reason}]}}


def count(metrics: Metrics, kind: str, condition: str, reason: str) -> float | None:
    labels = {"kind": kind, "condition": condition, "reason": reason}
    return metrics.registry.get_sample_value("argmin_objects", labels)


def test_objects_are_counted_by_kind_condition_and_reason() -> None:
    metrics = Metrics((*KINDS, LAMPS))
    for name in ("a", "b"):
        metrics.objects.note(Key(JOBS, "team", name), condition(COMPLETE, "Optimal"))
    metrics.objects.note(Key(JOBS, "team", "c"), condition(FAILED, "InvalidModel"))
    metrics.objects.note(STEEL, condition(STALLED, "SourceNotFound"))
    metrics.objects.note(HALL, condition(READY, "Lit"))
    assert count(metrics, "OptimizationJob", "Complete", "Optimal") == 2
    assert count(metrics, "OptimizationJob", "Failed", "InvalidModel") == 1
    assert count(metrics, "OptimizationJob", "Stalled", "SourceNotFound") == 1
    assert count(metrics, "Lamp", "Ready", "Lit") == 1


@pytest.mark.parametrize(
    "manifest",
    [
        {},
        {"status": "lost"},
        {"status": {"conditions": "none"}},
        {"status": {"conditions": ["Complete"]}},
        condition(READY, "of another kind"),
        condition(COMPLETE, "NotFinished", "False"),
    ],
)
def test_an_object_that_has_not_ended_counts_without_a_condition(manifest: dict[str, Any]) -> None:
    metrics = Metrics(KINDS)
    metrics.objects.note(STEEL, manifest)
    assert count(metrics, "OptimizationJob", "None", "") == 1


def test_an_object_counts_once_as_its_condition_changes_and_not_when_it_is_gone() -> None:
    metrics = Metrics(KINDS)
    metrics.objects.note(STEEL, condition(STALLED, "SourceNotFound"))
    metrics.objects.note(STEEL, condition(COMPLETE, "Optimal"))
    assert count(metrics, "OptimizationJob", "Stalled", "SourceNotFound") is None
    assert count(metrics, "OptimizationJob", "Complete", "Optimal") == 1
    metrics.objects.note(STEEL, None)
    assert count(metrics, "OptimizationJob", "Complete", "Optimal") is None


def test_the_number_of_reasons_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gauges, "MOST_STATES", 1)
    metrics = Metrics(KINDS)
    for name in ("a", "b", "c"):
        metrics.objects.note(Key(JOBS, "team", name), condition(FAILED, f"Reason{name}"))
    assert count(metrics, "OptimizationJob", "Failed", "Other") == 2


def test_a_kind_brings_its_own_gauges_and_only_its_objects_have_samples() -> None:
    metrics = Metrics((*KINDS, LAMPS))
    metrics.objects.note(HALL, {"status": {"light": {"lumens": 800}}})
    labels = {"namespace": "", "name": "hall"}
    assert metrics.registry.get_sample_value("argmin_lamp_lumens", labels) == 800.0
    assert read(metrics, HALL) == [None, None, None]


def test_a_kind_that_is_not_registered_has_no_samples() -> None:
    metrics = Metrics(KINDS)
    metrics.objects.note(HALL, condition(READY, "Lit"))
    assert count(metrics, "Lamp", "Ready", "Lit") is None
