"""Whether a point is a solution, in doubles and by the scales of the check.

A solver that is stopped in a linear program holds a basis, which need not be a solution.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from argmin_solvers.adapters.interface import Ending, Finding, Floats
from argmin_solvers.models.linear import LinearModel
from argmin_solvers.tolerances import (
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
    columns = np.repeat(np.arange(model.columns), np.diff(model.start))
    terms = model.value * point[columns]
    activity, largest = np.zeros(model.rows), np.ones(model.rows)
    np.add.at(activity, model.index, terms)
    np.maximum.at(largest, model.index, np.abs(terms))
    violation = max(
        find_violation(point, model.lower, model.upper),
        find_violation(activity, model.row_lower, model.row_upper, largest),
    )
    return violation <= FEASIBILITY_TOLERANCE


def find_violation(
    values: Floats, lower: Floats, upper: Floats, scale: Floats | float = 1.0
) -> float:
    """The largest violation of two sides, infinite for NaN.

    It is relative to the larger of `scale` and the side.
    """
    worst = 0.0
    for excess, side in ((lower - values, lower), (values - upper, upper)):
        size = np.maximum(scale, np.where(np.isfinite(side), np.abs(side), 1.0))
        limited = np.minimum(size, SCALE_LIMIT) + ROUNDING_SHARE * size  # as `limit_scale` does
        worst = max(worst, float(np.nan_to_num(excess / limited, nan=np.inf).max(initial=0.0)))
    return worst
