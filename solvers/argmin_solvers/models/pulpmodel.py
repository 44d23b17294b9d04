"""Converts a PuLP problem, from its own structures: its file writers and readers lose things."""

from __future__ import annotations

import math
from typing import Any

from argmin.api.outcome import Reason, Sense
from argmin_solvers.failure import RunError
from argmin_solvers.models.linear import LinearModel, build_linear, by_columns, unique_names


def convert_pulp(origin: str, problem: Any) -> LinearModel:
    """The linear model of a `pulp.LpProblem`.

    Raises:
        RunError: InvalidModel; UnsupportedModel for special ordered sets.
    """
    import pulp

    if problem.sos1 or problem.sos2:
        raise RunError(Reason.UNSUPPORTED, f"{origin}: special ordered sets are not supported")
    variables = problem.variables()
    names = unique_names((variable.name for variable in variables), origin, "variables")
    numbers = {id(variable): number for number, variable in enumerate(variables)}
    objective = problem.objective
    cost = [0.0] * len(variables)
    for variable, coefficient in (objective or {}).items():
        cost[numbers[id(variable)]] += coefficient
    constraints = problem.constraints
    rows = [
        {numbers[id(variable)]: value for variable, value in constraint.items()}
        for constraint in constraints.values()
    ]
    row_bounds = [_row_bounds(constraint) for constraint in constraints.values()]
    return build_linear(
        origin=origin,
        sense=Sense.MAXIMIZE if problem.sense == pulp.LpMaximize else Sense.MINIMIZE,
        offset=0.0 if objective is None else objective.constant,
        cost=cost,
        bounds=(
            [_or(variable.lowBound, -math.inf) for variable in variables],
            [_or(variable.upBound, math.inf) for variable in variables],
        ),
        integer=[variable.cat == pulp.LpInteger for variable in variables],
        column_names=names,
        row_bounds=([low for low, _ in row_bounds], [up for _, up in row_bounds]),
        row_names=list(constraints),
        matrix=by_columns(rows, len(variables)),
    )


def _or(bound: float | None, infinite: float) -> float:
    return infinite if bound is None else bound


def _row_bounds(constraint: Any) -> tuple[float, float]:
    """PuLP states `terms + constant <= 0`, with -1, 0 and 1 for <=, = and >=."""
    right = -constraint.constant
    return (
        right if constraint.sense >= 0 else -math.inf,
        right if constraint.sense <= 0 else math.inf,
    )
