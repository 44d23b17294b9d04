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


def test_the_end_of_a_container_is_a_milestone() -> None:
    running = {"containerStatuses": [{"name": "runner", "state": {"running": {}}}]}
    ended = {"containerStatuses": [{"name": "runner", "state": {"terminated": {"exitCode": 0}}}]}
    assert list(list_milestones({"status": running})) == ["Created"]
    assert list(list_milestones({"status": ended})) == ["Created", "Ended"]
