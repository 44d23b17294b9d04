"""A nonlinear model that is checked by evaluating it, in doubles."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import ClassVar

from argmin.api.answer import Sense
from argmin_solvers.adapters.base import Solution
from argmin_solvers.models.exact import ExactVariable
from argmin_solvers.models.nonlinear import is_outside
from argmin_solvers.numerics import limit_scale
from argmin_solvers.text import quote
from argmin_solvers.verify.base import (
    Assessment,
    CheckReason,
    Size,
    Worst,
    order_point,
    reject,
)
from argmin_solvers.verify.exact import corner

Evaluate = Callable[[], float]
"""The value of an expression at the point that was loaded last; may raise ArithmeticError."""


@dataclass(frozen=True)
class EvaluatedRow:
    """lower <= value() <= upper; None is no side.

    `constant` is a number that its value contains, `linear` terms that it contains, as numbers of
    variables and coefficients: a violation is measured by the largest of these terms and of the
    sides less the constant, so that it does not matter on which side of it a number is written.
    `is_constant`: it is that constant, whatever the point.
    """

    name: str
    lower: float | None
    upper: float | None
    value: Evaluate
    constant: float = 0.0
    linear: Sequence[tuple[int, float]] = ()
    is_constant: bool = False

    def scale(self, side: float, values: Sequence[float]) -> float:
        """The size of what a violation of one side is measured by, at a point."""
        terms = (abs(factor * values[at]) for at, factor in self.linear)
        return max(1.0, abs(side - self.constant), *terms)


@dataclass(frozen=True)
class EvaluatedModel:
    """Variables, rows and an objective, evaluated where `load` puts the values of a point.

    `load` takes one value for each variable, in their order. `optional` are variables that the
    model names and does not depend on: an answer may leave them out.
    """

    METHOD: ClassVar[str] = "as evaluated"

    sense: Sense | None
    variables: Sequence[ExactVariable]
    rows: Sequence[EvaluatedRow]
    objective: Evaluate
    load: Callable[[Sequence[float]], None]
    start: Solution
    optional: frozenset[str] = frozenset()

    @property
    def names(self) -> list[str]:
        """The names of the variables."""
        return [variable.name for variable in self.variables]

    @property
    def size(self) -> Size:
        """How large the model is."""
        return Size(len(self.variables), len(self.rows))

    def assess(self, points: Sequence[Solution]) -> list[Assessment]:
        """Evaluate every bound, row and the objective at points."""
        return [self._assess(point) for point in points]

    def _assess(self, point: Solution) -> Assessment:
        completed = {name: self._rest()[name] for name in self.optional} | dict(point)
        values = order_point(self.variables, completed)
        if not isinstance(values, list):
            return reject(values)
        self.load(values)
        worst = Worst()
        for variable, value in zip(self.variables, values, strict=True):
            row = EvaluatedRow(
                variable.name, _float(variable.lower), _float(variable.upper), lambda: math.nan
            )
            _hold_bound(row, value, worst, is_whole=variable.integer)
        for row in self.rows:
            _hold(row, _evaluate(row.value), CheckReason.CONSTRAINT_VIOLATED, worst, values)
        objective = _evaluate(self.objective)
        if not math.isfinite(objective) and worst.add("objective", math.inf):
            worst.explain(CheckReason.NOT_FINITE, f"the objective has the value {objective}")
        return worst.conclude(objective, max(1.0, abs(objective)))

    def _rest(self) -> Solution:
        """The start, completed by what is nearest to zero."""
        origin = {v.name: corner(v.lower, v.upper, 0) for v in self.variables}
        return {**origin, **self.start}

    def known_points(self) -> list[Solution]:
        """The source's start, and the origin."""
        origin = {v.name: corner(v.lower, v.upper, 0) for v in self.variables}
        return [self._rest(), origin]

    def neighbours(self, _point: Solution) -> Iterable[Solution]:
        """None: a local optimum is not called more than that."""
        return ()

    def disprove_solutions(self) -> str | None:
        """The variable or row that no values can satisfy, plainly, where there is one."""
        rows = [
            *(("variable", v.name, v.lower, v.upper) for v in self.variables),
            *(("constraint", row.name, row.lower, row.upper) for row in self.rows),
        ]
        for what, name, lower, upper in rows:
            if lower is not None and upper is not None and lower > upper:
                sides = f"above {float(lower)} and below {float(upper)}"
                return f"{what} {quote(name)} cannot be {sides}"
        for row in self.rows:
            if row.is_constant and is_outside(row.constant, row.lower, row.upper):
                return f"constraint {quote(row.name)} is {row.constant}, whatever the values are"
        return None

    def disprove_unbounded(self) -> str | None:
        """None: not attempted."""
        return None

    def prove_ray(self, _point: Solution) -> str | None:
        """None: not attempted."""
        return None


_WHAT = {CheckReason.BOUND_VIOLATED: "variable", CheckReason.CONSTRAINT_VIOLATED: "constraint"}


def _hold_bound(row: EvaluatedRow, value: float, worst: Worst, *, is_whole: bool) -> None:
    """Hold a value against its bounds; an integer violates none of them by a little."""
    _hold(row, value, CheckReason.BOUND_VIOLATED, worst, None if is_whole else ())


def _hold(
    row: EvaluatedRow,
    value: float,
    reason: CheckReason,
    worst: Worst,
    values: Sequence[float] | None,
) -> None:
    """Hold a value against its two sides, by the scale at a point; without one, by none."""
    what = f"{_WHAT[reason]} {quote(row.name)}"
    if not math.isfinite(value):
        if worst.add(row.name, math.inf):
            worst.explain(CheckReason.NOT_FINITE, f"{what} has the value {value}")
        return
    for side, excess, where in (
        (row.lower, (row.lower or 0.0) - value, "below"),
        (row.upper, value - (row.upper or 0.0), "above"),
    ):
        if side is None or excess <= 0:
            continue
        scale = 1.0 if values is None else limit_scale(row.scale(side, values))
        if worst.add(row.name, excess / scale):
            worst.explain(reason, f"{what} is {value!r}, {where} {side!r} by {excess!r}")


def _evaluate(value: Evaluate) -> float:
    """The value; NaN where the expression has none."""
    try:
        result = value()
    except (ArithmeticError, ValueError):
        return math.nan
    return math.nan if isinstance(result, complex) else float(result)


def to_floats(sides: Sequence[Fraction | None]) -> tuple[float | None, float | None]:
    """Two sides in doubles."""
    lower, upper = map(_float, sides)
    return lower, upper


def _float(number: object) -> float | None:
    return None if number is None else float(number)  # type: ignore[arg-type]
