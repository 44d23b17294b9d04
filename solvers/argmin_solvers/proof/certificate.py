"""Certificates of linear models, and their check in exact integer arithmetic.

The check takes the model and the certificate alone: no solver and no floating-point number decides
anything here. Every statement is on the minimised form: the objective of a maximisation is
negated.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from argmin.api.answer import Sense
from argmin_solvers.models.exact import ExactLinear, ExactRow
from argmin_solvers.text import quote


@dataclass(frozen=True)
class Multipliers:
    """A number for each row that has one, as integers over one denominator.

    They multiply the rows as they stand in `ExactLinear`, with integer coefficients. Where
    `objective` is False they combine the rows alone: a positive bound on zero proves that no point
    satisfies them.
    """

    rows: Mapping[int, int]
    denominator: int
    objective: bool = True


@dataclass(frozen=True)
class Direction:
    """A direction by columns, as integers: along it an objective improves without end."""

    columns: Mapping[int, int]


@dataclass(frozen=True)
class Gap:
    """Where multipliers give no bound at all: what may move without end, and how fast."""

    is_row: bool
    number: int
    amount: Fraction


@dataclass(frozen=True)
class DualBound:
    """What multipliers prove: a bound on the minimised objective; None with the gaps in it."""

    value: Fraction | None
    gaps: Sequence[Gap] = ()


def evaluate_multipliers(model: ExactLinear, multipliers: Multipliers) -> DualBound:
    """The least value that the objective (or zero) can have, by the multipliers and the bounds.

    With multipliers y and d = c - A'y, c x = y (A x) + d x is at least the sum of the least that
    each y_i (A x)_i and each d_j x_j can be between their sides.
    """
    scale = model.goal.scale if multipliers.objective else 1
    gaps, total = [], Fraction(0)
    for number, amount in multipliers.rows.items():
        row = model.rows[number]
        side = row.lower if amount > 0 else row.upper
        if amount and side is None:
            gaps.append(Gap(True, number, Fraction(amount, multipliers.denominator)))
        elif amount and side is not None:
            total += amount * side
    for column, amount in _reduced_costs(model, multipliers):
        variable = model.variables[column]
        bound = variable.lower if amount > 0 else variable.upper
        if bound is None:
            gaps.append(Gap(False, column, Fraction(amount, multipliers.denominator)))
        else:
            total += amount * bound
    if gaps:
        return DualBound(None, gaps)
    constant = sign_of(model) * model.offset if multipliers.objective else 0
    return DualBound(total / (multipliers.denominator * scale) + constant)


def _reduced_costs(model: ExactLinear, multipliers: Multipliers) -> Iterator[tuple[int, int]]:
    """The reduced cost of each column where there is one, times denominator and goal's scale."""
    reduced: dict[int, int] = {}
    if multipliers.objective:
        factor = sign_of(model) * multipliers.denominator
        for column, cost in zip(model.goal.columns, model.goal.coefficients, strict=True):
            reduced[column] = factor * cost
    for number, amount in multipliers.rows.items():
        row = model.rows[number]
        for column, coefficient in zip(row.columns, row.coefficients, strict=True):
            reduced[column] = reduced.get(column, 0) - amount * coefficient
    return ((column, amount) for column, amount in reduced.items() if amount)


def sign_of(model: ExactLinear) -> int:
    """What the objective is multiplied by to be minimised: -1 for a maximisation, else 1."""
    return -1 if model.sense is Sense.MAXIMIZE else 1


def minimised(model: ExactLinear, objective: Fraction) -> Fraction:
    """An objective as that of the minimised form, or back."""
    return sign_of(model) * objective


def find_step(model: ExactLinear) -> Fraction | None:
    """By how much two values of the objective differ at least; None where by any little.

    Where only integer variables have costs, the objective is a multiple of their greatest common
    divisor, beside its constant.
    """
    goal = model.goal
    if not goal.columns or not all(model.variables[column].integer for column in goal.columns):
        return None
    return Fraction(math.gcd(*goal.coefficients), goal.scale)


def round_bound(model: ExactLinear, bound: Fraction) -> Fraction:
    """A bound on the minimised objective, raised to the next value that it can have."""
    step = find_step(model)
    if step is None:
        return bound
    constant = sign_of(model) * model.offset
    return math.ceil((bound - constant) / step) * step + constant


def find_fault(model: ExactLinear, direction: Direction) -> str | None:
    """Why the objective does not improve without end along a direction; None where it does.

    From every feasible point all points along it have to be feasible, and each better.
    """
    gain = sign_of(model) * _dot(model.goal, direction)
    if gain >= 0:
        return "the objective does not improve along it"
    for row in model.rows:
        slope = _dot(row, direction)
        if (slope < 0 and row.lower is not None) or (slope > 0 and row.upper is not None):
            return f"constraint {quote(row.name)} ends it"
    for column, amount in direction.columns.items():
        variable = model.variables[column]
        end = variable.lower if amount < 0 else variable.upper
        if amount and end is not None:
            return f"the bound of variable {quote(variable.name)} ends it"
    return None


def _dot(row: ExactRow, direction: Direction) -> int:
    columns = direction.columns
    return sum(
        coefficient * columns.get(column, 0)
        for column, coefficient in zip(row.columns, row.coefficients, strict=True)
    )


def find_parity(model: ExactLinear) -> str | None:
    """An equation of integer variables whose divisor does not divide its side, by name."""
    for row in model.rows:
        if row.lower is None or row.lower != row.upper or not row.columns:
            continue
        if not all(model.variables[column].integer for column in row.columns):
            continue
        if row.lower % math.gcd(*row.coefficients):
            return row.name
    return None
