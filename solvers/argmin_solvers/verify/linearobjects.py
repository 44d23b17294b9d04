"""Takes linear models exactly from the objects of PuLP and highspy, for the check alone."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Any

from argmin.api.outcome import Sense
from argmin_solvers.verify.exact import ExactModel, ExactRow, ExactVariable, finite, scale_row
from argmin_solvers.verify.numerals import to_fraction


def rebuild_pulp(problem: Any) -> ExactModel:
    """The model of a `pulp.LpProblem`, from the expressions that it holds."""
    import pulp

    positions: dict[str, int] = {}
    variables: list[ExactVariable] = []
    start: dict[str, float] = {}

    def terms_of(expression: Any) -> dict[int, Fraction]:
        terms: dict[int, Fraction] = {}
        for variable, coefficient in (expression or {}).items():
            position = positions.setdefault(variable.name, len(variables))
            if position == len(variables):
                variables.append(_pulp_variable(variable))
                if variable.varValue is not None:
                    start[variable.name] = float(variable.varValue)
            terms[position] = terms.get(position, Fraction(0)) + to_fraction(coefficient)
        return terms

    goal = problem.objective
    goal_row = scale_row("objective", terms_of(goal), None, None)
    rows = []
    for name, constraint in problem.constraints.items():
        right = -to_fraction(constraint.constant)
        lower = None if constraint.sense == pulp.LpConstraintLE else right
        upper = None if constraint.sense == pulp.LpConstraintGE else right
        rows.append(scale_row(name, terms_of(constraint), lower, upper))
    terms_of(dict.fromkeys(problem.variables(), 0))  # those in no row and not in the objective
    return ExactModel(
        sense=Sense.MAXIMIZE if problem.sense == pulp.LpMaximize else Sense.MINIMIZE,
        variables=variables,
        rows=rows,
        goal=goal_row,
        offset=Fraction(0) if goal is None else to_fraction(goal.constant),
        starts=[start] if start else [],
    )


def _pulp_variable(variable: Any) -> ExactVariable:
    return ExactVariable(
        variable.name,
        *bounds_of(variable.lowBound, variable.upBound),
        integer=variable.cat == "Integer",
    )


def bounds_of(lower: Any, upper: Any) -> tuple[Fraction | None, Fraction | None]:
    """Exact bounds; None, or a very large number, is none."""
    return tuple(  # type: ignore[return-value]
        None if bound is None else finite(to_fraction(bound)) for bound in (lower, upper)
    )


def rebuild_highs(highs: Any) -> ExactModel:
    """The model of a `highspy.Highs`, read row by row."""
    import highspy

    highs.ensureRowwise()
    lp = highs.getLp()
    whole = highspy.HighsVarType.kInteger
    kinds = list(lp.integrality_) or [None] * lp.num_col_
    columns = zip(
        _names(lp.col_names_, lp.num_col_, "x"), lp.col_lower_, lp.col_upper_, kinds, strict=True
    )
    variables = [
        ExactVariable(name, *bounds_of(lower, upper), integer=kind == whole)
        for name, lower, upper, kind in columns
    ]
    solution = highs.getSolution()
    start = dict(zip((v.name for v in variables), solution.col_value, strict=False))
    return ExactModel(
        sense=Sense.MAXIMIZE if lp.sense_ == highspy.ObjSense.kMaximize else Sense.MINIMIZE,
        variables=variables,
        rows=_highs_rows(lp),
        goal=scale_row("objective", _exact_terms(range(lp.num_col_), lp.col_cost_), None, None),
        offset=to_fraction(lp.offset_),
        starts=[start] if solution.value_valid else [],
    )


def _highs_rows(lp: Any) -> list[ExactRow]:
    matrix = lp.a_matrix_
    start, index, value = list(matrix.start_), list(matrix.index_), list(matrix.value_)
    rows = zip(_names(lp.row_names_, lp.num_row_, "r"), lp.row_lower_, lp.row_upper_, strict=True)
    return [
        scale_row(
            name,
            _exact_terms(index[start[i] : start[i + 1]], value[start[i] : start[i + 1]]),
            *bounds_of(lower, upper),
        )
        for i, (name, lower, upper) in enumerate(rows)
    ]


def _exact_terms(columns: Sequence[int], values: Sequence[float]) -> dict[int, Fraction]:
    return {c: to_fraction(v) for c, v in zip(columns, values, strict=True) if v}


def _names(given: Any, count: int, letter: str) -> list[str]:
    names = list(given) or [""] * count
    return [name or f"{letter}{number}" for number, name in enumerate(names)]
