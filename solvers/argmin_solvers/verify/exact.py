"""A linear model in exact rational arithmetic.

Every row is scaled to integers once, when it is read, and the values of a point to integers over
one power of two: so that a row is checked by multiplying and adding integers, which is as exact as
fractions and twenty times faster.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from fractions import Fraction
from functools import cached_property
from operator import mul
from typing import ClassVar

from argmin_solvers.adapters.base import Solution
from argmin_solvers.models.exact import ExactLinear, ExactRow, ExactVariable, quotient
from argmin_solvers.numerics import limit_scale, objective_unit
from argmin_solvers.text import quote
from argmin_solvers.verify.base import (
    Assessment,
    CheckReason,
    Size,
    Worst,
    order_point,
    reject,
)
from argmin_solvers.verify.float_arrays import Shadow, cast_shadow, order_values
from argmin_solvers.verify.neighbourhood import best_moves, find_ray
from argmin_solvers.verify.relaxation import find_impossible_row, is_bounded_by_variables


@dataclass(frozen=True)
class _Integers:
    """Values as integers: value = numerator / 2**shift."""

    numerators: list[int]
    shift: int


def _to_integers(values: Iterable[float]) -> _Integers:
    ratios = [value.as_integer_ratio() for value in values]
    shift = max((denominator.bit_length() - 1 for _, denominator in ratios), default=0)
    return _Integers([n << (shift - d.bit_length() + 1) for n, d in ratios], shift)


@dataclass(frozen=True)
class ExactModel(ExactLinear):
    """An exact linear model that points are held against."""

    METHOD: ClassVar[str] = "in exact arithmetic"

    @staticmethod
    def of(model: ExactLinear) -> ExactModel:
        """The model, to hold points against."""
        return ExactModel(**{part.name: getattr(model, part.name) for part in fields(model)})

    @property
    def size(self) -> Size:
        """How large the model is."""
        return Size(
            variables=len(self.variables),
            constraints=len(self.rows),
            nonzeros=sum(len(row.columns) for row in self.rows),
            integers=sum(variable.integer for variable in self.variables),
        )

    def assess(self, points: Sequence[Solution]) -> list[Assessment]:
        """Hold points against every bound, row and the objective."""
        return [self._assess(point) for point in points]

    def _assess(self, point: Solution) -> Assessment:
        values = order_point(self.variables, point)
        if not isinstance(values, list):
            return reject(values)
        integers = _to_integers(values)
        worst = Worst()
        self._check_bounds(integers, worst)
        for row, is_whole in zip(self.rows, self._whole_rows, strict=True):
            _check_row(row, integers, worst, is_whole=is_whole)
        return worst.conclude(*self._evaluate_goal(integers))

    def _check_bounds(self, integers: _Integers, worst: Worst) -> None:
        for variable, numerator in zip(self.variables, integers.numerators, strict=True):
            for bound, direction in ((variable.lower, -1), (variable.upper, 1)):
                if bound is not None:
                    _check_bound(variable, bound, direction, (numerator, integers.shift), worst)

    def _evaluate_goal(self, integers: _Integers) -> tuple[Fraction, float, float]:
        """The objective, the size of what it is the sum of, and what counts as 1 beside it."""
        numerators, goal = integers.numerators, self.goal
        terms = list(map(mul, goal.coefficients, map(numerators.__getitem__, goal.columns)))
        unit = goal.scale << integers.shift
        objective = Fraction(sum(terms), unit) + self.offset
        largest = max(map(abs, terms), default=0)
        scale = max(1.0, quotient(largest, unit), abs(float(self.offset)))
        return objective, scale, self._unit(terms, unit)

    def _unit(self, terms: Sequence[int], unit: int) -> float:
        """The unit of an objective of these terms, each divided by `unit`."""
        largest = max(
            (
                max(cost, quotient(abs(term), unit))
                for cost, term in zip(self._costs, terms, strict=True)
                if cost and term
            ),
            default=0.0,
        )
        return objective_unit(largest or max(self._costs, default=0.0))

    @cached_property
    def _costs(self) -> tuple[float, ...]:
        """The coefficients of the objective without their signs, those of fixed variables as 0."""
        goal = self.goal
        return tuple(
            0.0 if self.variables[column].is_fixed else quotient(abs(coefficient), goal.scale)
            for column, coefficient in zip(goal.columns, goal.coefficients, strict=True)
        )

    @cached_property
    def _whole_rows(self) -> tuple[bool, ...]:
        """Which rows add up whole numbers only: none of them is violated by a little."""
        integer = [variable.integer for variable in self.variables]
        return tuple(
            row.scale == 1 and all(map(integer.__getitem__, row.columns)) for row in self.rows
        )

    @cached_property
    def shadow(self) -> Shadow:
        """The model in doubles."""
        return cast_shadow(self)

    def known_points(self) -> list[Solution]:
        """The source's start, the origin and two corners of the bounds, where doubles admit them.

        A start that does not name every variable is completed by the origin.
        """
        origin, *corners = (self._corner(direction) for direction in (0, -1, 1))
        starts = [{**origin, **start} for start in self.starts]
        points = [*starts, origin, *corners]
        return [point for point in points if self.shadow.admits(order_values(self, point))]

    def _corner(self, direction: int) -> Solution:
        return {
            variable.name: corner(variable.lower, variable.upper, direction)
            for variable in self.variables
        }

    def disprove_solutions(self) -> str | None:
        """The row that no values within the bounds satisfy, where there is one."""
        return find_impossible_row(self)

    def disprove_unbounded(self) -> str | None:
        """Whether the bounds of the variables alone keep the objective finite."""
        if is_bounded_by_variables(self):
            return "the bounds of the variables keep the objective finite"
        return None

    def neighbours(self, point: Solution) -> Iterable[Solution]:
        """The best of the points that differ in one variable, as far as the rows let it go."""
        return best_moves(self, point)

    def prove_ray(self, point: Solution) -> str | None:
        """The variable that can improve the objective from a solution without end."""
        return find_ray(self, point)


def corner(lower: Fraction | None, upper: Fraction | None, direction: int) -> float:
    """The value within bounds that is nearest to zero, or for -1 and 1 at an end that is finite."""
    end = {-1: lower, 0: None, 1: upper}[direction]
    if end is not None:
        return float(end)
    nearest = Fraction(0)
    if lower is not None:
        nearest = max(nearest, lower)
    if upper is not None:
        nearest = min(nearest, upper)
    return float(nearest)


def _check_bound(
    variable: ExactVariable,
    bound: Fraction,
    direction: int,
    value: tuple[int, int],
    worst: Worst,
) -> None:
    """Hold a value (numerator, shift) against the lower (-1) or upper (1) bound."""
    numerator, shift = value
    top, bottom = bound.numerator << shift, bound.denominator
    excess = direction * (numerator * bottom - top)
    if excess <= 0:
        return
    amount = quotient(excess, bottom << shift)
    if not variable.integer:
        amount /= limit_scale(quotient(max(bottom << shift, abs(top)), bottom << shift))
    if worst.add(variable.name, amount):
        side = "below its lower" if direction < 0 else "above its upper"
        worst.explain(
            CheckReason.BOUND_VIOLATED,
            f"variable {quote(variable.name)} is {quotient(numerator, 1 << shift)!r},"
            f" {side} bound {float(bound)!r}",
        )


def _check_row(row: ExactRow, integers: _Integers, worst: Worst, *, is_whole: bool) -> None:
    numerators, shift = integers.numerators, integers.shift
    total = sum(map(mul, row.coefficients, map(numerators.__getitem__, row.columns)))
    if row.upper is not None and total > row.upper << shift:
        excess, side, what = total - (row.upper << shift), row.upper << shift, "above"
    elif row.lower is not None and total < row.lower << shift:
        excess, side, what = (row.lower << shift) - total, row.lower << shift, "below"
    else:
        return
    unit = row.scale << shift
    amount = quotient(excess, unit)
    if not is_whole:
        terms = map(mul, row.coefficients, map(numerators.__getitem__, row.columns))
        largest = max(unit, abs(side), max(map(abs, terms), default=0))
        amount /= limit_scale(quotient(largest, unit))
    if worst.add(row.name, amount):
        worst.explain(
            CheckReason.CONSTRAINT_VIOLATED,
            f"constraint {quote(row.name)} is {quotient(total, unit)!r}, {what}"
            f" {quotient(side, unit)!r} by {quotient(excess, unit)!r}",
        )
