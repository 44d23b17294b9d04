"""Figures: samples with a name, a unit and a target; and the sections of the page they make."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from tests.bench.samples import Samples


class Unit(StrEnum):
    """What a figure counts, as it is written behind a number."""

    SECONDS = " s"
    MEBIBYTES = " MiB"
    TIMES = " times"
    PER_SECOND = " /s"
    MEBIBYTES_PER_SECOND = " MiB/s"
    COUNT = ""


class Judged(StrEnum):
    """Which of the samples has to meet the target."""

    MEDIAN = "median"
    EVERY = "every one"


@dataclass(frozen=True)
class Target:
    """A limit that a figure must keep to."""

    limit: float
    at_least: bool = False
    judged: Judged = Judged.MEDIAN

    def is_met_by(self, samples: Samples) -> bool:
        """Whether the median, or every sample, is on the right side of the limit."""
        if self.judged is Judged.MEDIAN:
            worst = samples.median
        else:
            worst = samples.lowest if self.at_least else samples.highest
        return worst >= self.limit if self.at_least else worst <= self.limit


def at_most(limit: float, judged: Judged = Judged.MEDIAN) -> Target:
    """A target that is met at or below a limit."""
    return Target(limit, judged=judged)


def at_least(limit: float, judged: Judged = Judged.MEDIAN) -> Target:
    """A target that is met at or above a limit."""
    return Target(limit, at_least=True, judged=judged)


@dataclass(frozen=True)
class Figure:
    """One line of the page."""

    name: str
    samples: Samples
    unit: Unit
    target: Target | None = None

    @property
    def is_met(self) -> bool:
        """Whether the target is met; a figure without one always is."""
        return self.target is None or self.target.is_met_by(self.samples)

    def cells(self) -> tuple[str, ...]:
        """The row of the table, cell by cell."""
        samples = self.samples
        span = f"{format_number(samples.lowest)} … {format_number(samples.highest)}"
        return (
            self.name,
            f"{format_number(samples.median)}{self.unit}",
            span,
            str(samples.count),
            self._format_target(),
            self._format_verdict(),
        )

    def _format_target(self) -> str:
        if self.target is None:
            return ""
        sign = "≥" if self.target.at_least else "≤"
        return f"{sign} {format_number(self.target.limit)}{self.unit} ({self.target.judged})"

    def _format_verdict(self) -> str:
        if self.target is None:
            return ""
        return "met" if self.is_met else "**not met**"


@dataclass(frozen=True)
class Table:
    """A further table of a section."""

    caption: str
    head: tuple[str, ...]
    rows: Sequence[tuple[str, ...]]


@dataclass(frozen=True)
class Section:
    """All that one measurement has to say."""

    title: str
    method: str
    """How it was measured, in sentences; what was compared with what."""
    figures: tuple[Figure, ...]
    tables: tuple[Table, ...] = ()
    kubernetes: str | None = None
    """Version of the API server that took part, where one did."""


_HEAD = ("Figure", "Median", "Min … max", "n", "Target", "")


def format_number(value: float) -> str:
    """Three digits that count, without an exponent."""
    text = f"{value:.{max(0, 3 - _count_leading_digits(value))}f}"
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return "0" if text == "-0" else text


def _count_leading_digits(value: float) -> int:
    whole = int(abs(value))
    return len(str(whole)) if whole else 0


def render_section(section: Section, command: str, machine: str) -> str:
    """The section as Markdown, with the command that makes it and the machine it was made on."""
    parts = [
        f"## {section.title}",
        section.method,
        render_table(_HEAD, [figure.cells() for figure in section.figures]),
        *(f"{table.caption}\n\n{render_table(table.head, table.rows)}" for table in section.tables),
        f"`{command}` on {machine}.",
    ]
    return "\n\n".join(parts) + "\n"


def render_table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A Markdown table; a bar inside a cell is escaped.

    Raises:
        ValueError: a row has more or fewer cells than the head.
    """
    for row in rows:
        if len(row) != len(head):
            raise ValueError(f"{len(row)} cells under {len(head)} headings: {row}")
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(map(_escape, line))} |" for line in lines)


def _escape(cell: str) -> str:
    return cell.replace("|", "\\|")
