"""Whether a point is a solution of a nonlinear model, in doubles and by the scales of the check."""

from __future__ import annotations

import numpy as np

from argmin_solvers.adapters.base import Floats
from argmin_solvers.adapters.points.feasibility import find_violation
from argmin_solvers.models.nonlinear import NonlinearModel


class Feasibility:
    """What violations are measured by, taken from the model once.

    A constraint's scale is the largest of 1, its sides less the constant that it contains, and its
    linear terms at the point.
    """

    def __init__(self, model: NonlinearModel) -> None:
        parts = [part.linear for part in model.splits]
        self._row = np.repeat(np.arange(len(parts)), [len(part) for part in parts])
        self._column = np.fromiter((at for part in parts for at in part), np.int64)
        self._factor = np.abs(np.fromiter((float(f) for p in parts for f in p.values()), float))
        self._constant = np.array([float(part.constant) for part in model.splits])
        self._sides = np.array(model.row_lower), np.array(model.row_upper)
        self._bounds = np.array(model.lower), np.array(model.upper)

    def measure(self, constraints: Floats, point: Floats) -> float:
        """The largest violation, given the values of the constraints at a point."""
        largest = np.ones(len(self._constant))
        np.maximum.at(largest, self._row, self._factor * np.abs(point[self._column]))
        lower, upper = (side - self._constant for side in self._sides)
        return max(
            find_violation(constraints - self._constant, lower, upper, largest),
            find_violation(point, *self._bounds),
        )
