"""A nonlinear model that is checked by evaluating it, in doubles."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import ClassVar

from argmin.api.outcome import Sense
from argmin_solvers.adapters.interface import Solution
from argmin_solvers.models.text import quote
from argmin_solvers.tolerances import limit_scale
from argmin_solvers.verify.exact import ExactVariable, corner
from argmin_solvers.verify.original import (
    Assessment,
    CheckReason,
    Size,
    Worst,
    order_point,
    reject,
)

Evaluate = Callable[[], float]
"""The value of an expression at the point that was loaded last; may raise ArithmeticError."""


@dataclass(frozen=True)
class EvaluatedRow:
    """lower <= value() <= upper; None is no side."""

    name: str
    lower: float | None
    upper: float | None
    value: Evaluate


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
            _hold(row, value, CheckReason.BOUND_VIOLATED, worst, is_whole=variable.integer)
        for row in self.rows:
            _hold(row, _evaluate(row.value), CheckReason.CONSTRAINT_VIOLATED, worst)
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
        """None: not attempted."""
        return None

    def disprove_unbounded(self) -> str | None:
        """None: not attempted."""
        return None

    def prove_ray(self, _point: Solution) -> str | None:
        """None: not attempted."""
        return None


_WHAT = {CheckReason.BOUND_VIOLATED: "variable", CheckReason.CONSTRAINT_VIOLATED: "constraint"}


def _hold(
    row: EvaluatedRow, value: float, reason: CheckReason, worst: Worst, *, is_whole: bool = False
) -> None:
    """Hold a value against its two sides; a whole one violates none of them by a little."""
    what = f"{_WHAT[reason]} {quote(row.name)}"
    if not math.isfinite(value):
        if worst.add(row.name, math.inf):
            worst.explain(CheckReason.NOT_FINITE, f"{what} has the value {value}")
        return
    for side, excess, where in (
        (row.lower, (row.lower or 0.0) - value, "below"),
        (row.upper, value - (row.upper or 0.0), "above"),
    ):
        if side is None:
            continue
        scale = 1.0 if is_whole else limit_scale(max(1.0, abs(side)))
        if worst.add(row.name, excess / scale):
            worst.explain(reason, f"{what} is {value!r}, {where} {side!r} by {excess!r}")


def _evaluate(value: Evaluate) -> float:
    """The value; NaN where the expression has none."""
    try:
        result = value()
    except (ArithmeticError, ValueError):
        return math.nan
    return math.nan if isinstance(result, complex) else float(result)


def _float(number: object) -> float | None:
    return None if number is None else float(number)  # type: ignore[arg-type]
