"""Where AWS does not answer at all: who may ask there, and when."""

from __future__ import annotations

import pytest

from argmin.aws.circuit_breaker import CircuitBreaker

HERE, ELSEWHERE = ("1", "eu-west-1", "sagemaker"), ("1", "eu-west-1", "s3")
PAUSE = 5.0


class Watch:
    """A clock that goes when it is told to."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def watch() -> Watch:
    return Watch()


@pytest.fixture
def outages(watch: Watch) -> CircuitBreaker:
    """Two calls in a row were not answered."""
    made = CircuitBreaker(PAUSE, watch)
    for _ in range(2):
        assert made.admits(HERE)
        made.note(HERE, is_answered=False, is_unanswered=True)
    return made


def test_a_single_slow_call_is_no_outage(watch: Watch) -> None:
    outages = CircuitBreaker(PAUSE, watch)
    for _ in range(3):
        outages.note(HERE, is_answered=False, is_unanswered=True)
        outages.note(HERE, is_answered=True, is_unanswered=True)
    outages.note(HERE, is_answered=False, is_unanswered=True)
    assert outages.admits(HERE)


def test_nobody_asks_where_nobody_answers_and_all_may_ask_elsewhere(
    outages: CircuitBreaker,
) -> None:
    assert not outages.admits(HERE)
    assert outages.admits(ELSEWHERE)


def test_one_call_after_the_pause_finds_out_for_all(outages: CircuitBreaker, watch: Watch) -> None:
    watch.now = PAUSE
    assert [outages.admits(HERE) for _ in range(3)] == [True, False, False]
    outages.note(HERE, is_answered=True, is_unanswered=False)
    assert [outages.admits(HERE) for _ in range(3)] == [True, True, True]


def test_a_silence_that_lasts_is_found_out_once_in_each_pause(
    outages: CircuitBreaker, watch: Watch
) -> None:
    for turn in range(1, 4):
        watch.now = turn * PAUSE
        assert [outages.admits(HERE) for _ in range(3)] == [True, False, False]
        outages.note(HERE, is_answered=False, is_unanswered=True)
        assert not outages.admits(HERE)


def test_a_call_that_is_cancelled_leaves_its_place_to_another(
    outages: CircuitBreaker, watch: Watch
) -> None:
    watch.now = PAUSE
    assert outages.admits(HERE)
    outages.note(HERE, is_answered=False, is_unanswered=False)
    assert outages.admits(HERE)
