"""What the engine itself writes into a status, whatever the kind."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pydantic import ValidationError

from argmin.api.optimization.spec import OptimizationJob
from argmin.plan import Manifest
from argmin.runtime.controller.conditions import (
    INTERNAL_ERROR,
    INVALID_SPEC,
    STATUS_REFUSED,
    drop_own_conditions,
    explain_invalid,
    minimal_status,
    set_retrying,
    set_stalled,
)

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
LATER = NOW + timedelta(minutes=5)


def job(status: Manifest | None = None, generation: int = 3) -> Manifest:
    return {
        "metadata": {"name": "steel", "generation": generation},
        **({"status": status} if status else {}),
    }


def conditions(status: Manifest) -> dict[str, dict[str, Any]]:
    return {condition["type"]: condition for condition in status["conditions"]}


def test_a_stalled_object_says_why_and_for_which_generation() -> None:
    status = set_stalled(job(), INVALID_SPEC, "spec.model: is missing: write it", NOW)
    assert status["state"] == "Stalled"
    assert status["observedGeneration"] == 3
    stalled, reconciling = (conditions(status)[kind] for kind in ("Stalled", "Reconciling"))
    assert (stalled["status"], stalled["reason"]) == ("True", INVALID_SPEC)
    assert stalled["message"] == "spec.model: is missing: write it"
    assert stalled["lastTransitionTime"] == "2026-01-02T03:04:05Z"
    assert reconciling["status"] == "False"


def test_saying_the_same_again_changes_nothing() -> None:
    status = set_stalled(job(), INVALID_SPEC, "no", NOW)
    assert set_stalled(job(status), INVALID_SPEC, "no", LATER) == status


def test_a_new_reason_is_told_and_the_time_of_the_flip_stays() -> None:
    status = set_stalled(
        job(set_stalled(job(), INVALID_SPEC, "no", NOW)), "Other", "still no", LATER
    )
    stalled = conditions(status)["Stalled"]
    assert (stalled["reason"], stalled["lastTransitionTime"]) == ("Other", "2026-01-02T03:04:05Z")


def test_a_refusal_of_any_length_leaves_room_for_what_to_do() -> None:
    before = {"objective": "15005.0", "conditions": [condition_of("Verified", "True")]}
    status = minimal_status(job(before), "x" * 100_000, NOW)
    stalled = conditions(status)["Stalled"]
    assert stalled["reason"] == STATUS_REFUSED
    assert len(stalled["message"]) < 2048
    assert "have the run report less" in stalled["message"]
    assert status["objective"] == "15005.0"
    kept = drop_own_conditions({"status": status})["status"]["conditions"]
    assert {c["type"] for c in kept} == {"Verified"}


def test_what_was_known_before_stays() -> None:
    before = {"objective": "15005.0", "conditions": [condition_of("Verified", "True")]}
    status = set_stalled(job(before), INVALID_SPEC, "no", NOW)
    assert status["objective"] == "15005.0"
    assert conditions(status)["Verified"]["status"] == "True"


@pytest.mark.parametrize("ending", ["Complete", "Failed"])
def test_the_word_for_people_of_a_finished_object_stays(ending: str) -> None:
    before = {"state": ending, "conditions": [condition_of(ending, "True")]}
    assert set_stalled(job(before), INVALID_SPEC, "no", NOW)["state"] == ending


def test_an_object_that_is_tried_again_is_not_stalled() -> None:
    status = set_retrying(
        job(set_stalled(job(), INVALID_SPEC, "no", NOW)), INTERNAL_ERROR, "oh", LATER
    )
    assert conditions(status)["Reconciling"]["status"] == "True"
    assert conditions(status)["Stalled"]["status"] == "False"


def test_a_message_of_any_length_fits_the_schema() -> None:
    status = set_stalled(job(), INVALID_SPEC, "x" * 100_000, NOW)
    assert len(conditions(status)["Stalled"]["message"]) == 4096


def test_a_kind_does_not_see_what_the_engine_said() -> None:
    said = set_stalled(
        job({"conditions": [condition_of("Complete", "False")]}), INVALID_SPEC, "no", NOW
    )
    seen = drop_own_conditions(job(said))
    assert set(conditions(seen["status"])) == {"Complete"}


def test_an_object_of_which_the_engine_said_nothing_is_seen_as_it_is() -> None:
    untouched = job({"conditions": [condition_of("Complete", "False")]})
    assert drop_own_conditions(untouched) is untouched
    assert drop_own_conditions(job()) == job()


@pytest.mark.parametrize(
    ("spec", "said"),
    [
        ({}, "spec: a job has exactly one of spec.model (argmin solves it) and spec.script"),
        ({"model": {}}, "spec.model.format: is missing: write it"),
        (
            {"script": {"source": {"inline": "x"}}, "limits": {"time": "10"}},
            "spec.limits.time: write a positive duration with its unit, such as 90s, 10m or 1h30m",
        ),
        (
            {"script": {"source": {"inline": "x"}}, "inputs": [{"name": "a", "source": {}}]},
            "spec.inputs[0].source: a source is exactly one of inline",
        ),
    ],
)
def test_an_invalid_spec_is_explained_by_its_fields(spec: Manifest, said: str) -> None:
    with pytest.raises(ValidationError) as invalid:
        OptimizationJob.model_validate({"metadata": {"name": "steel"}, "spec": spec})
    assert said in explain_invalid(invalid.value)
    assert "pydantic" not in explain_invalid(invalid.value)


def test_nothing_that_a_user_wrote_is_repeated_in_an_explanation() -> None:
    spec = {"script": {"source": {"inline": "x"}}, "env": [{"name": "A", "value": ["s3cret"]}]}
    with pytest.raises(ValidationError) as invalid:
        OptimizationJob.model_validate({"metadata": {"name": "steel"}, "spec": spec})
    assert "s3cret" not in explain_invalid(invalid.value)


def condition_of(kind: str, status: str) -> Manifest:
    moment = "2026-01-01T00:00:00Z"
    return {"type": kind, "status": status, "reason": "Earlier", "lastTransitionTime": moment}


def test_an_object_that_stalled_and_now_only_waits_is_pending() -> None:
    stalled = set_stalled(job(), "AccessDenied", "not allowed", NOW)
    waiting = set_retrying(job(stalled), "QuotaExceeded", "no room", NOW)
    assert stalled["state"] == "Stalled"
    assert waiting["state"] == "Pending"
