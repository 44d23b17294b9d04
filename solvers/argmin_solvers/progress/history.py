"""The course of a search in few points: what happened when, as far as anybody would see it."""

from __future__ import annotations

import heapq
import math
from collections.abc import Sequence
from typing import NamedTuple

from argmin.api.answer import Sense
from argmin.api.progress import HISTORY_LIMIT

_FINEST_SECONDS = 0.001
_RESOLUTION = 500
"""Changes closer together than this part of the time that has passed are one."""
_EARLY = 1000
"""Times below this part of the whole are early: on a logarithmic axis they are one."""


class Point(NamedTuple):
    """Incumbent and bound from a moment on, in seconds since the search began."""

    seconds: float
    objective: float | None
    bound: float | None


class History:
    """Takes changes as they come, in constant time and little memory.

    Changes in quick succession are merged into the last of them, so that no value is shown before
    it was true. The first point, the first incumbent and the first bound stay.
    """

    def __init__(self) -> None:
        self._points: list[Point] = []
        self._since = 0.0

    def note(self, point: Point) -> None:
        """Note a change."""
        resolution = max(_FINEST_SECONDS, point.seconds / _RESOLUTION)
        if point.seconds - self._since < resolution and self._may_replace_last():
            self._points[-1] = point
            return
        self._points.append(point)
        self._since = point.seconds

    def _may_replace_last(self) -> bool:
        points = self._points
        return len(points) > 1 and not _brings_first(points[-2], points[-1])

    def points(self) -> tuple[Point, ...]:
        """All points in the order of time."""
        return tuple(self._points)


def _brings_first(before: Point, point: Point) -> bool:
    """Whether it is the first incumbent or the first bound."""
    brings_incumbent = before.objective is None and point.objective is not None
    return brings_incumbent or (before.bound is None and point.bound is not None)


def settle(points: Sequence[Point], sense: Sense | None, end: Point) -> list[Point]:
    """The points in line with how the search ended.

    Solvers print rounded numbers and hold solutions to tolerances of their own. No incumbent is
    better than the answer and no bound tighter than its bound; where the answer has an objective
    and vouches for no bound, there is none. Values only improve, and the last are the answer's.

    Args:
        points: in the order of time.
        sense: which way is better; without one the values stay as they were told.
        end: time, objective and bound of the answer; where it has no objective, or none is
            known, the last that was told stands.
    """
    if end.objective is None:
        return [*points, _carry_on(points, end)] if points or end.bound is not None else []
    settled = [_limit(point, sense, end) for point in points]
    if sense is not None:
        settled = _improve(settled, sense)
    known = [point for point in settled if (point.objective, point.bound) != (None, None)]
    return [*known, end]


def _carry_on(points: Sequence[Point], end: Point) -> Point:
    last = points[-1] if points else end
    return Point(end.seconds, last.objective, end.bound if end.bound is not None else last.bound)


def _limit(point: Point, sense: Sense | None, end: Point) -> Point:
    objective, bound = point.objective, point.bound if end.bound is not None else None
    if sense is not None:
        worse, weaker = (min, max) if sense is Sense.MAXIMIZE else (max, min)
        assert end.objective is not None
        objective = None if objective is None else worse(objective, end.objective)
        bound = None if bound is None or end.bound is None else weaker(bound, end.bound)
    return Point(point.seconds, objective, bound)


def _improve(points: Sequence[Point], sense: Sense) -> list[Point]:
    """The best known at each moment: a sense that was told late may find some that were not."""
    better, tighter = (max, min) if sense is Sense.MAXIMIZE else (min, max)
    improved: list[Point] = []
    objective: float | None = None
    bound: float | None = None
    for point in points:
        if point.objective is not None:
            objective = point.objective if objective is None else better(objective, point.objective)
        if point.bound is not None:
            bound = point.bound if bound is None else tighter(bound, point.bound)
        improved.append(Point(point.seconds, objective, bound))
    return improved


def thin(points: Sequence[Point], limit: int = HISTORY_LIMIT) -> list[Point]:
    """At most `limit` points, those that show most.

    The first, the first incumbent, the first bound and the last are kept. Of the others, the one
    whose absence changes the picture least goes first: the change it brings, times how long it
    lasts, on a linear and on a logarithmic axis of time.

    Args:
        points: in the order of time.
        limit: at least 4.
    """
    picture = _Picture(points)
    while picture.count > limit:
        picture.drop_least()
    return picture.kept()


class _Picture:
    """Points as a linked list, and what each of them shows as a heap."""

    def __init__(self, points: Sequence[Point]) -> None:
        self._points = points
        self.count = len(points)
        self._before = list(range(-1, self.count - 1))
        self._after = list(range(1, self.count + 1))
        self._dropped = [False] * self.count
        self._objectives = _measure_range([point.objective for point in points])
        self._bounds = _measure_range([point.bound for point in points])
        self._total = max(points[-1].seconds, _FINEST_SECONDS) if points else 1.0
        self._shown = [self._weigh(at) for at in range(self.count)]
        self._heap = [(shown, at) for at, shown in enumerate(self._shown)]
        heapq.heapify(self._heap)

    def drop_least(self) -> None:
        while True:
            shown, at = heapq.heappop(self._heap)
            if not self._dropped[at] and shown == self._shown[at]:
                break
        self._dropped[at] = True
        self.count -= 1
        before, after = self._before[at], self._after[at]
        self._after[before], self._before[after] = after, before
        for neighbour in (before, after):
            self._shown[neighbour] = self._weigh(neighbour)
            heapq.heappush(self._heap, (self._shown[neighbour], neighbour))

    def kept(self) -> list[Point]:
        return [p for p, dropped in zip(self._points, self._dropped, strict=True) if not dropped]

    def _weigh(self, at: int) -> float:
        before, after = self._before[at], self._after[at]
        if before < 0 or after >= len(self._points):
            return math.inf
        last, point = self._points[before], self._points[at]
        if _brings_first(last, point):
            return math.inf
        change = _differ(last.objective, point.objective) / self._objectives
        change += _differ(last.bound, point.bound) / self._bounds
        return change * (self._place(self._points[after].seconds) - self._place(point.seconds))

    def _place(self, seconds: float) -> float:
        share = seconds / self._total
        return share + math.log1p(share * _EARLY) / math.log1p(_EARLY)


def _differ(one: float | None, other: float | None) -> float:
    return abs(other - one) if one is not None and other is not None else 0.0


def _measure_range(values: Sequence[float | None]) -> float:
    known = [value for value in values if value is not None]
    return (max(known) - min(known) or 1.0) if known else 1.0
