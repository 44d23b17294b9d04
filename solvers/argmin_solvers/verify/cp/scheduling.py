"""Constraints on intervals: optional ones count where they are present."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from argmin_solvers.verify.cp.points import Amounts, Checker, Points, each


@dataclass(frozen=True)
class _Spans:
    """Presence, start and size of some intervals: one row a point, one entry an interval."""

    present: list[list[bool]]
    start: list[list[int]]
    size: list[list[int]]

    def at(self, number: int) -> list[tuple[int, int, int]]:
        """(position, start, end) of the intervals that are present at a point."""
        rows = zip(self.present[number], self.start[number], self.size[number], strict=True)
        return [(at, start, start + size) for at, (on, start, size) in enumerate(rows) if on]


def _spans(points: Points, intervals: Sequence[int]) -> _Spans:
    constraints = [points.proto.constraints[number] for number in intervals]
    present = [points.enforced(constraint).tolist() for constraint in constraints]
    return _Spans(
        [list(row) for row in zip(*present, strict=True)] or [[] for _ in range(len(points))],
        points.table([constraint.interval.start for constraint in constraints]),
        points.table([constraint.interval.size for constraint in constraints]),
    )


def _interval(constraint: Any, points: Points) -> Amounts:
    interval = constraint.interval
    rows = points.table([interval.start, interval.size, interval.end])

    def wrong(number: int) -> float:
        start, size, end = rows[number]
        return float(max(abs(start + size - end), -size, 0))

    return each(points, wrong)


def _no_overlap(constraint: Any, points: Points) -> Amounts:
    spans = _spans(points, constraint.no_overlap.intervals)

    def overlap(number: int) -> float:
        worst, latest = 0, None
        for start, end in sorted((start, end) for _, start, end in spans.at(number)):
            if latest is not None:
                worst = max(worst, latest - start)
            latest = end if latest is None else max(latest, end)
        return float(worst)

    return each(points, overlap)


def _no_overlap_2d(constraint: Any, points: Points) -> Amounts:
    widths = _spans(points, constraint.no_overlap_2d.x_intervals)
    heights = _spans(points, constraint.no_overlap_2d.y_intervals)

    def overlaps(number: int) -> float:
        rows = {at: (low, high) for at, low, high in heights.at(number)}
        columns = sorted(
            (left, right, *rows[at]) for at, left, right in widths.at(number) if at in rows
        )
        return float(_count_overlaps(columns))

    return each(points, overlaps)


def _count_overlaps(boxes: list[tuple[int, int, int, int]]) -> int:
    """Pairs of boxes (left, right, low, high), sorted by their left side, that share an inside.

    A box without width or height must not lie inside another.
    """
    count = 0
    open_boxes: list[tuple[int, int, int, int]] = []
    for box in boxes:
        left, right, low, high = box
        open_boxes = [other for other in open_boxes if other[1] > left]
        for other in open_boxes:
            count += other[0] < right and other[2] < high and low < other[3]
        open_boxes.append(box)
    return count


def _cumulative(constraint: Any, points: Points) -> Amounts:
    cumulative = constraint.cumulative
    spans = _spans(points, cumulative.intervals)
    demands = points.table(cumulative.demands)
    capacities = points.affine(cumulative.capacity).tolist()

    def overload(number: int) -> float:
        changes: dict[int, int] = {}
        for at, start, end in spans.at(number):
            if end > start:
                changes[start] = changes.get(start, 0) + demands[number][at]
                changes[end] = changes.get(end, 0) - demands[number][at]
        return float(max(_levels(changes), default=0) - capacities[number])

    return np.maximum(each(points, overload), 0.0)


def _reservoir(constraint: Any, points: Points) -> Amounts:
    reservoir = constraint.reservoir
    times = points.table(reservoir.time_exprs)
    changes = points.table(reservoir.level_changes)
    active = points.literals(reservoir.active_literals).tolist()

    def beyond(number: int) -> float:
        moved: dict[int, int] = {}
        switched = active[number] or [True] * len(times[number])
        for time, change, on in zip(times[number], changes[number], switched, strict=True):
            if on:
                moved[time] = moved.get(time, 0) + change
        levels = _levels(moved)
        over = max((level - reservoir.max_level for level in levels), default=0)
        under = max((reservoir.min_level - level for level in levels), default=0)
        return float(max(over, under, 0))

    return each(points, beyond)


def _levels(changes: dict[int, int]) -> list[int]:
    """The level after each change, in the order of time."""
    level, levels = 0, []
    for time in sorted(changes):
        level += changes[time]
        levels.append(level)
    return levels


CHECKERS: dict[str, Checker] = {
    "interval": _interval,
    "no_overlap": _no_overlap,
    "no_overlap_2d": _no_overlap_2d,
    "cumulative": _cumulative,
    "reservoir": _reservoir,
}
