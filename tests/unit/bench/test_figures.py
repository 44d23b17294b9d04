from __future__ import annotations

import pytest

from tests.bench.figures import (
    Figure,
    Judged,
    Section,
    Table,
    Target,
    Unit,
    at_least,
    at_most,
    format_number,
    render_section,
    render_table,
)
from tests.bench.samples import Samples


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0, "0"),
        (7.0, "7"),
        (0.914, "0.914"),
        (1.049, "1.05"),
        (12.3456, "12.3"),
        (150.4, "150"),
        (1234.5, "1234"),
        (-0.052, "-0.052"),
        (-0.00001, "0"),
    ],
)
def test_numbers_have_three_digits_and_no_exponent(value: float, text: str) -> None:
    assert format_number(value) == text


@pytest.mark.parametrize(
    ("target", "values", "met"),
    [
        (at_most(1.0), (0.5, 1.0, 9.0), True),
        (at_most(1.0), (0.5, 1.1, 1.2), False),
        (at_most(8, Judged.EVERY), (7, 7, 8), True),
        (at_most(8, Judged.EVERY), (7, 7, 9), False),
        (at_least(0.8), (0.1, 0.8, 0.9), True),
        (at_least(0.8), (0.1, 0.7, 0.9), False),
        (at_least(0.8, Judged.EVERY), (0.8, 0.9), True),
        (at_least(0.8, Judged.EVERY), (0.7, 0.9), False),
    ],
)
def test_a_target_judges_the_median_or_every_sample(
    target: Target, values: tuple[float, ...], met: bool
) -> None:
    assert target.is_met_by(Samples(values)) is met


def test_a_figure_shows_median_span_count_target_and_verdict() -> None:
    figure = Figure("runner / direct", Samples((1.0, 1.02, 1.2)), Unit.TIMES, at_most(1.05))
    assert figure.cells() == (
        "runner / direct",
        "1.02 times",
        "1 … 1.2",
        "3",
        "≤ 1.05 times (median)",
        "met",
    )


def test_a_missed_target_stands_out() -> None:
    figure = Figure("rate", Samples((0.5,)), Unit.TIMES, at_least(0.8))
    assert figure.cells()[-1] == "**not met**"


def test_a_figure_without_a_target_has_no_verdict() -> None:
    figure = Figure("memory", Samples((91.0,)), Unit.MEBIBYTES)
    assert figure.cells() == ("memory", "91 MiB", "91 … 91", "1", "", "")


def test_a_section_names_its_method_command_and_machine() -> None:
    section = Section(
        "Writes",
        "Counted by the API server.",
        (Figure("writes", Samples((7.0,)), Unit.COUNT, at_most(8)),),
        (Table("By request:", ("Request", "n"), [("create events", "1")]),),
    )
    assert render_section(section, "python -m tests.bench --only writes", "2 cores") == (
        "## Writes\n\nCounted by the API server.\n\n"
        "| Figure | Median | Min … max | n | Target |  |\n"
        "| --- | --- | --- | --- | --- | --- |\n"
        "| writes | 7 | 7 … 7 | 1 | ≤ 8 (median) | met |\n\n"
        "By request:\n\n"
        "| Request | n |\n| --- | --- |\n| create events | 1 |\n\n"
        "`python -m tests.bench --only writes` on 2 cores.\n"
    )


def test_a_bar_in_a_cell_does_not_end_it() -> None:
    assert render_table(("a",), [("x|y",)]).endswith("| x\\|y |")


def test_a_row_that_does_not_fit_its_head_is_refused() -> None:
    with pytest.raises(ValueError, match="2 cells under 1 headings"):
        render_table(("a",), [("x", "y")])
