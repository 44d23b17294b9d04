"""Durations, times and conditions read and write what Kubernetes users expect."""

from __future__ import annotations

import copy
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from argmin.api.conditions import condition, is_true, set_condition
from argmin.api.meta import Condition, ConditionStatus
from argmin.api.optimization.spec import OptimizationJob
from argmin.api.scalars import format_time, parse_duration
from argmin.api.solve.request import Limits
from argmin.optimization.build_run import digest_spec
from tests.refusals import MODEL

NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("90s", 90), ("10m", 600), ("1h30m", 5400), ("500ms", 0.5), ("1h1m1s1ms", 3661.001)],
)
def test_a_duration_is_read_exactly(text: str, seconds: float) -> None:
    assert parse_duration(text).total_seconds() == seconds


@pytest.mark.parametrize("text", ["", "10", "1.5h", "10 m", "m", "1d", "5m1h"])
def test_what_is_no_duration_says_what_to_write(text: str) -> None:
    with pytest.raises(ValueError, match="such as 90s, 10m or 1h30m"):
        parse_duration(text)


@given(st.integers(0, 99_999), st.integers(0, 999_999), st.integers(0, 99_999_999))
def test_any_combination_of_units_adds_up(hours: int, minutes: int, seconds: int) -> None:
    assert parse_duration(f"{hours}h{minutes}m{seconds}s") == timedelta(
        hours=hours, minutes=minutes, seconds=seconds
    )


def test_a_time_survives_the_wire() -> None:
    wire = condition("Complete", True, "Optimal", "", NOON).to_wire()
    assert wire["lastTransitionTime"] == "2026-11-22T12:00:00Z" == format_time(NOON)
    assert Condition.model_validate(wire).last_transition_time == NOON


def test_a_transition_time_moves_only_when_the_status_flips() -> None:
    first = set_condition((), condition("Complete", False, "Running", "", NOON))
    later = NOON + timedelta(minutes=5)
    same = set_condition(first, condition("Complete", False, "Pending", "waits", later))
    assert same[0].reason == "Pending"
    assert same[0].last_transition_time == NOON
    flipped = set_condition(same, condition("Complete", True, "Optimal", "", later))
    assert flipped[0].last_transition_time == later
    assert is_true(flipped, "Complete")


def test_conditions_are_a_map_by_type() -> None:
    conditions = set_condition((), condition("Stalled", None, "Unknown", "", NOON))
    conditions = set_condition(conditions, condition("Complete", True, "Optimal", "", NOON))
    assert [c.type for c in conditions] == ["Complete", "Stalled"]
    assert conditions[1].status is ConditionStatus.UNKNOWN


def test_unknown_fields_of_a_newer_api_are_read_over() -> None:
    job = OptimizationJob.model_validate(
        {"metadata": {"name": "a"}, "spec": {"model": MODEL, "fromTheFuture": 1}}
    )
    assert job.spec.model is not None
    assert "fromTheFuture" not in job.to_wire()["spec"]


@pytest.mark.parametrize(
    "fields",
    [
        {"activeDeadlineSeconds": 5, "limits": {"time": "10m\n"}},
        {"limits": {"relativeGap": "0.01\n"}},
        {"resources": {"limits": {"cpu": "1\n"}}},
    ],
)
def test_a_line_feed_at_the_end_is_refused_here_as_by_the_api_server(
    fields: dict[str, Any],
) -> None:
    with pytest.raises(ValidationError, match="write a"):
        OptimizationJob.model_validate(
            {"metadata": {"name": "steel"}, "spec": {"model": MODEL, **fields}}
        )


@pytest.mark.parametrize("text", ["10m", "90s", "1h30m", "99999h999999m99999999s99999999999ms"])
def test_a_duration_is_read_once_and_written_as_it_was(text: str) -> None:
    limits = Limits.model_validate({"time": text})
    assert limits.time == parse_duration(text)
    assert limits.to_wire() == {"time": text}
    assert Limits.model_validate(limits.model_dump()) == limits
    assert copy.deepcopy(limits).to_wire() == limits.to_wire()


def test_the_run_of_a_job_has_its_durations_in_seconds_and_the_digest_of_their_text() -> None:
    assert digest("90s") == digest("90s")
    assert digest("90s") != digest("1m30s")


def digest(time: str) -> str:
    spec = {"model": {"format": "mps", "source": {"inline": "NAME"}}, "limits": {"time": time}}
    job = OptimizationJob.model_validate({"metadata": {"name": "a"}, "spec": spec})
    return digest_spec(job)
