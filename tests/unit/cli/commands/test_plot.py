"""The convergence chart: which part of a search it shows, and what it is drawn into."""

from __future__ import annotations

import json
import re
import struct
import subprocess
import sys
import xml.etree.ElementTree as ET
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from argmin.api.answer import Outcome, Reason
from argmin.api.progress import HistoryPoint
from argmin.cli import main
from argmin.cli.charts.figure import draw_course, place_points
from argmin.cli.charts.history import (
    Course,
    choose_times,
    choose_values,
    format_seconds,
    format_value,
    read_course,
)
from argmin.cli.charts.theme import THEMES, ThemeName
from argmin.cli.errors import CliError

SOLUTION: dict[str, Any] = {
    "version": 1,
    "name": "steel",
    "outcome": "Feasible",
    "reason": "TimeLimit",
    "message": "stopped at the time limit; it cost $5 and $6",
    "sense": "Minimize",
    "objective": "15020.0",
    "bestBound": "15005.0",
    "gap": "0.0009986684420772304",
    "solver": "scip",
    "solverVersion": "10.0.0",
    "history": [
        {"seconds": 0.1, "bestBound": 14000.0},
        {"seconds": 0.4, "objective": 19000.0, "bestBound": 14000.0},
        {"seconds": 2.5, "objective": 15020.0, "bestBound": 14900.0},
        {"seconds": 9.0, "objective": 15020.0, "bestBound": 15005.0},
    ],
}


def points(*entries: tuple[float, float | None, float | None]) -> list[HistoryPoint]:
    return [HistoryPoint(seconds=s, objective=o, best_bound=b) for s, o, b in entries]


def ranges(told: Sequence[HistoryPoint]) -> tuple[Any, Any]:
    times = choose_times(told)
    return times, choose_values(told, times)


@pytest.fixture
def solution(tmp_path: Path) -> Path:
    path = tmp_path / "solution.json"
    path.write_text(json.dumps(SOLUTION))
    return path


def plot(*arguments: object) -> int:
    return main(["plot", *map(str, arguments)])


class TestFiles:
    def test_a_png_has_the_size_of_a_picture(self, solution: Path, tmp_path: Path) -> None:
        target = tmp_path / "chart.png"
        assert plot(solution, "-o", target) == 0
        content = target.read_bytes()
        assert content.startswith(b"\x89PNG\r\n")
        assert struct.unpack(">II", content[16:24]) == (1720, 960)

    def test_an_svg_is_the_same_every_time(self, solution: Path, tmp_path: Path) -> None:
        for name in ("one.svg", "two.svg"):
            assert plot(solution, "-o", tmp_path / name) == 0
        assert (tmp_path / "one.svg").read_bytes() == (tmp_path / "two.svg").read_bytes()
        root = ET.parse(tmp_path / "one.svg").getroot()
        assert root.tag == "{http://www.w3.org/2000/svg}svg"

    def test_a_folder_of_results_is_taken_for_its_solution(
        self, solution: Path, tmp_path: Path
    ) -> None:
        assert plot(solution.parent, "-o", tmp_path / "chart.svg") == 0

    def test_a_history_of_one_point_is_drawn_and_told_of(
        self, solution: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        solution.write_text(json.dumps({**SOLUTION, "history": SOLUTION["history"][-1:]}))
        assert plot(solution, "-o", tmp_path / "chart.svg") == 0
        assert (tmp_path / "chart.svg").read_bytes().startswith(b"<?xml")
        said = capsys.readouterr().err
        assert f"argmin: {solution} has one point only, after 9 s: " in said
        assert said.count("\n") == 1

    def test_the_themes_differ(self, solution: Path, tmp_path: Path) -> None:
        for theme in ThemeName:
            assert plot(solution, "-o", tmp_path / f"{theme}.svg", "--theme", theme) == 0
        assert THEMES[ThemeName.DARK].background in (tmp_path / "dark.svg").read_text()
        assert THEMES[ThemeName.DARK].background not in (tmp_path / "light.svg").read_text()


class TestPage:
    @pytest.fixture
    def page(self, solution: Path, tmp_path: Path) -> str:
        assert plot(solution, "-o", tmp_path / "chart.html") == 0
        return (tmp_path / "chart.html").read_text()

    def test_it_needs_nothing_else(self, page: str) -> None:
        assert not re.search(r"""(src|href)=["'](?!#)""", page)
        assert "@import" not in page
        assert "url(http" not in page

    def test_it_says_the_numbers_where_one_points(self, page: str) -> None:
        found = re.search(r"^const points = (\[.*?\]), svg", page, re.M)
        assert found is not None
        told = json.loads(found[1])
        assert told[1]["said"] == ["400 ms", "objective 19,000", "bound 14,000", "gap 26.3 %"]
        assert "objective" not in told[0]
        xs = [point["x"] for point in told]
        assert xs == sorted(xs)
        assert all(0 < point["x"] < 619.2 and 0 < point["bound"] < 345.6 for point in told)

    def test_it_has_the_numbers_for_those_who_cannot_see_it(self, page: str) -> None:
        assert '<svg role="img" tabindex="0" aria-label="Convergence of steel: scip' in page
        assert "<td>2.5 s</td><td>15,020</td><td>14,900</td>" in page

    def test_no_text_of_a_user_becomes_markup(self, solution: Path, tmp_path: Path) -> None:
        evil = "</script><script>alert(1)</script>"
        solution.write_text(json.dumps({**SOLUTION, "name": evil, "message": evil}))
        assert plot(solution, "-o", tmp_path / "chart.html") == 0
        page = (tmp_path / "chart.html").read_text()
        assert page.count("<script>") == 1
        assert "alert(1)</script>" not in page


class TestRanges:
    def test_an_early_rush_is_shown_on_a_logarithmic_axis(self) -> None:
        told = [(0.01 * 2**n, 100.0 - n, 0.0) for n in range(8)]
        times, _ = ranges(points(*told, (60.0, 90.0, 0.0)))
        assert times.is_logarithmic
        assert times.low < 0.01

    def test_an_even_search_is_shown_on_a_linear_one(self) -> None:
        times, values = ranges(points((1, 10, 1), (5, 8, 3), (10, 7, 5)))
        assert (times.low, times.high, times.is_logarithmic) == (0.0, 10.0, False)
        assert not values.is_logarithmic
        assert values.low < 1
        assert values.high > 10

    def test_a_bad_first_solution_does_not_flatten_the_rest(self) -> None:
        _, values = ranges(points((0.1, 1e9, 0.0), (0.3, 120.0, 90.0), (10, 100.0, 95.0)))
        assert values.high < 200

    def test_a_bad_first_solution_that_lasts_is_shown(self) -> None:
        _, values = ranges(points((0.1, 1000.0, 90.0), (5, 100.0, 95.0), (10, 100.0, 95.0)))
        assert values.high > 1000

    def test_values_over_decades_are_shown_on_a_logarithmic_axis(self) -> None:
        _, values = ranges(points((1, 1e6, 1.0), (4, 1e4, 2.0), (10, 100.0, 5.0)))
        assert values.is_logarithmic

    @given(
        st.lists(
            st.tuples(st.floats(0, 1e5), st.floats(-1e12, 1e12), st.floats(-1e12, 1e12)),
            min_size=1,
            max_size=100,
        )
    )
    def test_the_end_is_always_seen(self, told: list[tuple[float, float, float]]) -> None:
        history = points(*sorted(told, key=lambda point: point[0]))
        times, values = ranges(history)
        assert times.low < times.high
        assert times.low <= max(history[-1].seconds, 0.001) <= times.high
        for value in (history[-1].objective, history[-1].best_bound):
            assert value is not None
            assert values.low <= value <= values.high


class TestFigure:
    @settings(max_examples=8, deadline=None)
    @given(
        st.lists(
            st.tuples(
                st.floats(0, 1e4),
                st.none() | st.floats(-1e9, 1e9),
                st.none() | st.floats(-1e9, 1e9),
            ).filter(lambda point: point[1:] != (None, None)),
            min_size=1,
            max_size=20,
        )
    )
    def test_any_history_can_be_drawn(
        self, told: list[tuple[float, float | None, float | None]]
    ) -> None:
        history = points(*sorted(told, key=lambda point: point[0]))
        course = read_course(
            {**SOLUTION, "history": [point.to_wire() for point in history]}, "steel"
        )
        figure = draw_course(course, THEMES[ThemeName.LIGHT])
        assert len(place_points(figure, course.points)) == len(history)

    def test_what_is_beyond_the_edge_has_no_place(self) -> None:
        history = points((0.1, 1e9, 0.0), (0.3, 120.0, 90.0), (10, 100.0, 95.0))
        wire = {**SOLUTION, "history": [point.to_wire() for point in history]}
        course = read_course(wire, "steel")
        first, *_, last = place_points(draw_course(course, THEMES[ThemeName.DARK]), course.points)
        assert "objective" not in first
        assert {"objective", "bound"} <= last.keys()


class TestRefusals:
    @pytest.mark.parametrize("name", ["chart", "chart.pdf"])
    def test_a_form_that_is_none(
        self, name: str, solution: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert plot(solution, "-o", name) == 2
        assert "write a name that ends with .png, .svg or .html" in capsys.readouterr().err

    def test_a_file_that_is_not_there(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert plot(tmp_path / "none.json", "-o", tmp_path / "a.svg") == 3
        assert "none.json: No such file or directory" in capsys.readouterr().err

    @pytest.mark.parametrize("name", ["steel", "opt/steel", "OptimizationJob/steel"])
    def test_the_name_of_a_job_is_no_file(
        self, name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        missing = tmp_path / "none"
        assert plot(name, "-o", tmp_path / "a.svg", "--kubeconfig", missing) == 4
        assert f"cannot use the kubeconfig {missing}" in capsys.readouterr().err

    @pytest.mark.parametrize("text", ["{", "[]", '{"a": 1}', '{"outcome": "Fine"}'])
    def test_a_file_that_is_something_else(
        self, text: str, solution: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        solution.write_text(text)
        assert plot(solution, "-o", tmp_path / "a.svg") == 2
        assert "is no " in capsys.readouterr().err

    def test_a_search_that_found_nothing(
        self, solution: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        nothing = {"outcome": "Infeasible", "reason": "Infeasible", "message": "no solution"}
        solution.write_text(json.dumps(nothing))
        assert plot(solution, "-o", tmp_path / "a.svg") == 3
        said = capsys.readouterr().err
        assert "has nothing to plot: the search found neither a solution nor a bound" in said
        assert "(outcome Infeasible: no solution)" in said

    def test_a_place_that_cannot_be_written(
        self, solution: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert plot(solution, "-o", tmp_path / "none" / "a.svg") == 2
        assert "No such file or directory: choose another file" in capsys.readouterr().err

    def test_without_matplotlib_it_says_what_to_install(
        self, solution: Path, tmp_path: Path
    ) -> None:
        (tmp_path / "matplotlib.py").write_text("raise ModuleNotFoundError('no matplotlib')")
        command = "from argmin.cli import main; import sys; sys.exit(main(sys.argv[1:]))"
        ended = subprocess.run(
            [sys.executable, "-c", command, "plot", solution, "-o", tmp_path / "a.png"],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert ended.returncode == 6
        assert "pip install 'argmin-operator[plot]'" in ended.stderr


def test_the_subtitle_says_who_searched_and_how_it_ended() -> None:
    course = read_course(SOLUTION, "steel")
    assert course.describe() == (
        "scip 10.0.0 · minimize · feasible · gap 0.0999 %"
        " · stopped at the time limit; it cost $5 and $6"
    )


def test_of_a_proven_optimum_it_says_no_more_than_that() -> None:
    course = Course(
        "steel",
        read_course(SOLUTION, "x").answer.model_copy(
            update={"outcome": Outcome.OPTIMAL, "reason": Reason.OPTIMAL}
        ),
        tuple(points((1, 5.0, 5.0))),
    )
    assert course.describe() == "scip 10.0.0 · minimize · optimal"


def test_what_is_no_solution_is_refused_by_its_origin() -> None:
    with pytest.raises(CliError, match=r"over there is no solution\.json"):
        read_course({"outcome": 5}, "over there")


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (25779856.3716979, "25,779,856.37"),
        (-1.5, "\N{MINUS SIGN}1.5"),
        (0.0, "0"),
        (1e15, "1e+15"),
        (0.00001234567, "1.235e\N{MINUS SIGN}05"),
        (123456789012.5, "123,456,789,012"),
    ],
)
def test_values_are_for_people(value: float, text: str) -> None:
    assert format_value(value) == text


@pytest.mark.parametrize(
    ("seconds", "text"), [(0.0123, "12.3 ms"), (1.5, "1.5 s"), (180, "3 min"), (9000, "2.5 h")]
)
def test_times_are_for_people(seconds: float, text: str) -> None:
    assert format_seconds(seconds) == text
