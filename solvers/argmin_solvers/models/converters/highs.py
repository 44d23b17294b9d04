"""Converts a model held by a highspy object."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from argmin.api.answer import Sense
from argmin_solvers.models.exact import ExactLinear, ExactRow, scale_row
from argmin_solvers.models.exact_parts import Parts
from argmin_solvers.models.linear import unique_names

_INTEGER = {"kContinuous": False, "kInteger": True, "kImplicitInteger": True}
_REFUSED = {
    "kSemiContinuous": "is semi-continuous: state it with a binary variable",
    "kSemiInteger": "is semi-integer: state it with a binary variable",
}


def convert_highs(origin: str, highs: Any) -> ExactLinear:
    """The linear model of a `highspy.Highs`.

    Raises:
        RunError: InvalidModel; UnsupportedModel for what is not known to be carried over.
    """
    import highspy

    parts = Parts(origin)
    _refuse_other_objectives(parts, highs)
    highs.ensureRowwise()
    lp = highs.getLp()
    names = unique_names(_names(lp.col_names_, lp.num_col_, "x"), origin, "variables")
    kinds = list(lp.integrality_) or [highspy.HighsVarType.kContinuous] * lp.num_col_
    columns = zip(names, lp.col_lower_, lp.col_upper_, kinds, strict=True)
    variables = [
        parts.variable(name, lower, upper, integer=_is_integer(parts, name, kind))
        for name, lower, upper, kind in columns
    ]
    costs = enumerate(list(lp.col_cost_))
    goal = parts.terms(costs, lambda at: f"the objective coefficient of {names[at]}")
    solution = highs.getSolution()
    start = dict(zip(names, solution.col_value, strict=False)) if solution.value_valid else {}
    return ExactLinear(
        sense=Sense.MAXIMIZE if lp.sense_ == highspy.ObjSense.kMaximize else Sense.MINIMIZE,
        variables=variables,
        rows=_take_rows(parts, lp, names),
        goal=scale_row("objective", goal, None, None),
        offset=parts.number(lp.offset_, "the objective's constant"),
        starts=[start] if start else [],
        origin=origin,
    )


def _refuse_other_objectives(parts: Parts, highs: Any) -> None:
    if highs.getHessianNumNz():
        raise parts.refuse("the objective is quadratic: return it as a Pyomo model")
    if highs.getNumLinearObjectives():
        raise parts.refuse(
            "the model has several objectives (addLinearObjective): keep one, as its costs"
        )


def _is_integer(parts: Parts, name: str, kind: Any) -> bool:
    if kind.name not in _INTEGER:
        what = _REFUSED.get(kind.name, f"is of the type {kind.name}, which is not known")
        raise parts.refuse(f"variable {name} {what}")
    return _INTEGER[kind.name]


def _take_rows(parts: Parts, lp: Any, names: Sequence[str]) -> list[ExactRow]:
    matrix = lp.a_matrix_
    start, index, value = list(matrix.start_), list(matrix.index_), list(matrix.value_)
    sides = zip(lp.row_lower_, lp.row_upper_, strict=True)
    rows = []
    for at, (name, (lower, upper)) in enumerate(
        zip(_names(lp.row_names_, lp.num_row_, "r"), sides, strict=True)
    ):
        entries = slice(start[at], start[at + 1])
        terms = parts.terms(
            zip(index[entries], value[entries], strict=True),
            lambda column, row=name: f"the coefficient of {names[column]} in {row}",  # type: ignore[misc]
        )
        rows.append(scale_row(name, terms, *parts.bounds(lower, upper, f"constraint {name}")))
    return rows


def _names(given: Any, count: int, letter: str) -> list[str]:
    names = list(given) or [""] * count
    return [name or f"{letter}{number}" for number, name in enumerate(names)]
