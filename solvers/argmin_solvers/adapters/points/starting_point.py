"""A point at which every function of a nonlinear model has a value, to begin a search at."""

from __future__ import annotations

import math
import random
from collections.abc import Iterator, Sequence

from argmin_solvers.models.evaluation import find_fault
from argmin_solvers.models.nonlinear import NonlinearModel

_REPAIRS = 50
_TRIALS = 40
_FIRST = (1.0, -1.0, 0.5, 2.0, -0.5, 10.0, -10.0, 0.1, 100.0)


def move_inside(model: NonlinearModel, start: Sequence[float]) -> list[float] | None:
    """A point where functions have values and slopes: one fault of the start after another mended.

    Only the variables that a fault depends on are moved, within their bounds; None where no such
    point is found. It is the same each time.
    """
    point = [_clip(model, at, value) for at, value in enumerate(start)]
    chance = random.Random(0)
    mended: set[str] = set()
    for _ in range(_REPAIRS):
        fault = find_fault(model, point)
        if fault is None:
            return point
        free = [at for at in fault.variables if model.lower[at] < model.upper[at]]
        mended.add(fault.text)
        for candidate in _candidates(model, point, free, chance):
            other = find_fault(model, candidate)
            if other is None or other.text not in mended:
                point = candidate
                break
        else:
            return None
    return None


def _candidates(
    model: NonlinearModel, point: Sequence[float], free: Sequence[int], chance: random.Random
) -> Iterator[list[float]]:
    """Points that differ from one in the values of some variables."""
    for value in _FIRST:
        moved = list(point)
        for at in free:
            moved[at] = _clip(model, at, value)
        yield moved
    for _ in range(_TRIALS):
        moved = list(point)
        for at in free:
            size = 10.0 ** chance.uniform(-1, 2)
            moved[at] = _clip(model, at, chance.choice((size, -size)), chance.random())
        yield moved


def _clip(model: NonlinearModel, at: int, value: float, share: float = 0.5) -> float:
    """The value where it is within its bounds, else one between them, or one beyond the nearest."""
    lower, upper = model.lower[at], model.upper[at]
    if lower < value < upper:
        return value
    if math.isfinite(lower) and math.isfinite(upper):
        return lower + share * (upper - lower)
    return lower + 1.0 if math.isfinite(lower) else upper - 1.0
