"""What the bounds of the variables alone say of a linear model, in exact arithmetic."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import TYPE_CHECKING

import numpy as np

from argmin.api.answer import Sense
from argmin_solvers.text import quote
from argmin_solvers.verify.float_arrays import Shadow

if TYPE_CHECKING:
    from argmin_solvers.models.exact import ExactRow
    from argmin_solvers.verify.exact import ExactModel


def find_impossible_row(model: ExactModel) -> str | None:
    """The row or integer variable that no values within the bounds satisfy."""
    for variable in model.variables:
        if _cross(variable.lower, variable.upper):
            return f"variable {quote(variable.name)} has its lower bound above its upper bound"
        if variable.integer and _holds_no_integer(variable.lower, variable.upper):
            return f"no integer is between the bounds of variable {quote(variable.name)}"
    for row in model.rows:
        if _cross(row.lower, row.upper):
            return f"constraint {quote(row.name)} has its lower side above its upper side"
    for number in _suspects(model.shadow):
        if _is_impossible(model, model.rows[number]):
            name = quote(model.rows[number].name)
            return f"no values within the bounds of the variables satisfy constraint {name}"
    return None


def _cross(lower: Fraction | int | None, upper: Fraction | int | None) -> bool:
    return lower is not None and upper is not None and lower > upper


def _holds_no_integer(lower: Fraction | None, upper: Fraction | None) -> bool:
    return lower is not None and upper is not None and math.ceil(lower) > math.floor(upper)


def _suspects(shadow: Shadow) -> list[int]:
    """The rows that seem impossible in doubles."""
    rising = shadow.value > 0
    low = np.where(rising, shadow.lower[shadow.column], shadow.upper[shadow.column])
    high = np.where(rising, shadow.upper[shadow.column], shadow.lower[shadow.column])
    rows = len(shadow.row_lower)
    least = np.bincount(shadow.row, weights=shadow.value * low, minlength=rows)
    most = np.bincount(shadow.row, weights=shadow.value * high, minlength=rows)
    return np.flatnonzero((least > shadow.row_upper) | (most < shadow.row_lower)).tolist()


def _is_impossible(model: ExactModel, row: ExactRow) -> bool:
    least, most = _reach(model, row, -1), _reach(model, row, 1)
    above = row.upper is not None and least is not None and least > row.upper
    below = row.lower is not None and most is not None and most < row.lower
    return above or below


def _reach(model: ExactModel, row: ExactRow, direction: int) -> Fraction | None:
    """The least (-1) or largest (1) value of a row within the bounds; None without end."""
    total = Fraction(0)
    for column, coefficient in zip(row.columns, row.coefficients, strict=True):
        variable = model.variables[column]
        end = variable.upper if coefficient * direction > 0 else variable.lower
        if end is None:
            return None
        total += coefficient * end
    return total


def is_bounded_by_variables(model: ExactModel) -> bool:
    """Whether the objective cannot pass all ends, whatever the rows say."""
    return _reach(model, model.goal, 1 if model.sense is Sense.MAXIMIZE else -1) is not None
