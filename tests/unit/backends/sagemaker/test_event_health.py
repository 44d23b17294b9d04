"""A queue of events that falls silent is noticed, and so is its return."""

from __future__ import annotations

import pytest
from structlog.testing import capture_logs

from argmin.backends.sagemaker.event_health import EventHealth

LOST = ConnectionError("no such queue")


class Ear:
    """A queue whose answers a test makes up, and the time."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.turns: list[bool] = []
        self.hearing = EventHealth(self.turns.append, clock=lambda: self.now)

    def ask(self, *errors: Exception | None, every: float = 20) -> None:
        for error in errors:
            self.now += every
            self.hearing.note(error)


@pytest.fixture
def ear() -> Ear:
    return Ear()


def test_a_queue_that_answers_is_relied_on(ear: Ear) -> None:
    ear.ask(*[None] * 9)
    assert ear.turns == []
    assert not ear.hearing.is_silent


def test_a_queue_that_is_silent_for_a_while_is_told_of_once(ear: Ear) -> None:
    with capture_logs() as lines:
        ear.ask(LOST, LOST, LOST, LOST)
    assert ear.turns == [False]
    assert ear.hearing.is_silent
    assert [(line["log_level"], line["error"]) for line in lines] == [("warning", "no such queue")]


def test_failures_in_quick_succession_are_no_silence(ear: Ear) -> None:
    ear.ask(*[LOST] * 9, every=3)
    assert ear.turns == []


def test_one_failure_is_no_silence_however_late_it_comes(ear: Ear) -> None:
    ear.ask(LOST, every=120)
    assert ear.turns == []


def test_an_answer_in_between_begins_the_count_anew(ear: Ear) -> None:
    ear.ask(LOST, None, LOST, None, LOST)
    assert ear.turns == []


def test_a_queue_that_answers_again_is_relied_on_again(ear: Ear) -> None:
    ear.ask(LOST, LOST, None, None, LOST, LOST)
    assert ear.turns == [False, True, False]


def test_the_time_before_listening_is_not_held_against_the_queue(ear: Ear) -> None:
    ear.now += 3600
    ear.hearing.start()
    ear.ask(LOST, LOST, every=5)
    assert ear.turns == []
