"""What `argmin watch` shows while a job runs: a chart on a terminal, lines elsewhere."""

from __future__ import annotations

import io
from datetime import UTC, datetime

from rich.console import Console

from argmin.api.answer import Outcome
from argmin.api.conditions import COMPLETE, RECONCILING
from argmin.api.optimization.spec import OptimizationJob, OptimizationJobStatus, State
from argmin.api.progress import SearchProgress
from argmin.cli.commands.watch import Watcher
from argmin.cli.kinds.registry import VIEWS
from argmin.optimization.status import ConditionUpdate, set_conditions
from argmin.plan import Manifest
from tests.refusals import MODEL

RUNNING = ConditionUpdate(State.RUNNING, (RECONCILING,), "Running", "its pod is running")
SOLVED = ConditionUpdate(State.COMPLETE, (COMPLETE,), "Optimal", "proven optimal")
ANSWER = OptimizationJobStatus(
    outcome=Outcome.OPTIMAL, objective="15005.0", best_bound="15005.0", solve_seconds="31.5"
)


def job(status: OptimizationJobStatus, verdict: ConditionUpdate = RUNNING) -> Manifest:
    job = OptimizationJob.model_validate(
        {
            "metadata": {"name": "steel"},
            "spec": {"model": MODEL},
            "status": set_conditions(status, verdict, 1, datetime.now(UTC)),
        }
    )
    return job.to_wire()


def searching(seconds: int, objective: str | None) -> Manifest:
    progress = SearchProgress(
        objective=objective,
        best_bound="14000",
        gap="0.1",
        nodes=12,
        solutions=3,
        elapsed_seconds=seconds,
        incumbent_seconds=2,
    )
    return job(OptimizationJobStatus(progress=progress))


class Screen:
    """A watcher on a terminal of some size, with a clock."""

    def __init__(self, *, terminal: bool = True, width: int = 90, height: int = 40) -> None:
        self.now = 0.0
        self.console = Console(
            file=io.StringIO(),
            force_terminal=terminal,
            width=width,
            height=height,
            no_color=True,
            color_system=None,
            legacy_windows=False,
        )
        self.watcher = Watcher(VIEWS[0], "steel", self.console, lambda: self.now)

    def show(self, seen: Manifest, at: float = 0.0) -> None:
        self.now = at
        self.watcher.show(seen)

    def picture(self) -> str:
        with self.console.capture() as capture:
            self.console.print(self.watcher.render())
        return capture.get()

    def printed(self) -> str:
        file = self.console.file
        assert isinstance(file, io.StringIO)
        return file.getvalue()


def test_a_terminal_shows_numbers_chart_and_conditions() -> None:
    screen = Screen()
    screen.show(searching(1, "20000"), at=1)
    screen.show(searching(9, "16000"), at=9)
    picture = screen.picture()
    for words in (
        "objective    16000 (found 2s ago)",
        "best bound   14000 (gap 0.1)",
        "nodes        12",
        "20,000 ┤",
        "Reconciling   True",
    ):
        assert words in picture


def test_time_and_age_go_on_between_two_reports() -> None:
    screen = Screen()
    screen.show(searching(9, "16000"), at=9)
    screen.now = 14
    picture = screen.picture()
    assert "(found 7s ago)" in picture
    assert "time         14s" in picture


def test_a_small_terminal_shows_no_chart_and_all_the_rest() -> None:
    for screen in (Screen(width=30), Screen(height=14)):
        screen.show(searching(1, "20000"), at=1)
        screen.show(searching(9, "16000"), at=9)
        picture = screen.picture()
        assert "┤" not in picture
        assert "16000" in picture


def test_a_chart_never_needs_more_lines_than_there_are() -> None:
    for height in range(10, 50):
        screen = Screen(height=height)
        screen.show(searching(1, "20000"), at=1)
        screen.show(searching(9, "16000"), at=9)
        lines = screen.picture().splitlines()
        assert len(lines) < height or not any("┤" in line for line in lines)


def test_before_the_first_report_there_is_no_chart() -> None:
    screen = Screen()
    screen.show(job(OptimizationJobStatus()))
    assert "┤" not in screen.picture()
    assert "its pod is running" in screen.picture()


def test_at_the_end_the_chart_stays_up_to_the_answer() -> None:
    screen = Screen()
    screen.watcher.start()
    screen.show(searching(1, "20000"), at=1)
    screen.show(searching(9, "16000"), at=9)
    screen.show(job(ANSWER, SOLVED), at=32)
    screen.watcher.stop()
    last = screen.printed()[screen.printed().rindex("bound") :]
    assert "20,000 ┤" in last
    assert "31s" in last


def test_where_no_terminal_is_every_change_is_a_line() -> None:
    screen = Screen(terminal=False, width=1000)
    screen.show(searching(1, "20000"))
    screen.show(searching(1, "20000"))
    screen.show(searching(9, "16000"))
    screen.show(job(ANSWER, SOLVED))
    screen.watcher.stop()
    first, second, third = screen.printed().splitlines()
    assert first.startswith("steel: Running, objective 20000, bound 14000, gap 10 %")
    assert second.startswith("steel: Running, objective 16000")
    assert third == "steel: Complete, Optimal, 15005.0, Optimal: proven optimal"
