"""Where AWS does not answer at all: who may ask there, and when."""

from __future__ import annotations

import pytest

from argmin.aws.outages import Outages

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
def outages(watch: Watch) -> Outages:
    """Two calls in a row were not answered."""
    made = Outages(PAUSE, watch)
    for _ in range(2):
        assert made.admits(HERE)
        made.note(HERE, is_answered=False, is_silent=True)
    return made


def test_a_single_slow_call_is_no_outage(watch: Watch) -> None:
    outages = Outages(PAUSE, watch)
    for _ in range(3):
        outages.note(HERE, is_answered=False, is_silent=True)
        outages.note(HERE, is_answered=True, is_silent=True)
    outages.note(HERE, is_answered=False, is_silent=True)
    assert outages.admits(HERE)


def test_nobody_asks_where_nobody_answers_and_all_may_ask_elsewhere(outages: Outages) -> None:
    assert not outages.admits(HERE)
    assert outages.admits(ELSEWHERE)


def test_one_call_after_the_pause_finds_out_for_all(outages: Outages, watch: Watch) -> None:
    watch.now = PAUSE
    assert [outages.admits(HERE) for _ in range(3)] == [True, False, False]
    outages.note(HERE, is_answered=True, is_silent=False)
    assert [outages.admits(HERE) for _ in range(3)] == [True, True, True]


def test_a_silence_that_lasts_is_found_out_once_in_each_pause(
    outages: Outages, watch: Watch
) -> None:
    for turn in range(1, 4):
        watch.now = turn * PAUSE
        assert [outages.admits(HERE) for _ in range(3)] == [True, False, False]
        outages.note(HERE, is_answered=False, is_silent=True)
        assert not outages.admits(HERE)


def test_a_call_that_is_cancelled_leaves_its_place_to_another(
    outages: Outages, watch: Watch
) -> None:
    watch.now = PAUSE
    assert outages.admits(HERE)
    outages.note(HERE, is_answered=False, is_silent=False)
    assert outages.admits(HERE)
