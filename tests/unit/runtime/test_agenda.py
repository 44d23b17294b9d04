"""The rules of the queue, step by step, on a clock that the tests move."""

from __future__ import annotations

import hypothesis.strategies as st
import pytest
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from argmin.runtime.controller.workqueue import Agenda, Backoff, TokenBucket


def agenda() -> Agenda[str]:
    return Agenda(TokenBucket(rate=1e6, burst=1e6))


def take_all(due: Agenda[str], now: float) -> list[str]:
    taken = []
    while (key := due.take(now)) is not None:
        taken.append(key)
    return taken


def test_keys_come_in_the_order_in_which_they_fall_due() -> None:
    due = agenda()
    due.add("late", 2.0)
    due.add("early", 1.0)
    assert take_all(due, 3.0) == ["early", "late"]


def test_keys_that_fall_due_together_come_in_the_order_in_which_they_were_added() -> None:
    due = agenda()
    for key in "cab":
        due.add(key, 1.0)
    assert take_all(due, 1.0) == ["c", "a", "b"]


def test_a_key_is_not_given_before_its_time() -> None:
    due = agenda()
    due.add("key", 5.0)
    assert due.take(4.9) is None
    assert due.wait(4.0) == 1.0
    assert due.take(5.0) == "key"


def test_a_key_added_twice_runs_once_at_the_earlier_time() -> None:
    due = agenda()
    due.add("key", 5.0)
    due.add("key", 1.0)
    due.add("key", 9.0)
    assert due.depth == 1
    assert take_all(due, 1.0) == ["key"]
    due.finish("key", 2.0)
    assert take_all(due, 10.0) == []


def test_a_key_added_while_it_runs_waits_until_it_has_finished() -> None:
    due = agenda()
    due.add("key", 0.0)
    assert due.take(0.0) == "key"
    due.add("key", 0.0)
    assert due.take(1.0) is None
    assert due.depth == 1
    due.finish("key", 1.0)
    assert due.take(1.0) == "key"


def test_a_delay_asked_for_while_a_key_runs_is_honoured_after_it() -> None:
    due = agenda()
    due.add("key", 0.0)
    due.take(0.0)
    due.add("key", 30.0)
    due.add("key", 20.0)
    due.finish("key", 1.0)
    assert due.wait(1.0) == 19.0


def test_an_agenda_with_nothing_planned_has_nothing_to_wait_for() -> None:
    due = agenda()
    assert due.wait(0.0) is None
    assert due.take(0.0) is None


def test_starts_are_held_to_the_rate_of_the_bucket() -> None:
    due: Agenda[str] = Agenda(TokenBucket(rate=2.0, burst=1.0))
    due.add("a", 0.0)
    due.add("b", 0.0)
    assert due.take(0.0) == "a"
    assert due.take(0.0) is None
    assert due.wait(0.0) == 0.5
    assert due.take(0.5) == "b"


def test_a_bucket_holds_no_more_than_its_burst_however_long_it_fills() -> None:
    bucket = TokenBucket(rate=1.0, burst=2.0)
    waits = []
    for _ in range(3):
        waits.append(bucket.wait(1000.0))
        bucket.take()
    assert waits == [0.0, 0.0, 1.0]


@pytest.mark.parametrize(
    ("failures", "seconds"), [(1, 0.5), (2, 1.0), (3, 2.0), (10, 256.0), (11, 300.0), (9999, 300.0)]
)
def test_a_backoff_doubles_up_to_its_cap(failures: int, seconds: float) -> None:
    assert Backoff(base=0.5, cap=300.0).delay(failures, chance=0.0) == seconds


def test_chance_shortens_a_backoff_by_its_jitter_at_most() -> None:
    backoff = Backoff(base=10.0, cap=10.0, jitter=0.2)
    assert backoff.delay(1, chance=0.5) == 9.0
    assert 8.0 <= backoff.delay(1, chance=0.999) < 8.01


class AgendaMachine(RuleBasedStateMachine):
    """Whatever is added and finished in whatever order, against the plainest model of it."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 0.0
        self.agenda: Agenda[str] = Agenda(TokenBucket(rate=3.0, burst=2.0))
        self.due: dict[str, float] = {}
        self.again: dict[str, float] = {}
        self.running: set[str] = set()

    keys = st.sampled_from("abcd")

    @rule(key=keys, delay=st.sampled_from([0.0, 0.0, 1.0, 5.0, 60.0]))
    def add(self, key: str, delay: float) -> None:
        at = self.now + delay
        self.agenda.add(key, at)
        plan = self.again if key in self.running else self.due
        plan[key] = min(at, plan.get(key, at))

    @rule()
    def take(self) -> None:
        key = self.agenda.take(self.now)
        if key is None:
            return
        assert key not in self.running, "a key runs twice at once"
        assert self.due.pop(key) <= self.now, "a key runs before its time"
        self.running.add(key)

    @precondition(lambda self: self.running)
    @rule(data=st.data())
    def finish(self, data: st.DataObject) -> None:
        key = data.draw(st.sampled_from(sorted(self.running)))
        self.agenda.finish(key, self.now)
        self.running.remove(key)
        if key in self.again:
            self.due[key] = max(self.now, self.again.pop(key))

    @rule(seconds=st.sampled_from([0.1, 1.0, 10.0]))
    def pass_time(self, seconds: float) -> None:
        self.now += seconds

    @invariant()
    def nothing_is_lost(self) -> None:
        assert self.agenda.depth == len(self.due) + len(self.again)
        assert {*self.agenda._due, *self.agenda._dirty} == {*self.due, *self.again}
        assert set(self.agenda.running) == self.running

    @invariant()
    def whoever_waits_as_told_gets_the_key_that_has_been_due_longest(self) -> None:
        wait = self.agenda.wait(self.now)
        assert (wait is None) == (not self.due)
        if wait is not None and wait > 0.0:
            assert self.agenda.take(self.now) is None

    def teardown(self) -> None:
        """In the end everything that was asked for runs."""
        for key in sorted(self.running):
            self.agenda.finish(key, self.now)
        owed = {*self.due, *self.again}
        while (wait := self.agenda.wait(self.now)) is not None:
            self.now += wait
            taken = self.agenda.take(self.now)
            if taken is not None:
                owed.remove(taken)
                self.agenda.finish(taken, self.now)
        assert not owed


TestAgenda = AgendaMachine.TestCase
