"""The chart of a search in the terminal: what it shows, and when there is none."""

from __future__ import annotations

import pytest

from argmin.api.progress import SearchProgress
from argmin.cli.charts.terminal import MOST_SIGHTINGS, Course, Sample, draw_convergence

FALLING = [
    Sample(0, 100.0, 0.0),
    Sample(10, 60.0, 20.0),
    Sample(20, 50.0, 40.0),
    Sample(30, 50.0, 50.0),
]


def draw(
    sightings: list[Sample], until: float = 40.0, width: int = 60, height: int = 12
) -> list[str]:
    """The lines of the chart; none where there is none."""
    chart = draw_convergence(sightings, until, width, height)
    return chart.plain.split("\n") if chart else []


def plot_of(lines: list[str]) -> list[str]:
    """The dots alone, a line a row."""
    return [line.split("┤" if "┤" in line else "│", 1)[1] for line in lines[1:-2]]


def told(seconds: int, objective: str | None, bound: str | None = None) -> SearchProgress:
    return SearchProgress(objective=objective, best_bound=bound, elapsed_seconds=seconds)


def test_it_fills_the_room_it_is_given_and_no_more() -> None:
    lines = draw(FALLING, width=60, height=12)
    assert len(lines) == 12
    assert max(map(len, lines)) == 60


def test_it_names_its_lines_its_scale_and_its_time() -> None:
    lines = draw(FALLING)
    assert "objective" in lines[0]
    assert "bound" in lines[0]
    assert lines[1].startswith("100 ┤")
    assert lines[-3].startswith("  0 ┤")
    assert lines[-1].split() == ["0s", "40s"]


def test_objective_and_bound_come_from_the_ends_and_meet() -> None:
    rows = plot_of(draw(FALLING))
    assert rows[0].strip("⠀ ")
    assert rows[-1].strip("⠀ ")
    last_column = [row[-1:] for row in rows if row[-1:].strip("⠀ ")]
    assert len(last_column) == 1


def test_a_maximization_rises() -> None:
    rising = [Sample(0, 10.0, 100.0), Sample(20, 90.0, 100.0)]
    rows = plot_of(draw(rising))
    assert rows[-1][:1].strip("⠀ ")
    assert not rows[-1][-1:].strip("⠀ ")


def test_the_present_goes_on_as_the_last_that_was_seen() -> None:
    (row,) = {row[-8:] for row in plot_of(draw([Sample(0, 7.0, None)])) if row.strip("⠀ ")}
    assert len(row.strip("⠀ ")) == 8


def test_what_was_known_only_at_first_does_not_flatten_the_rest() -> None:
    wild = [Sample(0, 1e9, 0.0), Sample(1, 100.0, 0.0), Sample(50, 60.0, 50.0)]
    assert draw(wild, until=100.0)[1].startswith("100 ┤")


def test_a_search_without_an_incumbent_shows_its_bound() -> None:
    rows = plot_of(draw([Sample(0, None, 5.0), Sample(20, None, 8.0)]))
    assert any(row.strip("⠀ ") for row in rows)


def test_the_bound_is_dashed_so_that_no_colours_are_needed() -> None:
    only_bound = [row for row in plot_of(draw([Sample(0, None, 5.0)])) if row.strip("⠀ ")]
    only_objective = [row for row in plot_of(draw([Sample(0, 5.0, None)])) if row.strip("⠀ ")]
    assert " " in only_bound[0].strip()
    assert " " not in only_objective[0].strip()


@pytest.mark.parametrize("value", [15005.0, 0.0, -3.5, 1e12, 1e-9])
def test_one_value_alone_has_a_scale_around_it(value: float) -> None:
    labels = [line.partition("┤")[0] for line in draw([Sample(0, value, None)]) if "┤" in line]
    low, *_, high = sorted(float(label.replace(",", "")) for label in labels)
    assert low < value < high


def test_numbers_close_together_are_told_apart() -> None:
    close = [Sample(0, 15005.02, 15005.01)]
    labels = [line.partition("┤")[0].strip() for line in draw(close) if "┤" in line]
    assert labels[0] == "15,005.0200"
    assert labels[-1] == "15,005.0100"


@pytest.mark.parametrize(("width", "height"), [(25, 12), (60, 6), (0, 0), (60, -4)])
def test_without_room_there_is_no_chart(width: int, height: int) -> None:
    assert draw(FALLING, width=width, height=height) == []


@pytest.mark.parametrize("seen", [[], [Sample(0, None, None)]])
def test_without_a_number_there_is_no_chart(seen: list[Sample]) -> None:
    assert draw(seen) == []


def test_a_course_keeps_what_was_seen_in_the_order_of_time() -> None:
    course = Course()
    course.add(told(1, None, "3"))
    course.add(told(4, "10", "3.5"))
    assert list(course.sightings) == [Sample(1, None, 3.0), Sample(4, 10.0, 3.5)]


def test_of_one_second_the_last_counts() -> None:
    course = Course()
    course.add(told(1, "10"))
    course.add(told(1, "9"))
    assert list(course.sightings) == [Sample(1, 9.0, None)]


def test_an_attempt_that_begins_anew_begins_a_new_course() -> None:
    course = Course()
    course.add(told(50, "10"))
    course.add(told(2, "90"))
    assert list(course.sightings) == [Sample(2, 90.0, None)]


def test_a_course_is_bounded_and_keeps_its_ends() -> None:
    course = Course()
    for second in range(3 * MOST_SIGHTINGS):
        course.add(told(second, str(second)))
    assert len(course.sightings) <= MOST_SIGHTINGS
    assert course.sightings[0].seconds == 0
    assert course.sightings[-1].seconds == 3 * MOST_SIGHTINGS - 1


def test_the_end_is_seen_only_where_something_was_seen_before() -> None:
    course = Course()
    course.end(9.0, "1", "1")
    assert not course.sightings
    course.add(told(3, "5"))
    course.end(2.5, "1", "1")
    assert course.sightings[-1] == Sample(3.0, 1.0, 1.0)


@pytest.mark.parametrize("text", ["NaN", "Infinity"])
def test_what_is_no_finite_number_is_not_drawn(text: str) -> None:
    course = Course()
    course.add(told(1, text, "3"))
    assert list(course.sightings) == [Sample(1, None, 3.0)]
