"""Linear models in exact numbers, apart from argmin's own classes: so that its readers are tried.

Rows and costs name their variables, which lets a reducer leave out any of them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from random import Random

Number = Fraction
Terms = Mapping[str, Fraction]
Point = Mapping[str, Fraction]
Bound = Fraction | None


@dataclass(frozen=True)
class Variable:
    """lower <= x <= upper; None is no bound."""

    name: str
    lower: Bound = Fraction(0)
    upper: Bound = None
    integer: bool = False


@dataclass(frozen=True)
class Row:
    """lower <= terms <= upper; None is no side."""

    name: str
    terms: Terms
    lower: Bound = None
    upper: Bound = None


@dataclass(frozen=True)
class Instance:
    """minimise or maximise cost + offset, subject to rows and variables."""

    variables: tuple[Variable, ...]
    rows: tuple[Row, ...]
    cost: Terms
    offset: Fraction = Fraction(0)
    maximize: bool = False

    def objective_at(self, point: Point) -> Fraction:
        """The objective of a point, exactly."""
        return self.offset + evaluate(self.cost, point)

    @property
    def is_integral(self) -> bool:
        """Whether all variables are integers with bounds, and all coefficients whole numbers."""
        numbers = [
            *self.cost.values(),
            *(value for row in self.rows for value in row.terms.values()),
        ]
        bounded = all(
            v.integer and v.lower is not None and v.upper is not None for v in self.variables
        )
        return bounded and all(number.denominator == 1 for number in numbers)

    @property
    def size(self) -> int:
        """Variables, rows and coefficients: what a reduction makes smaller."""
        entries = sum(len(row.terms) for row in self.rows)
        return len(self.variables) + len(self.rows) + entries + len(self.cost)

    def keep_variables(self, names: frozenset[str]) -> Instance:
        """The model without the others, which are taken for 0."""
        return replace(
            self,
            variables=tuple(v for v in self.variables if v.name in names),
            rows=tuple(replace(row, terms=_keep(row.terms, names)) for row in self.rows),
            cost=_keep(self.cost, names),
        )


def _keep(terms: Terms, names: frozenset[str]) -> Terms:
    return {name: value for name, value in terms.items() if name in names}


def evaluate(terms: Terms, point: Point) -> Fraction:
    """The sum of a row at a point, exactly."""
    return sum((value * point[name] for name, value in terms.items()), Fraction(0))


def excess(value: Fraction, lower: Bound, upper: Bound) -> Fraction:
    """How far a value is outside; 0 where it is not."""
    below = Fraction(0) if lower is None else lower - value
    above = Fraction(0) if upper is None else value - upper
    return max(below, above, Fraction(0))


class Builder:
    """Collects variables and rows under names of its own."""

    def __init__(self, random: Random) -> None:
        self.random = random
        self.variables: list[Variable] = []
        self.rows: list[Row] = []
        self.cost: dict[str, Fraction] = {}

    def variable(
        self,
        lower: object = 0,
        upper: object = None,
        *,
        integer: bool = False,
        cost: object = 0,
    ) -> str:
        """A new variable's name; numbers may be written as decimals in text."""
        name = f"x{len(self.variables)}"
        self.variables.append(Variable(name, exact(lower), exact(upper), integer))
        number = exact(cost)
        if number:
            self.cost[name] = number
        return name

    def binary(self, cost: object = 0) -> str:
        """A new variable of 0 or 1."""
        return self.variable(0, 1, integer=True, cost=cost)

    def row(self, terms: Mapping[str, object], lower: object = None, upper: object = None) -> None:
        """A new row; coefficients of zero are left out."""
        kept = {name: number for name, value in terms.items() if (number := exact(value))}
        self.rows.append(Row(f"r{len(self.rows)}", kept, exact(lower), exact(upper)))

    def equation(self, terms: Mapping[str, object], side: object) -> None:
        """A new row with one side twice."""
        self.row(terms, side, side)

    def finish(self, *, maximize: bool = False, offset: object = 0) -> Instance:
        """The model."""
        number = exact(offset) or Fraction(0)
        return Instance(tuple(self.variables), tuple(self.rows), self.cost, number, maximize)


def exact(value: object) -> Bound:
    """A number, or its text, as the decimal that it is written as; None stays None."""
    return None if value is None else Fraction(str(value))
