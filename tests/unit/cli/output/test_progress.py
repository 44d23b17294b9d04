"""The line that `argmin run` shows below the log of a solver."""

from __future__ import annotations

import io

import pytest
from rich.console import Console

from argmin.api.answer import Metric
from argmin.api.optimization.spec import OptimizationJob
from argmin.api.progress import Progress, Search, SearchProgress
from argmin.backends.defaults import Defaults
from argmin.backends.run import Run
from argmin.cli.output.progress import RunProgress, describe_metrics, describe_search
from argmin.optimization.build_run import build_run


@pytest.fixture
def run() -> Run:
    spec = {"script": {"source": {"inline": "pass"}}, "limits": {"time": "60s"}}
    job = OptimizationJob.model_validate({"metadata": {"name": "steel"}, "spec": spec})
    return build_run(job, Defaults(image="", intake_url=""), "/nowhere")


STAND = SearchProgress(
    objective="25779856.371697918",
    best_bound="25777809.0",
    gap="0.00007941",
    nodes=12345,
    iterations=99,
    solutions=3,
    elapsed_seconds=70,
    incumbent_seconds=8,
)


def test_a_search_is_described_in_a_line() -> None:
    assert describe_search(STAND, seconds_since=1.5) == (
        "objective 25779856.37, bound 25777809.0, gap 0.00794 %, found 9s ago,"
        " 3 solutions, 12,345 nodes"
    )


@pytest.mark.parametrize(
    ("progress", "text"),
    [
        (SearchProgress(), ""),
        (SearchProgress(iterations=1300), "1,300 iterations"),
        (SearchProgress(best_bound="5.0", nodes=0), "bound 5.0"),
        (SearchProgress(solutions=40320), "40,320 solutions"),
    ],
)
def test_what_is_not_known_is_not_said(progress: SearchProgress, text: str) -> None:
    assert describe_search(progress) == text


@pytest.mark.parametrize(
    ("progress", "text"),
    [
        (Progress(), ""),
        (Progress(step=3), "step 3"),
        (
            Progress(step=3, total=10, metrics=(Metric(name="loss", value="0.25"),)),
            "step 3 of 10, loss 0.25",
        ),
        (Progress(metrics=(Metric(name="step", value="3.0"),)), ""),
        (Progress(metrics=tuple(Metric(name=n, value="1") for n in "abcd")), "a 1, b 1, c 1"),
    ],
)
def test_steps_and_metrics_of_a_program_are_shown(progress: Progress, text: str) -> None:
    assert describe_metrics(progress) == text


def show(run: Run, *, terminal: bool) -> str:
    """All that is written while a search is under way."""
    console = Console(file=io.StringIO(), force_terminal=terminal, width=160)
    with RunProgress(console, run) as shown:
        shown.attempt_started(1)
        search = Search.model_validate(STAND.model_dump(exclude={"elapsed_seconds"}))
        shown.progressed(Progress(search=search, elapsed_seconds=70))
        shown.lines_printed(["a line of the solver"])
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def test_a_terminal_shows_it_below_the_lines_of_the_run(run: Run) -> None:
    written = show(run, terminal=True)
    assert "running steel, limit 60 s" in written
    assert "objective 25779856.37, bound 25777809.0, gap 0.00794 %" in written


def test_elsewhere_only_the_lines_of_the_run_are_written(run: Run) -> None:
    assert show(run, terminal=False) == "a line of the solver\n"
