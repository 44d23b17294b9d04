"""`argmin watch`: an object while it is under way, until it is finished."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from datetime import datetime

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.text import Text

from argmin.api.conditions import RECONCILING, find_condition
from argmin.cli.cluster.events import JobEvent, list_events
from argmin.cli.cluster.follow import follow
from argmin.cli.cluster.lookup import find_object
from argmin.cli.cluster.session import Session, open_session, run_command
from argmin.cli.cluster.target import Target
from argmin.cli.errors import CliError, ExitStatus
from argmin.cli.kinds.registry import VIEWS, choose_views
from argmin.cli.kinds.view import KindView, list_conditions
from argmin.cli.manifests.durations import read_timeout
from argmin.cli.manifests.object_names import ObjectName
from argmin.cli.output.formatting import (
    OutputFormat,
    open_console,
    render_conditions,
    render_details,
    render_rows,
    utc_now,
    write_data,
)
from argmin.plan import Key, Manifest


def watch_object(
    name: ObjectName,
    target: Target,
    output: str,
    timeout: str | None,
    views: Sequence[KindView] = VIEWS,
) -> ExitStatus:
    """Follow an object; ends as the object ends."""
    seconds = read_timeout(timeout)
    candidates = choose_views(name, target.namespace, views)
    view, last = run_command(_watch(name, target, seconds, candidates))
    return finish_watching(view, last, OutputFormat(output))


async def _watch(
    name: ObjectName, target: Target, seconds: float | None, views: Sequence[KindView]
) -> tuple[KindView, Manifest]:
    async with open_session(target) as session:
        found = await find_object(session, name, views)
        watcher = Watcher(found.view, name.name)
        return found.view, await watch_until_finished(session, found.key, watcher, seconds)


def finish_watching(view: KindView, last: Manifest, output: OutputFormat) -> ExitStatus:
    """Show a finished object, and choose the exit code."""
    if output is OutputFormat.TABLE:
        open_console().print(render_details(view.describe(last)))
    else:
        write_data(last.get("status") or {}, output)
    return ExitStatus.OK if view.is_successful(last) else ExitStatus.FAILED


_CHART_COLUMNS = 100
_CHART_ROWS = 16


class Watcher:
    """Shows an object as it changes: in place on a terminal, else one line a change."""

    def __init__(
        self,
        view: KindView,
        name: str,
        console: Console | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`clock` returns monotonic seconds."""
        self.view = view
        self.name = name
        self._console = console or open_console(stderr=True)
        self._display = view.open_display(clock)
        self._events: tuple[JobEvent, ...] = ()
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

    def show(self, manifest: Manifest) -> None:
        """Show the object as it is now."""
        self._display.show(manifest)
        line = self._describe(manifest)
        if not self._console.is_terminal and line != self._line:
            self._console.print(Text(line))
        self._line = line

    def show_events(self, events: tuple[JobEvent, ...]) -> None:
        """Show the events of the object: all of them on a terminal, else those that are new."""
        if not self._console.is_terminal:
            for event in events:
                if event not in self._events:
                    self._console.print(Text(f"{self.name}: {event.reason}: {event.message}"))
        self._events = events

    def render(self) -> RenderableType:
        """The display of the object at this moment."""
        manifest = self._display.manifest
        if manifest is None:
            return Text(f"waiting for {self.name}")
        now = utc_now()
        above: list[RenderableType] = [render_details(self._display.describe()), Text()]
        below: list[RenderableType] = [render_conditions(list_conditions(manifest), now)]
        if self._events:
            below += [Text(), _render_events(self._events, now)]
        taken = len(self._console.render_lines(Group(*above, *below), pad=False))
        chart = self._draw(self._console.height - taken - 2)
        return Group(*above, *([chart, Text()] if chart else ()), *below)

    def _draw(self, room: int) -> Text | None:
        """The chart in so many rows at most."""
        if self._console.options.ascii_only:
            return None
        width = min(self._console.width, _CHART_COLUMNS)
        return self._display.draw(width, min(room, _CHART_ROWS))

    def _describe(self, manifest: Manifest) -> str:
        parts = self.view.summarise(manifest)
        why = self.view.explain_end(manifest)
        why = why or find_condition(list_conditions(manifest), RECONCILING)
        parts += [f"{why.reason}: {why.message}"] if why and why.message else []
        return f"{self.name}: {', '.join(parts)}"


async def watch_until_finished(
    session: Session, key: Key, watcher: Watcher, seconds: float | None
) -> Manifest:
    """Show an object until it is finished, and return it.

    Raises:
        CliError: it was deleted meanwhile, or `seconds` are over.
    """
    seen: list[Manifest] = []

    def see(manifest: Manifest | None) -> bool:
        if manifest is None:
            kind = watcher.view.info.name
            raise CliError(f"{kind} {watcher.name} was deleted", ExitStatus.NOT_FOUND)
        seen[:] = [manifest]
        watcher.show(manifest)
        return watcher.view.is_finished(manifest)

    async def look_at_events() -> None:
        watcher.show_events(await list_events(session, key, seen[0]["metadata"]["uid"]))

    watcher.start()
    try:
        await follow(session, key, see, seconds, look_at_events)
    finally:
        watcher.stop()
    return seen[0]


def _render_events(events: tuple[JobEvent, ...], now: datetime) -> RenderableType:
    rows = ([e.age(now), e.type, e.reason, e.message] for e in events)
    return render_rows(["EVENT", "TYPE", "REASON", "MESSAGE"], rows)
