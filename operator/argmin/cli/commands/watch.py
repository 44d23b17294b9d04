"""`argmin watch`: a job while it is under way, until it is finished."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime, timedelta

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.text import Text

from argmin.api.conditions import RECONCILING, find_condition
from argmin.api.optimization.spec import OptimizationJob, OptimizationJobStatus
from argmin.api.progress import Progress
from argmin.cli.charts.terminal import Course, draw_convergence
from argmin.cli.cluster.events import JobEvent, list_events
from argmin.cli.cluster.follow import choose_exit, follow, is_finished
from argmin.cli.cluster.session import Session, open_session, run_command
from argmin.cli.cluster.target import Target
from argmin.cli.errors import CliError, ExitStatus
from argmin.cli.manifests.durations import read_timeout
from argmin.cli.output.formatting import (
    OutputFormat,
    explain_end,
    open_console,
    render_conditions,
    render_rows,
    render_status,
    shorten,
    utc_now,
    write_data,
)
from argmin.cli.output.progress import describe_search
from argmin.plan import Manifest


def watch_job(name: str, target: Target, output: str, timeout: str | None) -> ExitStatus:
    """Follow a job; ends as the job ends."""
    seconds = read_timeout(timeout)
    last = run_command(_watch(name, target, seconds))
    return finish_watching(last, OutputFormat(output))


async def _watch(name: str, target: Target, seconds: float | None) -> Manifest:
    async with open_session(target) as session:
        await session.get_job(name)
        return await watch_until_finished(session, Watcher(name), seconds)


def finish_watching(last: Manifest, output: OutputFormat) -> ExitStatus:
    """Show a finished job's answer, and choose the exit code."""
    job = OptimizationJob.model_validate(last)
    if output is OutputFormat.TABLE:
        open_console().print(render_status(job.metadata.name, job.status))
    else:
        write_data(job.status.to_wire(), output)
    return choose_exit(job)


_CHART_COLUMNS = 100
_CHART_ROWS = 16


class Watcher:
    """Shows a job as it changes: in place on a terminal, else one line a change."""

    def __init__(
        self,
        name: str,
        console: Console | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`clock` returns monotonic seconds."""
        self.name = name
        self._console = console or open_console(stderr=True)
        self._clock = clock
        self._course = Course()
        self._progress: Progress | None = None
        self._heard_at = 0.0
        self._events: tuple[JobEvent, ...] = ()
        self._job: OptimizationJob | None = None
        self._line = ""
        self._live = Live(
            get_renderable=self.render,
            console=self._console,
            transient=True,
            auto_refresh=self._console.is_terminal,
        )

    def start(self) -> None:
        """Begin to show."""
        if self._console.is_terminal:
            self._live.start()

    def stop(self) -> None:
        """Remove the live display, except for the chart: the answer is printed separately."""
        if not self._console.is_terminal:
            return
        self._live.stop()
        chart = self._draw(_CHART_ROWS)
        if chart:
            self._console.print(chart, Text(), sep="\n")

    def show(self, job: OptimizationJob) -> None:
        """Show the job as it is now."""
        self._job = job
        self._follow_search(job.status)
        line = _describe(job)
        if not self._console.is_terminal and line != self._line:
            self._console.print(Text(line))
        self._line = line

    def show_events(self, events: tuple[JobEvent, ...]) -> None:
        """Show the events of the job: all of them on a terminal, else those that are new."""
        if not self._console.is_terminal:
            for event in events:
                if event not in self._events:
                    self._console.print(Text(f"{self.name}: {event.reason}: {event.message}"))
        self._events = events

    def _follow_search(self, status: OptimizationJobStatus) -> None:
        if status.progress and status.progress != self._progress:
            self._heard_at = self._clock()
            self._course.add(status.progress)
        elif self._progress and status.objective is not None:
            seconds = float(status.solve_seconds or 0)
            self._course.end(seconds, status.objective, status.best_bound)
        self._progress = status.progress

    def render(self) -> RenderableType:
        """The display of the job at this moment."""
        if self._job is None:
            return Text(f"waiting for {self.name}")
        now = utc_now()
        since = timedelta(seconds=self._clock() - self._heard_at)
        above: list[RenderableType] = [render_status(self.name, self._job.status, since), Text()]
        below: list[RenderableType] = [render_conditions(self._job.status.conditions, now)]
        if self._events:
            below += [Text(), _render_events(self._events, now)]
        taken = len(self._console.render_lines(Group(*above, *below), pad=False))
        chart = self._draw(self._console.height - taken - 2)
        return Group(*above, *([chart, Text()] if chart else ()), *below)

    def _draw(self, room: int) -> Text | None:
        """The chart in so many rows at most, up to the present while the search goes on."""
        sightings = self._course.sightings
        if self._console.options.ascii_only or not sightings:
            return None
        until = sightings[-1].seconds
        if self._progress:
            until += self._clock() - self._heard_at
        width = min(self._console.width, _CHART_COLUMNS)
        return draw_convergence(sightings, until, width, min(room, _CHART_ROWS))


async def watch_until_finished(
    session: Session, watcher: Watcher, seconds: float | None
) -> Manifest:
    """Show a job until it is finished, and return it.

    Raises:
        CliError: it was deleted meanwhile, or `seconds` are over.
    """
    seen: list[Manifest] = []

    def see(manifest: Manifest | None) -> bool:
        if manifest is None:
            raise CliError(f"OptimizationJob {watcher.name} was deleted", ExitStatus.NOT_FOUND)
        job = OptimizationJob.model_validate(manifest)
        seen[:] = [manifest]
        watcher.show(job)
        return is_finished(job)

    async def look_at_events() -> None:
        watcher.show_events(await list_events(session, seen[0]["metadata"]["uid"]))

    watcher.start()
    try:
        await follow(session, session.key(watcher.name), see, seconds, look_at_events)
    finally:
        watcher.stop()
    return seen[0]


def _describe(job: OptimizationJob) -> str:
    status = job.status
    parts = [str(status.state or "Pending")]
    parts += [str(part) for part in (status.outcome, status.objective) if part]
    parts += [f"gap {shorten(status.gap, 4)}"] if status.gap else []
    parts += [describe_search(status.progress)] if status.progress else []
    parts += [f"{len(status.attempts)} attempts"] if len(status.attempts) > 1 else []
    why = explain_end(status) or find_condition(status.conditions, RECONCILING)
    parts += [f"{why.reason}: {why.message}"] if why and why.message else []
    return f"{job.metadata.name}: {', '.join(parts)}"


def _render_events(events: tuple[JobEvent, ...], now: datetime) -> RenderableType:
    rows = ([e.age(now), e.type, e.reason, e.message] for e in events)
    return render_rows(["EVENT", "TYPE", "REASON", "MESSAGE"], rows)
