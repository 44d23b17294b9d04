"""Converts a PuLP problem, from its own structures: its file writers and readers lose things."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any

from argmin.api.answer import Reason, Sense
from argmin_solvers.models.exact import ExactLinear, ExactRow, ExactVariable, scale_row
from argmin_solvers.models.exact_parts import Parts
from argmin_solvers.models.linear import unique_names
from argmin_solvers.models.ordered_sets import OrderedSet, expand_ordered_sets

_SENSES = {1: Sense.MINIMIZE, -1: Sense.MAXIMIZE}


def convert_pulp(origin: str, problem: Any) -> ExactLinear:
    """The linear model of a `pulp.LpProblem`.

    Raises:
        RunError: InvalidModel; UnsupportedModel for what is not known to be carried over.
    """
    parts = Parts(origin)
    objects = problem.variables()
    unique_names((variable.name for variable in objects), origin, "variables")
    numbers = {id(variable): number for number, variable in enumerate(objects)}
    variables = [_take_variable(parts, variable) for variable in objects]
    rows = [
        _take_row(parts, name, constraint, numbers, variables)
        for name, constraint in problem.constraints.items()
    ]
    terms, offset = _take_objective(parts, problem.objective, numbers, variables)
    try:
        expand_ordered_sets(variables, rows, _take_sets(parts, problem, numbers))
    except ValueError as error:
        raise parts.refuse(str(error)) from None
    if problem.sense not in _SENSES:
        raise parts.refuse(f"the sense is {problem.sense!r}: use LpMinimize or LpMaximize")
    start = {v.name: float(v.varValue) for v in objects if v.varValue is not None}
    return ExactLinear(
        sense=_SENSES[problem.sense],
        variables=variables,
        rows=rows,
        goal=scale_row("objective", terms, None, None),
        offset=offset,
        starts=[start] if start else [],
        origin=origin,
    )


def _take_variable(parts: Parts, variable: Any) -> ExactVariable:
    import pulp

    known = {pulp.LpContinuous: False, pulp.LpInteger: True, pulp.LpBinary: True}
    if not isinstance(variable, pulp.LpVariable):
        raise parts.refuse(f"{variable} is a {type(variable).__name__}: use LpVariable")
    if variable.cat not in known:
        raise parts.refuse(
            f"variable {variable.name} has the category {variable.cat!r}: use LpContinuous,"
            " LpInteger or LpBinary",
            Reason.INVALID_MODEL,
        )
    bounds = (variable.lowBound, variable.upBound)
    if variable.cat == pulp.LpBinary:  # set after it was made: PuLP itself would narrow no bound
        bounds = (max(bounds[0] or 0, 0), min(1 if bounds[1] is None else bounds[1], 1))
    return parts.variable(variable.name, *bounds, integer=known[variable.cat])


def _take_row(
    parts: Parts,
    name: str,
    constraint: Any,
    numbers: Mapping[int, int],
    variables: Sequence[ExactVariable],
) -> ExactRow:
    """PuLP states `terms + constant <= 0`, with -1, 0 and 1 for <=, = and >=."""
    if constraint.sense not in (-1, 0, 1):
        raise parts.refuse(f"constraint {name} has the sense {constraint.sense!r}")
    right = -parts.number(constraint.constant, f"the constant of constraint {name}")
    terms = parts.terms(
        ((numbers[id(variable)], value) for variable, value in constraint.items()),
        lambda at: f"the coefficient of {variables[at].name} in {name}",
    )
    return scale_row(
        name,
        terms,
        right if constraint.sense >= 0 else None,
        right if constraint.sense <= 0 else None,
    )


def _take_objective(
    parts: Parts, objective: Any, numbers: Mapping[int, int], variables: Sequence[ExactVariable]
) -> tuple[dict[int, Fraction], Fraction]:
    if objective is None:
        return {}, Fraction(0)
    terms = parts.terms(
        ((numbers[id(variable)], value) for variable, value in objective.items()),
        lambda at: f"the objective coefficient of {variables[at].name}",
    )
    return terms, parts.number(objective.constant, "the objective's constant")


def _take_sets(parts: Parts, problem: Any, numbers: Mapping[int, int]) -> list[OrderedSet]:
    """The special ordered sets: each a mapping of variables to weights that order them."""
    sets = []
    for kind, named in ((1, problem.sos1), (2, problem.sos2)):
        for name, members in named.items():
            if not (isinstance(members, Mapping) and all(id(v) in numbers for v in members)):
                raise parts.refuse(
                    f"the special ordered set {name} is no mapping of the problem's variables to"
                    " weights: write it as {variable: weight}"
                )
            ordered = sorted(members, key=members.__getitem__)
            sets.append(OrderedSet(f"sos{kind}_{name}", kind, [numbers[id(v)] for v in ordered]))
    return sets
