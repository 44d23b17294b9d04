"""A linear model in exact numbers: what readers and converters make, and solvers get rounded.

Every row is scaled to integers once, when it is read: so that a row is checked, and a certificate
computed, by multiplying and adding integers.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cached_property

import numpy as np

from argmin.api.answer import Sense
from argmin_solvers.models.linear import INFINITE, LinearModel, build_linear

Terms = Mapping[int, Fraction]
"""Coefficients by the number of the variable."""


@dataclass
class ExactVariable:
    """A variable; None is no bound."""

    name: str
    lower: Fraction | None = None
    upper: Fraction | None = None
    integer: bool = False

    @property
    def is_fixed(self) -> bool:
        """Whether its bounds leave it one value."""
        return self.lower is not None and self.lower == self.upper


@dataclass(frozen=True)
class ExactRow:
    """lower <= coefficients · x <= upper, all multiplied by `scale`, which makes them integers."""

    name: str
    columns: tuple[int, ...]
    coefficients: tuple[int, ...]
    lower: int | None
    upper: int | None
    scale: int


def scale_row(name: str, terms: Terms, lower: Fraction | None, upper: Fraction | None) -> ExactRow:
    """A row of integers; coefficients of zero are left out."""
    kept = {column: value for column, value in terms.items() if value}
    sides = [side for side in (lower, upper) if side is not None]
    scale = math.lcm(*(number.denominator for number in (*kept.values(), *sides)))

    def scaled(number: Fraction) -> int:
        return number.numerator * (scale // number.denominator)

    return ExactRow(
        name,
        tuple(kept),
        tuple(map(scaled, kept.values())),
        None if lower is None else scaled(lower),
        None if upper is None else scaled(upper),
        scale,
    )


def finite(number: Fraction | None) -> Fraction | None:
    """A bound, or None where it is so large that it means none."""
    return None if number is None or abs(number) >= INFINITE else number


def take_interval(
    lower: Fraction | None, upper: Fraction | None
) -> tuple[Fraction | None, Fraction | None]:
    """Two sides; None where one is so large that it means none.

    Raises:
        ValueError: one is infinite the wrong way, so that no number is between them.
    """
    if (lower is not None and lower >= INFINITE) or (upper is not None and upper <= -INFINITE):
        sides = " and ".join(
            f"{side} bound {_to_double(bound)}"
            for side, bound in (("lower", lower), ("upper", upper))
            if bound is not None
        )
        raise ValueError(
            f"{sides}: no number is between them, as those of 1e20 and more are infinite"
        )
    return finite(lower), finite(upper)


@dataclass(frozen=True)
class ExactLinear:
    """minimise or maximise goal·x + offset, subject to rows and variables.

    `origin` is what messages call the model: its file or function. `starts` are points that the
    source brings, each with values of some variables.
    """

    sense: Sense
    variables: Sequence[ExactVariable]
    rows: Sequence[ExactRow]
    goal: ExactRow
    offset: Fraction
    starts: Sequence[Mapping[str, float]] = field(default=())
    origin: str = "the model"

    @cached_property
    def names(self) -> tuple[str, ...]:
        """The names of the variables, in order."""
        return tuple(variable.name for variable in self.variables)

    def to_linear(self) -> LinearModel:
        """The model in doubles, each the nearest to its exact number.

        Raises:
            RunError: InvalidModel, for numbers beyond a double and sides that are all infinite.
        """
        names, cost = self.names, np.zeros(len(self.variables))
        cost[list(self.goal.columns)] = _divide(self.goal.coefficients, self.goal.scale)
        return build_linear(
            origin=self.origin,
            sense=self.sense,
            offset=_to_double(self.offset),
            cost=cost,
            bounds=(
                [_bound(variable.lower, -math.inf) for variable in self.variables],
                [_bound(variable.upper, math.inf) for variable in self.variables],
            ),
            integer=[variable.integer for variable in self.variables],
            column_names=names,
            row_bounds=(
                [_side(row.lower, row.scale, -math.inf) for row in self.rows],
                [_side(row.upper, row.scale, math.inf) for row in self.rows],
            ),
            row_names=[row.name for row in self.rows],
            matrix=_by_columns(self.rows, len(names)),
        )


def _by_columns(rows: Sequence[ExactRow], columns: int) -> tuple[object, object, object]:
    number = np.repeat(np.arange(len(rows)), [len(row.columns) for row in rows])
    column = np.fromiter((at for row in rows for at in row.columns), np.int64)
    value = np.fromiter((v for row in rows for v in _divide(row.coefficients, row.scale)), float)
    order = np.argsort(column, kind="stable")
    counts = np.bincount(column, minlength=columns)
    return np.concatenate(([0], np.cumsum(counts))), number[order], value[order]


def _divide(numerators: Iterable[int], scale: int) -> list[float]:
    return [quotient(numerator, scale) for numerator in numerators]


def quotient(numerator: int, denominator: int) -> float:
    """The quotient, rounded once; infinite where it is beyond a double."""
    try:
        return numerator / denominator
    except OverflowError:
        return math.copysign(math.inf, numerator)


def _to_double(number: Fraction) -> float:
    return quotient(number.numerator, number.denominator)


def _bound(bound: Fraction | None, infinite: float) -> float:
    return infinite if bound is None else _to_double(bound)


def _side(side: int | None, scale: int, infinite: float) -> float:
    return infinite if side is None else quotient(side, scale)
