"""How objects are shown: tables for people, JSON and YAML for programs."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any

import yaml
from rich.console import Console, ConsoleOptions, RenderableType
from rich.segment import Segment
from rich.table import Table
from rich.text import Text

from argmin.api.meta import Condition, ConditionStatus
from argmin.api.text import clean

_UNBOUNDED_WIDTH = 10_000
"""Width for a pipe or file, which gets unwrapped lines."""

_STYLES = {
    "Complete": "green",
    "Ready": "green",
    "Failed": "red",
    "Stalled": "red",
    "Running": "cyan",
}


class OutputFormat(StrEnum):
    """The formats of `--output`."""

    TABLE = "table"
    JSON = "json"
    YAML = "yaml"


class _CleanConsole(Console):
    """Shows control characters of a text as U+FFFD; rich's own go through."""

    def render(
        self, renderable: RenderableType, options: ConsoleOptions | None = None
    ) -> Iterable[Segment]:
        """What is to be written, piece by piece."""
        for segment in super().render(renderable, options):
            yield segment if segment.control else segment._replace(text=clean(segment.text))


def open_console(*, stderr: bool = False) -> Console:
    """A console on standard output or error, as wide as needed where it is no terminal."""
    stream = sys.stderr if stderr else sys.stdout
    width = None if stream.isatty() else _UNBOUNDED_WIDTH
    return _CleanConsole(
        stderr=stderr,
        width=width,
        highlight=False,
        markup=False,
        emoji=False,
        soft_wrap=not stream.isatty(),
    )


def write_text(text: str) -> None:
    """Write to standard output.

    Whatever a program printed rewrites no terminal; into a pipe or a file it goes as it is.
    """
    sys.stdout.write(clean(text) if sys.stdout.isatty() else text)
    sys.stdout.flush()


def write_data(data: Any, output: OutputFormat) -> None:
    """Write one JSON or YAML document to standard output."""
    if output is OutputFormat.YAML:
        text = _to_yaml(data)
    else:
        text = json.dumps(data, indent=2, ensure_ascii=False) + "\n"
    write_text(text)


def write_documents(manifests: Iterable[Mapping[str, Any]]) -> None:
    """Write YAML documents to standard output."""
    for manifest in manifests:
        write_text(f"---\n{_to_yaml(manifest)}")


class _Dumper(yaml.SafeDumper):
    """Writes texts of several lines as such."""


def _represent_text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    style = "|" if "\n" in text else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_Dumper.add_representer(str, _represent_text)


def _to_yaml(data: Any) -> str:
    text: str = yaml.dump(data, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=100)
    return text


def render_rows(headings: Sequence[str], rows: Iterable[Sequence[str | Text]]) -> Table:
    """A table as kubectl writes it: no lines, columns three blanks apart."""
    table = Table(box=None, pad_edge=False, padding=(0, 3, 0, 0), header_style="")
    for heading in headings[:-1]:
        table.add_column(heading, no_wrap=True)
    table.add_column(headings[-1], overflow="fold")
    for row in rows:
        table.add_row(*(style_state(cell) if isinstance(cell, str) else cell for cell in row))
    return table


def style_state(text: str) -> Text:
    """The text, in the colour of the state or condition that it names, if it names one."""
    return Text(text, style=_STYLES.get(text, ""))


def format_span(span: timedelta) -> str:
    """A span as kubectl writes an age: `42s`, `5m12s`, `3h`, `12d`; finer where it is short."""
    seconds = max(0, int(span.total_seconds()))
    units = (("d", 86400, 8, ("h", 3600)), ("h", 3600, 8, ("m", 60)), ("m", 60, 10, ("s", 1)))
    for unit, size, fine, (smaller, part) in units:
        if seconds >= 2 * size:
            count, rest = divmod(seconds, size)
            tail = f"{rest // part}{smaller}" if count < fine and rest // part else ""
            return f"{count}{unit}{tail}"
    return f"{seconds}s"


def render_details(details: Iterable[tuple[str, Text]]) -> Table:
    """Rows of a label and its value, without lines."""
    table = Table(box=None, show_header=False, pad_edge=False, padding=(0, 3, 0, 0))
    for label, value in details:
        table.add_row(Text(label, style="dim"), value)
    return table


def render_conditions(conditions: Iterable[Condition], now: datetime) -> Table:
    """The conditions, one a line; only those that hold stand out."""
    rows = (_list_cells(condition, now) for condition in conditions)
    return render_rows(["CONDITION", "STATUS", "REASON", "SINCE", "MESSAGE"], rows)


def _list_cells(condition: Condition, now: datetime) -> Sequence[str | Text]:
    holds = condition.status is ConditionStatus.TRUE
    return (
        style_state(condition.type) if holds else Text(condition.type),
        condition.status.value,
        Text(condition.reason),
        format_span(now - condition.last_transition_time),
        condition.message,
    )


def shorten(number: str | None, digits: int = 10) -> str | None:
    """A decimal text for people; as it is where it has no more digits than these."""
    if number is None or sum(map(str.isdigit, number)) <= digits:
        return number
    try:
        return f"{float(number):.{digits}g}"
    except ValueError:  # text of a program instead of a number
        return number


def utc_now() -> datetime:
    """The time, for ages and transition times."""
    return datetime.now(UTC)


def format_age(manifest: Mapping[str, Any], now: datetime) -> str:
    """How long ago an object was created; empty where that is unknown."""
    created = manifest["metadata"].get("creationTimestamp")
    return format_span(now - datetime.fromisoformat(created)) if created else ""
