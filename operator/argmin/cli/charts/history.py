"""What a convergence chart shows: the history of a `solution.json`, and the range worth seeing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from argmin.api.answer import Outcome, SolutionHead
from argmin.api.progress import HistoryPoint
from argmin.api.untrusted import SOLUTION_HEAD, UntrustedError, bound, validate
from argmin.cli.errors import CliError, ExitStatus
from argmin.cli.output.formatting import shorten

_VARIABLES = ("variables", "solutions")
"""What is not drawn, and has as many entries as the model."""
_FEW_DECADES = 20.0
"""Where the whole time is less than so many times the first change, a linear axis shows it all."""
_EARLY_SHARE = 0.1
_MANY_DECADES = 100.0
"""Values of one sign that differ by this factor are shown on a logarithmic axis."""
_OPENINGS = ((0.12, 3.0), (0.4, 15.0))
"""A part of the width, from the first point on, and how many times the height of the rest that
what was given up in it may take: where it would take more, it lies beyond the edge."""
_ROOM_BEYOND = 0.3
"""What is shown of an opening that is cut off, as a part of the rest."""
_MARGIN = 0.08
_MINUS = "\N{MINUS SIGN}"


@dataclass(frozen=True)
class Course:
    """The course of a search; `points` are in the order of time, one at least."""

    name: str
    answer: SolutionHead
    points: tuple[HistoryPoint, ...]

    @property
    def end(self) -> HistoryPoint:
        """Where it ended."""
        return self.points[-1]

    @property
    def first(self) -> HistoryPoint | None:
        """The first solution."""
        return next((point for point in self.points if point.objective is not None), None)

    @property
    def is_closed(self) -> bool:
        """Whether incumbent and bound met."""
        return self.end.objective is not None and self.answer.outcome is Outcome.OPTIMAL

    def describe(self) -> str:
        """Who searched, for what, and how it ended, in a line."""
        answer = self.answer
        how = None if self.is_closed else answer.message
        solver = " ".join(filter(None, (answer.solver, answer.solver_version)))
        gap = answer.gap and f"gap {_to_percent(answer.gap)} %"
        parts = (solver, answer.sense and answer.sense.lower(), answer.outcome.lower())
        return " · ".join(filter(None, (*parts, None if self.is_closed else gap, how)))


def _to_percent(share: str) -> str | None:
    try:
        return shorten(str(100 * float(share)), 3)
    except ValueError:
        return "?"  # text of a program instead of a number


def read_course(document: Mapping[str, Any], origin: str) -> Course:
    """The course of a search in a `solution.json`.

    Raises:
        CliError: it tells none, or is no such document; `origin` says where it is from.
    """
    try:
        head = bound({k: v for k, v in document.items() if k not in _VARIABLES}, SOLUTION_HEAD)
        answer = validate(SolutionHead, head)
        points = tuple(validate(HistoryPoint, point) for point in head.get("history") or ())
    except (UntrustedError, TypeError):
        raise CliError(f"{origin} is no solution.json of argmin", ExitStatus.INVALID) from None
    known = tuple(p for p in points if (p.objective, p.best_bound) != (None, None))
    if not known:
        raise CliError(
            f"{origin} has nothing to plot: the search found neither a solution nor a bound"
            f" (outcome {answer.outcome}: {answer.message})",
            ExitStatus.NOT_FOUND,
        )
    return Course(str(head.get("name", origin)), answer, known)


@dataclass(frozen=True)
class Range:
    """What an axis shows."""

    low: float
    high: float
    is_logarithmic: bool = False


def choose_times(points: Sequence[HistoryPoint]) -> Range:
    """The range of time: logarithmic where most happened in its first moments."""
    end = max(points[-1].seconds, 0.001)
    changes = [point.seconds for point in points[:-1] if point.seconds > 0]
    early = [seconds for seconds in changes if seconds < _EARLY_SHARE * end]
    if not changes or end < _FEW_DECADES * changes[0] or 2 * len(early) <= len(changes):
        return Range(0.0, end)
    return Range(changes[0] / 1.3, end, is_logarithmic=True)


def choose_values(points: Sequence[HistoryPoint], times: Range) -> Range:
    """The range of values.

    Logarithmic where they are of one sign and differ by decades. A first solution or bound that
    was far off and soon given up does not flatten all the rest: it lies beyond the edge.
    """
    low, high = _measure(points)
    for share, most_heights in _OPENINGS:
        least, most = _measure(_leave_out_opening(points, times, share))
        if low > 0 and most >= _MANY_DECADES * least:
            return Range(low / 1.5, high * 1.5, is_logarithmic=True)
        height = (most - least) or abs(most) * 0.01 or 1.0
        if high - low > most_heights * height:
            beyond = _ROOM_BEYOND * height
            low, high = max(low, least - beyond), min(high, most + beyond)
            break
    margin = _MARGIN * ((high - low) or abs(high) * 0.01 or 1.0)
    return Range(low - margin, high + margin)


def _leave_out_opening(
    points: Sequence[HistoryPoint], times: Range, share: float
) -> Sequence[HistoryPoint]:
    """What held at the end of the opening, and all that came after it."""
    start = max(times.low, points[0].seconds)
    if times.is_logarithmic:
        opening = start * (times.high / times.low) ** share
    else:
        opening = start + share * (times.high - times.low)
    over = sum(point.seconds < opening for point in points)
    return points[max(0, over - 1) :]


def _measure(points: Sequence[HistoryPoint]) -> tuple[float, float]:
    """The least and the greatest value; there is one at least."""
    values = [v for p in points for v in (p.objective, p.best_bound) if v is not None]
    return min(values), max(values)


def format_value(value: float, digits: int = 10) -> str:
    """A number for people, with commas and a true minus sign: `25,779,856.37`."""
    size = abs(value)
    if value and not 1e-4 <= size < 1e12:
        text = f"{value:.4g}"
    else:
        text = f"{value:,.{digits}g}" if size < 10**digits else f"{value:,.0f}"
    return text.replace("-", _MINUS)


def format_seconds(seconds: float) -> str:
    """A time for people: `20 ms`, `1.5 s`, `3 min`, `2.5 h`."""
    for unit, size in (("h", 3600), ("min", 60), ("s", 1)):
        if seconds >= size:
            return f"{seconds / size:.3g} {unit}"
    return f"{1000 * seconds:.3g} ms"
