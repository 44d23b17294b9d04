"""The display on standard error during a local run."""

from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import timedelta
from itertools import islice
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import (
    Progress,
    ProgressColumn,
    SpinnerColumn,
    Task,
    TextColumn,
    TimeElapsedColumn,
)
from rich.text import Text

from argmin.api.progress import Progress as RunningProgress
from argmin.api.progress import SearchProgress
from argmin.backends.local.process import Ending
from argmin.backends.run import Run
from argmin.backends.state import Attempt
from argmin.cli.output.formatting import format_span, shorten

_SHOWN_METRICS = 3

_STOPPING = {
    Ending.STOPPED: "stopping: the solver hands over what it has; press Ctrl-C again to kill it",
    Ending.DEADLINE: "activeDeadlineSeconds is over: the solver hands over what it has",
}


class _SearchColumn(ProgressColumn):
    """Where the search stands; the age of the incumbent grows between two reports."""

    def __init__(self) -> None:
        super().__init__()
        self.progress: SearchProgress | None = None
        self._reported_at = 0.0
        self._metrics = ""

    def report(self, progress: SearchProgress | None, metrics: str = "") -> None:
        self.progress, self._reported_at, self._metrics = progress, time.monotonic(), metrics

    def render(self, _task: Task) -> Text:
        if self.progress is None:
            return Text()
        search = describe_search(self.progress, time.monotonic() - self._reported_at)
        return Text(", ".join(filter(None, (search, self._metrics))), style="cyan")


def describe_metrics(progress: RunningProgress) -> str:
    """Steps and first metrics of a run, in a line: `step 3 of 10, loss 0.25`."""
    steps = "" if progress.step is None else f"step {progress.step:,}"
    if steps and progress.total is not None:
        steps += f" of {progress.total:,}"
    others = (m for m in progress.metrics if m.name not in ("step", "total"))
    shown = (f"{m.name} {shorten(m.value)}" for m in islice(others, _SHOWN_METRICS))
    return ", ".join(filter(None, (steps, *shown)))


def describe_search(progress: SearchProgress, seconds_since: float = 0.0) -> str:
    """Where a search stands, in a line: `objective 15020, bound 15005, gap 0.1 %, found 3s ago`.

    Args:
        progress: the last report.
        seconds_since: its age in seconds.
    """
    parts = []
    if progress.objective is not None:
        parts.append(f"objective {shorten(progress.objective)}")
    if progress.best_bound is not None:
        parts.append(f"bound {shorten(progress.best_bound)}")
    if progress.gap is not None:
        parts.append(f"gap {100 * float(progress.gap):.3g} %")
    if progress.incumbent_seconds is not None:
        age = timedelta(seconds=progress.incumbent_seconds + seconds_since)
        parts.append(f"found {format_span(age)} ago")
    counts = {"solutions": progress.solutions, "nodes": progress.nodes}
    if progress.objective is None and progress.best_bound is None:
        counts["iterations"] = progress.iterations
    parts += [f"{count:,} {name}" for name, count in counts.items() if count]
    return ", ".join(parts)


class RunProgress:
    """Streams the run's own lines; on a terminal, with a status line below them."""

    def __init__(self, console: Console, run: Run) -> None:
        self._console = console
        self._run = run
        self._search = _SearchColumn()
        self._progress = Progress(
            SpinnerColumn(),
            TextColumn("{task.description}"),
            TimeElapsedColumn(),
            self._search,
            console=console,
            transient=True,
            disable=not console.is_terminal,
        )
        self._task = self._progress.add_task(f"starting {run.document.name}", total=None)

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        self._progress.stop()

    def attempt_started(self, number: int) -> None:
        """Show which attempt runs, and its limits."""
        parts = [f"running {self._run.document.name}"]
        if number > 1:
            parts.append(f"attempt {number} of at most {self._run.backoff_limit + 1}")
        if limit := self._run.document.task.limits.time:
            parts.append(f"limit {limit.total_seconds():g} s")
        self._search.report(None)
        self._progress.update(self._task, description=", ".join(parts))

    def progressed(self, progress: RunningProgress) -> None:
        """Show where the search stands."""
        self._search.report(progress.flatten(), describe_metrics(progress))

    def lines_printed(self, lines: Sequence[str]) -> None:
        """Show lines of the run as they are."""
        text = "\n".join(lines)
        if self._console.is_terminal:
            self._console.print(Text(text), soft_wrap=True)
        else:
            self._console.file.write(f"{text}\n")
            self._console.file.flush()

    def stopping(self, ending: Ending) -> None:
        """Report why the run is being stopped."""
        self._print(_STOPPING[ending])
        self._progress.update(self._task, description=f"stopping {self._run.document.name}")

    def retrying(self, attempt: Attempt, pause: float) -> None:
        """Report why an attempt failed, and that another follows."""
        why = attempt.message or f"exit code {attempt.exit_code}"
        self._print(f"{attempt.reason}: {why}; trying again in {pause:.0f} s")
        self._progress.update(self._task, description="waiting to try again")

    def _print(self, message: str) -> None:
        self._console.print(Text(f"argmin: {message}", style="yellow"), soft_wrap=True)
