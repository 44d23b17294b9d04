"""The course of a search: whatever solvers tell, a short and honest picture comes of it."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from argmin.api.answer import Sense
from argmin.api.progress import HISTORY_LIMIT, HistoryPoint
from argmin_solvers.progress.history import History, Point, thin
from argmin_solvers.progress.sink import ProgressSink
from tests.solvers.problems import Clock

numbers = st.floats(-1e6, 1e6) | st.integers(-1000, 1000)
Tell = tuple[float, float | None, float | None]
"""Seconds since the last, objective, bound."""

told = st.tuples(st.floats(0, 100), st.none() | numbers, st.none() | numbers)
senses = st.sampled_from([Sense.MINIMIZE, Sense.MAXIMIZE])


def course(sense: Sense | None, tells: Sequence[Tell]) -> ProgressSink:
    """A sink that was told something after each pause."""
    clock = Clock()
    sink = ProgressSink(sense, clock)
    for pause, objective, bound in tells:
        clock.now += pause
        sink.tell(objective=objective, bound=bound)
    return sink


def values(points: Sequence[HistoryPoint], field: str) -> list[float]:
    return [value for point in points if (value := getattr(point, field)) is not None]


def never_worse(numbers: Sequence[float], *, rising: bool) -> bool:
    return all(a <= b if rising else a >= b for a, b in pairwise(numbers))


@given(sense=senses, tells=st.lists(told, max_size=300), objective=numbers, gap=st.floats(0, 1e6))
def test_a_history_is_monotone_and_ends_with_the_answer(
    sense: Sense,
    tells: list[Tell],
    objective: float,
    gap: float,
) -> None:
    maximizes = sense is Sense.MAXIMIZE
    bound = objective + gap if maximizes else objective - gap
    history = course(sense, tells).history(objective, bound)
    assert len(history) <= HISTORY_LIMIT
    assert (history[-1].objective, history[-1].best_bound) == (objective, bound)
    assert never_worse([point.seconds for point in history], rising=True)
    assert never_worse(values(history, "objective"), rising=maximizes)
    assert never_worse(values(history, "best_bound"), rising=not maximizes)


@given(sense=senses, tells=st.lists(told, max_size=100), objective=numbers, gap=st.floats(0, 1e6))
def test_no_bound_of_a_history_contradicts_an_incumbent(
    sense: Sense,
    tells: list[Tell],
    objective: float,
    gap: float,
) -> None:
    bound = objective + gap if sense is Sense.MAXIMIZE else objective - gap
    for point in course(sense, tells).history(objective, bound):
        if point.objective is not None and point.best_bound is not None:
            beaten = point.objective - point.best_bound
            assert beaten <= 0 if sense is Sense.MAXIMIZE else beaten >= 0


@given(tells=st.lists(told, min_size=1, max_size=400))
def test_the_first_of_everything_and_the_last_are_kept(
    tells: list[Tell],
) -> None:
    now, points = 0.0, []
    for pause, objective, bound in tells:
        now += pause
        points.append(Point(now, objective, bound))
    kept = thin(points, limit=10)
    assert len(kept) <= 10
    assert (kept[0], kept[-1]) == (points[0], points[-1])
    in_order = iter(points)
    assert all(point in in_order for point in kept)


def test_the_first_incumbent_and_the_first_bound_are_kept() -> None:
    points = [Point(0.0, None, None), Point(0.1, None, 3.0), Point(0.1001, 50.0, 3.0)]
    points += [Point(1.0 + n, 49.0 - n, 3.0 + n / 10) for n in range(40)]
    assert thin(points, limit=8)[:3] == points[:3]


def test_long_steps_outlive_short_ones() -> None:
    steps = [Point(float(second), 100.0 - second, 0.0) for second in range(0, 1000, 100)]
    noise = [
        Point(step.seconds + n / 1000, step.objective - n / 1e6, 0.0)
        for step in steps
        for n in range(1, 30)
        if step.objective is not None
    ]
    points = sorted([*steps, *noise])
    kept = thin(points, limit=25)
    for step in steps:
        shown = max(point for point in kept if point.seconds <= step.seconds + 50)
        assert shown.objective == pytest.approx(step.objective, abs=1e-4)


def test_many_changes_need_little_memory() -> None:
    history = History()
    for n in range(200_000):
        history.note(Point(n * 0.01, -float(n), None))
    assert len(history.points()) < 8000
    assert history.points()[-1] == Point(199_999 * 0.01, -199_999.0, None)


def test_a_change_is_never_shown_before_it_was_true() -> None:
    history = History()
    told = [Point(10 + n * 0.003, -float(n), None) for n in range(100)]
    for point in told:
        history.note(point)
    assert set(history.points()) <= set(told)


def test_without_a_bound_of_the_answer_the_history_has_none() -> None:
    sink = course(Sense.MINIMIZE, [(1.0, 10.0, 12.0), (1.0, 9.0, None)])
    assert values(sink.history(9.0, None), "best_bound") == []


def test_a_lost_incumbent_stays_in_the_history() -> None:
    sink = course(Sense.MINIMIZE, [(1.0, 10.0, 2.0), (3.0, 9.0, None)])
    last = sink.history(None, None)[-1]
    assert (last.seconds, last.objective, last.best_bound) == (4.0, 9.0, 2.0)


def test_a_search_that_found_nothing_has_no_history() -> None:
    assert course(Sense.MINIMIZE, [(1.0, None, None)]).history(None, None) == ()


def test_a_search_that_told_nothing_has_its_answer_for_history() -> None:
    (point,) = course(Sense.MINIMIZE, []).history(5.0, 5.0)
    assert (point.objective, point.best_bound) == (5.0, 5.0)


def test_a_sense_that_is_known_late_brings_order() -> None:
    sink = course(None, [(1.0, 5.0, None), (1.0, 7.0, None), (1.0, 6.0, None)])
    sink.tell_sense(Sense.MAXIMIZE)
    assert values(sink.history(8.0, None), "objective") == [5.0, 7.0, 7.0, 8.0]
