"""Objective and bound of a search as they converge, drawn with the dots of braille characters."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta

from rich.text import Text

from argmin.api.progress import SearchProgress
from argmin.cli.output.formatting import format_span

OBJECTIVE_STYLE = "bold cyan"
BOUND_STYLE = "yellow"
_AXIS_STYLE = "dim"

MOST_SIGHTINGS = 4000
LEAST_WIDTH = 24
LEAST_HEIGHT = 4
"""Columns and rows of the plot, below which nothing could be seen in it."""

_DOTS = ((0x01, 0x02, 0x04, 0x40), (0x08, 0x10, 0x20, 0x80))
"""Bits of a braille character by column and row."""
_BRAILLE = 0x2800
_EARLY_SHARE = 0.05
"""What is seen of a search only in this first part of the time does not stretch the scale."""
_RESOLUTION = 200
"""Moments at which values are looked at to find the range of the scale."""
_DASH = 4
"""Dots of a dash of the bound, and of the gap after it: told apart without colours too."""


@dataclass(frozen=True)
class Sample:
    """What was known from a moment on."""

    seconds: float
    objective: float | None
    bound: float | None


class Course:
    """What has been seen of a search, in the order of time."""

    def __init__(self) -> None:
        self._seen: list[Sample] = []

    @property
    def sightings(self) -> Sequence[Sample]:
        """All that is remembered."""
        return self._seen

    def add(self, progress: SearchProgress) -> None:
        """Take in where a search stands; one that is younger than before has begun anew."""
        seen = Sample(
            float(progress.elapsed_seconds),
            _to_number(progress.objective),
            _to_number(progress.best_bound),
        )
        if self._seen and seen.seconds < self._seen[-1].seconds:
            self._seen.clear()
        if self._seen and self._seen[-1].seconds == seen.seconds:
            self._seen.pop()
        self._seen.append(seen)
        if len(self._seen) > MOST_SIGHTINGS:
            self._seen = [*self._seen[:-1:2], seen]

    def end(self, seconds: float, objective: str | None, bound: str | None) -> None:
        """Take in how the search ended, if anything was seen of it before."""
        if self._seen:
            at = max(seconds, self._seen[-1].seconds)
            self._seen.append(Sample(at, _to_number(objective), _to_number(bound)))


def draw_convergence(
    sightings: Sequence[Sample], until: float, width: int, height: int
) -> Text | None:
    """A chart of `width` columns and `height` rows, legend and axes included.

    `until` is the present, in seconds of the search: what was last seen still holds then. `None`
    where nothing could be seen: too little room, or too little known.
    """
    rows = height - 3
    start = sightings[0].seconds if sightings else until
    if rows < LEAST_HEIGHT or until <= start:
        return None
    scale = _choose_range(_sample(sightings, start, until, _RESOLUTION))
    if scale is None:
        return None
    labels = _label_rows(*scale, rows)
    columns = width - max(map(len, labels)) - 2
    if columns < LEAST_WIDTH:
        return None
    canvas = _Canvas(columns, rows)
    objectives, bounds = zip(*_sample(sightings, start, until, 2 * columns), strict=True)
    for style, values, dash in ((BOUND_STYLE, bounds, _DASH), (OBJECTIVE_STYLE, objectives, 0)):
        canvas.draw([_place(value, *scale, 4 * rows) for value in values], style, dash)
    return Text("\n").join(_frame(canvas, labels, (start, until)))


def _frame(canvas: _Canvas, labels: Sequence[str], span: tuple[float, float]) -> Iterable[Text]:
    margin = max(map(len, labels))
    yield Text.assemble(
        " " * (margin + 2), ("━━", OBJECTIVE_STYLE), " objective   ", ("╺╸", BOUND_STYLE), " bound"
    )
    for label, line in zip(labels, canvas.lines(), strict=True):
        tick = "┤" if label else "│"
        yield Text.assemble((f"{label:>{margin}} {tick}", _AXIS_STYLE), line)
    yield Text(f"{'':{margin}} └{'─' * canvas.columns}", _AXIS_STYLE)
    first, last = (format_span(timedelta(seconds=seconds)) for seconds in span)
    room = canvas.columns - len(first)
    yield Text(f"{'':{margin + 2}}{first}{last:>{room}}", _AXIS_STYLE)


def _sample(
    sightings: Sequence[Sample], start: float, until: float, count: int
) -> list[tuple[float | None, float | None]]:
    """Objective and bound as they were at so many moments, evenly from `start` to `until`."""
    samples: list[tuple[float | None, float | None]] = []
    at = 0
    for number in range(count):
        moment = start + (until - start) * number / (count - 1)
        while at + 1 < len(sightings) and sightings[at + 1].seconds <= moment:
            at += 1
        samples.append((sightings[at].objective, sightings[at].bound))
    return samples


def _choose_range(
    series: Sequence[tuple[float | None, float | None]],
) -> tuple[float, float] | None:
    """The least and the greatest number to show; `None` where none is known.

    What was known only in the first moments does not count: it would flatten all the rest.
    """
    late = series[math.ceil(len(series) * _EARLY_SHARE) :]
    numbers = [n for pair in late for n in pair if n is not None]
    if not numbers:
        return None
    low, high = min(numbers), max(numbers)
    if low == high:
        room = abs(low) * 0.01 or 1.0
        return low - room, high + room
    return low, high


def _place(value: float | None, low: float, high: float, dots: int) -> int | None:
    """The row of dots, from the top; outside of them for what is beyond the range."""
    if value is None:
        return None
    if not low <= value <= high:
        return -1 if value > high else dots
    return round((high - value) / (high - low) * (dots - 1))


def _label_rows(low: float, high: float, rows: int) -> list[str]:
    labels = [""] * rows
    labels[0], labels[-1] = _format(high, high - low), _format(low, high - low)
    if rows % 2:  # only then is there a row in the middle
        labels[rows // 2] = _format((low + high) / 2, high - low)
    return labels


def _format(value: float, span: float) -> str:
    """A number with as many digits as tell two on the scale apart."""
    if max(abs(value), span) >= 1e9 or span < 1e-6:
        return f"{value:.7g}"
    decimals = max(0, 2 - math.floor(math.log10(span)))
    return f"{value:,.{decimals}f}"


class _Canvas:
    """Dots in cells of two by four; of two lines in one cell, the later gives its colour."""

    def __init__(self, columns: int, rows: int) -> None:
        self.columns = columns
        self._dots = 4 * rows
        self._bits = [[0] * columns for _ in range(rows)]
        self._styles = [[""] * columns for _ in range(rows)]

    def draw(self, heights: Sequence[int | None], style: str, dash: int = 0) -> None:
        """Draw a line in steps, by its row of dots in each column of dots.

        Rows outside of the canvas are left out, and a line from there comes in from the edge.
        """
        before: int | None = None
        for x, y in enumerate(heights):
            if y is not None and not (dash and x // dash % 2 and y == before):
                start = y if before is None else before
                for row in range(max(0, min(start, y)), min(self._dots, max(start, y) + 1)):
                    self._dot(x, row, style)
            before = y

    def lines(self) -> Iterable[Text]:
        """The rows, from the top."""
        for bits, styles in zip(self._bits, self._styles, strict=True):
            cells = zip(bits, styles, strict=True)
            yield Text.assemble(*((chr(_BRAILLE + b) if b else " ", style) for b, style in cells))

    def _dot(self, x: int, y: int, style: str) -> None:
        self._bits[y // 4][x // 2] |= _DOTS[x % 2][y % 4]
        self._styles[y // 4][x // 2] = style


def _to_number(text: str | None) -> float | None:
    number = float(text) if text is not None else math.nan
    return number if math.isfinite(number) else None
