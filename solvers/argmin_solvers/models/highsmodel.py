"""Converts a model held by a highspy object."""

from __future__ import annotations

from typing import Any

import numpy as np

from argmin.api.outcome import Reason, Sense
from argmin_solvers.failure import RunError
from argmin_solvers.models.linear import LinearModel, build_linear, unique_names


def convert_highs(origin: str, highs: Any) -> LinearModel:
    """The linear model of a `highspy.Highs`.

    Raises:
        RunError: InvalidModel; UnsupportedModel for quadratic and semi-continuous parts.
    """
    import highspy

    if highs.getHessianNumNz():
        raise RunError(
            Reason.UNSUPPORTED, f"{origin}: the objective is quadratic: return it as a Pyomo model"
        )
    highs.ensureColwise()
    lp = highs.getLp()
    kinds = list(lp.integrality_) or [highspy.HighsVarType.kContinuous] * lp.num_col_
    known = (highspy.HighsVarType.kContinuous, highspy.HighsVarType.kInteger)
    if any(kind not in known for kind in kinds):
        raise RunError(Reason.UNSUPPORTED, f"{origin}: semi-continuous variables are not supported")
    matrix = lp.a_matrix_
    maximizes = lp.sense_ == highspy.ObjSense.kMaximize
    return build_linear(
        origin=origin,
        sense=Sense.MAXIMIZE if maximizes else Sense.MINIMIZE,
        offset=lp.offset_,
        cost=lp.col_cost_,
        bounds=(lp.col_lower_, lp.col_upper_),
        integer=[kind == highspy.HighsVarType.kInteger for kind in kinds],
        column_names=unique_names(_names(lp.col_names_, lp.num_col_, "x"), origin, "variables"),
        row_bounds=(lp.row_lower_, lp.row_upper_),
        row_names=_names(lp.row_names_, lp.num_row_, "r"),
        matrix=(np.array(matrix.start_), np.array(matrix.index_), np.array(matrix.value_)),
    )


def _names(given: Any, count: int, letter: str) -> list[str]:
    names = list(given) or [""] * count
    return [name or f"{letter}{number}" for number, name in enumerate(names)]
