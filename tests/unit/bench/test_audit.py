from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tests.bench.audit import AuditLog, Write, count_by_request, read_events, select_writes

OPERATOR = "system:serviceaccount:argmin-system:argmin"


def event(verb: str, resource: str, user: str = OPERATOR, **more: Any) -> dict[str, Any]:
    target = {
        "resource": resource,
        "namespace": "team-a",
        "name": "steel",
        **more.pop("target", {}),
    }
    return {
        "stage": "ResponseComplete",
        "verb": verb,
        "user": {"username": user},
        "objectRef": target,
        **more,
    }


def selected(*events: dict[str, Any]) -> list[Write]:
    return list(select_writes(events, OPERATOR))


def test_creating_and_patching_are_writes() -> None:
    found = selected(event("create", "jobs"), event("patch", "jobs"))
    assert [write.verb for write in found] == ["create", "patch"]


def test_reading_is_no_write() -> None:
    assert selected(event("get", "jobs"), event("list", "pods"), event("watch", "pods")) == []


def test_what_others_write_does_not_count() -> None:
    controller = "system:serviceaccount:kube-system:job-controller"
    assert selected(event("create", "pods", controller)) == []


def test_renewing_the_lease_does_not_count() -> None:
    assert selected(event("update", "leases")) == []


def test_a_refused_write_counts() -> None:
    assert len(selected(event("patch", "jobs", responseStatus={"code": 409}))) == 1


def test_a_request_counts_once_whatever_stages_are_logged() -> None:
    begun = event("create", "jobs", stage="RequestReceived")
    assert len(selected(begun, event("create", "jobs"))) == 1


def test_a_request_without_an_object_is_passed_over() -> None:
    plain = event("get", "jobs")
    del plain["objectRef"]
    assert selected(plain) == []


def test_writes_are_counted_by_verb_and_subresource() -> None:
    status = event("patch", "optimizationjobs", target={"subresource": "status"})
    review = event("create", "tokenreviews", target={"namespace": "", "name": ""})
    found = selected(status, status, review)
    assert count_by_request(found) == {
        "patch optimizationjobs/status": 2,
        "create tokenreviews": 1,
    }


def test_a_line_that_is_still_being_written_is_left_for_later() -> None:
    assert list(read_events([b'{"a": 1}\n', b'{"b":'])) == [{"a": 1}]


def test_only_what_follows_the_position_is_counted(tmp_path: Path) -> None:
    log = tmp_path / "audit.log"
    log.write_text(json.dumps(event("create", "jobs")) + "\n")
    audit = AuditLog(log)
    position = audit.position()
    with log.open("a") as file:
        file.write(json.dumps(event("delete", "jobs")) + "\n")
    assert audit.writes_since(position, OPERATOR) == [Write("delete", "jobs", "team-a", "steel")]
