"""A linear model in doubles: quick to ask, and never believed.

What it finds is a candidate, which exact arithmetic then confirms or drops.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from argmin.api.answer import Sense
from argmin_solvers.adapters.base import Solution

if TYPE_CHECKING:
    from argmin_solvers.models.exact import ExactRow
    from argmin_solvers.verify.exact import ExactModel

Floats = NDArray[np.float64]
Numbers = NDArray[np.int64]

_ROUNDING = 1e-6
"""How far a point may seem to violate a row and still be worth an exact check."""


@dataclass(frozen=True)
class Shadow:
    """The matrix by entries, sides of rows, bounds of variables; `gain` of one unit of each.

    `row`, `column` and `value` have one number an entry; `gain` is positive where more of the
    variable makes the objective better.
    """

    row: Numbers
    column: Numbers
    value: Floats
    row_lower: Floats
    row_upper: Floats
    lower: Floats
    upper: Floats
    integer: NDArray[np.bool_]
    gain: Floats

    def activity(self, values: Floats) -> Floats:
        """The value of each row at a point."""
        products = self.value * values[self.column]
        sums = np.bincount(self.row, weights=products, minlength=len(self.row_lower))
        return np.asarray(sums, dtype=np.float64)

    def admits(self, values: Floats) -> bool:
        """Whether a point may satisfy every row and bound."""
        activity = self.activity(values)
        slack = _ROUNDING * np.maximum(1.0, np.abs(activity))
        rows = (activity >= self.row_lower - slack) & (activity <= self.row_upper + slack)
        slack = _ROUNDING * np.maximum(1.0, np.abs(values))
        columns = (values >= self.lower - slack) & (values <= self.upper + slack)
        return bool(rows.all() and columns.all())


def cast_shadow(model: ExactModel) -> Shadow:
    """The model in doubles."""
    rows = model.rows
    lengths = [len(row.columns) for row in rows]
    gain = np.zeros(len(model.variables))
    better = 1.0 if model.sense is Sense.MAXIMIZE else -1.0
    gain[list(model.goal.columns)] = better * _values(model.goal)
    return Shadow(
        row=np.repeat(np.arange(len(rows)), lengths),
        column=np.array([column for row in rows for column in row.columns], dtype=np.int64),
        value=np.concatenate([np.zeros(0), *(_values(row) for row in rows)]),
        row_lower=_sides([_side(row.lower, row.scale) for row in rows], -np.inf),
        row_upper=_sides([_side(row.upper, row.scale) for row in rows], np.inf),
        lower=_sides([_float(variable.lower) for variable in model.variables], -np.inf),
        upper=_sides([_float(variable.upper) for variable in model.variables], np.inf),
        integer=np.array([variable.integer for variable in model.variables], dtype=np.bool_),
        gain=gain,
    )


def order_values(model: ExactModel, point: Solution) -> Floats:
    """The values of a point in the order of the variables."""
    return np.array([point[name] for name in model.names], dtype=np.float64)


def _values(row: ExactRow) -> Floats:
    return np.array([coefficient / row.scale for coefficient in row.coefficients])


def _side(side: int | None, scale: int) -> float | None:
    return None if side is None else side / scale


def _float(number: object) -> float | None:
    return None if number is None else float(number)  # type: ignore[arg-type]


def _sides(sides: list[float | None], infinite: float) -> Floats:
    return np.array([infinite if side is None else side for side in sides], dtype=np.float64)
