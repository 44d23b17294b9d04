from __future__ import annotations

from tests.bench.sightings import list_milestones


def test_an_object_without_a_status_is_only_created() -> None:
    assert list(list_milestones({"metadata": {"name": "new"}})) == ["Created"]


def test_conditions_count_once_they_hold() -> None:
    conditions = [
        {"type": "Complete", "status": "True"},
        {"type": "Failed", "status": "False"},
        {"type": "Suspended", "status": "Unknown"},
    ]
    assert list(list_milestones({"status": {"conditions": conditions}})) == ["Created", "Complete"]


def test_the_phase_of_a_pod_is_a_milestone() -> None:
    assert "Succeeded" in list_milestones({"status": {"phase": "Succeeded"}})
