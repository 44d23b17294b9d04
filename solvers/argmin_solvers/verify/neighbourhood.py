"""Moves of one variable from a solution of a linear model: each may refute a proof.

A solver that calls a solution optimal, and a variable whose change alone makes it better, cannot
both be right.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

import numpy as np

from argmin_solvers.adapters.base import Solution
from argmin_solvers.verify.float_arrays import Floats, Shadow, order_values

if TYPE_CHECKING:
    from argmin_solvers.verify.exact import ExactModel

_TRIED = 3
"""Each costs an exact check of the whole model."""
_LONGEST_STEP = 1e6
_NEARLY_WHOLE = 1e-9


def best_moves(model: ExactModel, point: Solution) -> Iterator[Solution]:
    """The points that promise most, best first, none without promise."""
    shadow, values = model.shadow, order_values(model, point)
    steps = np.minimum(_longest_steps(shadow, values), _LONGEST_STEP)
    steps = np.where(shadow.integer, np.floor(steps + _NEARLY_WHOLE), steps)
    promise = np.abs(shadow.gain) * steps
    for column in np.argsort(-promise)[:_TRIED].tolist():
        if promise[column] > 0:
            moved = values[column] + np.sign(shadow.gain[column]) * steps[column]
            yield {**point, model.names[column]: float(moved)}


def find_ray(model: ExactModel, point: Solution) -> str | None:
    """The variable that improves the objective from a solution without end."""
    shadow = model.shadow
    endless = np.isinf(_longest_steps(shadow, order_values(model, point))) & (shadow.gain != 0)
    found: Iterable[int] = np.flatnonzero(endless).tolist()
    return next((model.names[column] for column in found), None)


def _longest_steps(shadow: Shadow, values: Floats) -> Floats:
    """How far each variable can go towards a better objective, others kept."""
    direction = np.sign(shadow.gain)
    room = np.where(direction > 0, shadow.upper - values, values - shadow.lower)
    steps = np.where(direction == 0, 0.0, np.maximum(room, 0.0))
    activity = shadow.activity(values)
    slope = shadow.value * direction[shadow.column]
    moving = slope != 0
    row, slope, column = shadow.row[moving], slope[moving], shadow.column[moving]
    slack = np.where(
        slope > 0, shadow.row_upper[row] - activity[row], activity[row] - shadow.row_lower[row]
    )
    np.minimum.at(steps, column, np.maximum(slack, 0.0) / np.abs(slope))
    return steps
