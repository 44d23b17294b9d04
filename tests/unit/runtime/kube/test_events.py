"""Events: one object of the API for one thing that is said of one generation."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from argmin.plan import Event, Manifest
from argmin.runtime.kube.events import build_event

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
WARNING = Event("SourceNotFound", "ConfigMap steel not found", warning=True)


def job(name: str = "steel", uid: str = "u1", generation: int = 1) -> Manifest:
    metadata = {"name": name, "namespace": "team", "uid": uid, "generation": generation}
    return {"apiVersion": "argmin.dev/v1alpha1", "kind": "OptimizationJob", "metadata": metadata}


def name_of(involved: Manifest, event: Event, at: datetime = NOW) -> str:
    return str(build_event(involved, event, at)["metadata"]["name"])


def test_an_event_says_what_of_what_and_when() -> None:
    built = build_event(job(), WARNING, NOW)
    assert built["involvedObject"] == {
        "apiVersion": "argmin.dev/v1alpha1",
        "kind": "OptimizationJob",
        "name": "steel",
        "namespace": "team",
        "uid": "u1",
    }
    assert (built["type"], built["reason"]) == ("Warning", "SourceNotFound")
    assert built["message"] == "ConfigMap steel not found"
    assert built["firstTimestamp"] == built["lastTimestamp"] == "2026-01-02T03:04:05Z"
    assert build_event(job(), Event("Started", "go"), NOW)["type"] == "Normal"


def test_the_same_event_has_the_same_name_whenever_it_is_recorded() -> None:
    assert name_of(job(), WARNING) == name_of(job(), WARNING, NOW + timedelta(hours=1))


def test_another_generation_object_reason_or_message_is_another_event() -> None:
    names = {
        name_of(job(), WARNING),
        name_of(job(generation=2), WARNING),
        name_of(job(uid="u2"), WARNING),
        name_of(job(), Event("Other", WARNING.message)),
        name_of(job(), Event(WARNING.reason, "other")),
    }
    assert len(names) == 5


def test_the_longest_names_and_messages_fit() -> None:
    event = Event("Reason", "x" * 5000)
    built = build_event(job("n" * 253), event, NOW)
    assert len(built["metadata"]["name"]) <= 253
    assert len(built["message"]) == 1024


def test_an_event_of_an_object_without_a_namespace_is_in_the_default_one() -> None:
    team = {"name": "north", "uid": "u1", "generation": 1}
    built = build_event({**job(), "metadata": team}, WARNING, NOW)
    assert built["metadata"]["namespace"] == "default"
    assert "namespace" not in built["involvedObject"]
