"""Whether a point is a solution, in doubles and by the scales of the check.

A solver that is stopped in a linear program holds a basis, which need not be a solution.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from argmin_solvers.adapters.base import Ending, Finding, Floats
from argmin_solvers.models.linear import LinearModel
from argmin_solvers.numerics import (
    FEASIBILITY_TOLERANCE,
    INTEGRALITY_TOLERANCE,
    ROUNDING_SHARE,
    SCALE_LIMIT,
)

_STOPPED = frozenset({Ending.TIME_LIMIT, Ending.INTERRUPTED, Ending.STOPPED})


def drop_basis(model: LinearModel, finding: Finding) -> Finding:
    """What was found, without the values of a solver that was stopped at no solution."""
    if finding.values is None or finding.ending not in _STOPPED:
        return finding
    if is_solution(model, finding.values):
        return finding
    return replace(finding, values=None, claimed=None, solutions=0)


def is_solution(model: LinearModel, values: Floats) -> bool:
    """Whether values, one a column, satisfy integrality, bounds and rows within the tolerances."""
    point = np.where(model.integer, np.round(values), values)
    if not (np.abs(point - values) <= INTEGRALITY_TOLERANCE).all():  # nor is NaN
        return False
    violation = max(
        find_violation(point, model.lower, model.upper),
        float(violations_of_rows(model, point).max(initial=0.0)),
    )
    return violation <= FEASIBILITY_TOLERANCE


def violations_of_rows(model: LinearModel, point: Floats) -> Floats:
    """How far a point, one value a column, violates each row, relative to its scale."""
    columns = np.repeat(np.arange(model.columns), np.diff(model.start))
    terms = model.value * point[columns]
    activity, largest = np.zeros(model.rows), np.ones(model.rows)
    np.add.at(activity, model.index, terms)
    np.maximum.at(largest, model.index, np.abs(terms))
    return _violations(activity, model.row_lower, model.row_upper, largest)


def find_violation(
    values: Floats, lower: Floats, upper: Floats, scale: Floats | float = 1.0
) -> float:
    """The largest violation of two sides, infinite for NaN.

    It is relative to the larger of `scale` and the side.
    """
    return float(_violations(values, lower, upper, scale).max(initial=0.0))


def _violations(values: Floats, lower: Floats, upper: Floats, scale: Floats | float) -> Floats:
    worst = np.zeros(len(values))
    for excess, side in ((lower - values, lower), (values - upper, upper)):
        size = np.maximum(scale, np.where(np.isfinite(side), np.abs(side), 1.0))
        limited = np.minimum(size, SCALE_LIMIT) + ROUNDING_SHARE * size  # as `limit_scale` does
        worst = np.maximum(worst, np.nan_to_num(excess / limited, nan=np.inf))
    return worst
