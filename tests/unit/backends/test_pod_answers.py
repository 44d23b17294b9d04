"""Termination messages: read leniently, never with an exception."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from argmin.api.answer import METRICS_LIMIT, OUTPUTS_LIMIT, Outcome, Reason, RunReport, SolveResult
from argmin.backends.answers import parse_answer

RESULT = {"outcome": "Feasible", "objective": "12.5", "nodes": 7}
ANSWER = {"succeeded": True, "reason": "TimeLimit", "result": RESULT}


def test_an_answer_is_read() -> None:
    assert parse_answer(json.dumps(ANSWER)) == RunReport(
        succeeded=True,
        reason=Reason.TIME_LIMIT,
        result=SolveResult(outcome=Outcome.FEASIBLE, objective="12.5", nodes=7),
    )


def test_fields_of_a_newer_runner_are_no_trouble() -> None:
    answer = parse_answer(json.dumps(ANSWER | {"verified": True}))
    assert answer is not None
    assert answer.solve.objective == "12.5"


def test_a_field_that_is_not_as_agreed_is_left_out() -> None:
    answer = parse_answer(
        json.dumps(
            ANSWER | {"result": RESULT | {"nodes": "many"}, "metrics": [{"name": 1}], "seed": "one"}
        )
    )
    assert answer is not None
    assert answer.solve.nodes is None
    assert answer.solve.objective == "12.5"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "null",
        "[]",
        "killed",
        json.dumps(ANSWER)[:-5],
        json.dumps(ANSWER | {"result": RESULT | {"outcome": "Splendid"}}),
        json.dumps(ANSWER | {"result": [1]}),
        json.dumps({"succeeded": True}),
        json.dumps({"reason": "Optimal"}),
        '{"outcome": ' * 5000,
    ],
)
def test_what_is_no_answer_is_none(text: str) -> None:
    assert parse_answer(text) is None


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=5,
)
fields = st.dictionaries(
    st.sampled_from([*RunReport.model_fields, "bestBound", "solverVersion"]), json_values
)


@given(fields, st.sampled_from([{}, ANSWER]))
def test_no_message_raises(message: dict[str, object], base: dict[str, object]) -> None:
    answer = parse_answer(json.dumps({**message, **base}))
    assert answer is None or answer.solve.outcome in Outcome


@given(st.text())
def test_no_text_raises(text: str) -> None:
    answer = parse_answer(text)
    assert answer is None or answer.solve.outcome in Outcome


def test_more_metrics_and_outputs_than_a_status_takes_are_left_out_from_the_last() -> None:
    metrics = [{"name": f"m{n}", "value": "1"} for n in range(METRICS_LIMIT + 1)]
    outputs = [{"name": f"o{n}"} for n in range(OUTPUTS_LIMIT + 1)]
    answer = parse_answer(json.dumps(ANSWER | {"metrics": metrics, "outputs": outputs}))
    assert answer is not None
    assert [metric.name for metric in answer.metrics] == [m["name"] for m in metrics[:-1]]
    assert [output.name for output in answer.outputs] == [o["name"] for o in outputs[:-1]]
    assert answer.shortened
