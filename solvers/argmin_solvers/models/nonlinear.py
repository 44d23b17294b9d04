"""The checked representation of a nonlinear model, in exact numbers, as .nl files state it."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from functools import cached_property
from typing import ClassVar

from argmin.api.answer import Sense
from argmin_solvers.models.affine import split_expression
from argmin_solvers.models.exact import ExactLinear, ExactVariable, scale_row
from argmin_solvers.models.expression import Expression, Split
from argmin_solvers.numerics import FEASIBILITY_TOLERANCE, limit_scale

Sides = tuple[Fraction | None, Fraction | None]
"""The lower and the upper side of a constraint; None is no side."""


@dataclass(frozen=True)
class NonlinearModel:
    """minimise or maximise f(x), sides[i] hold g_i(x), and bounds hold x.

    `defined` are shared subexpressions, numbered after the variables, each using only variables
    and those before it. `start` has the initial values that the source gives, by variable.
    """

    DESCRIPTION: ClassVar[str] = "nonlinear model"

    origin: str
    sense: Sense
    variables: Sequence[ExactVariable]
    objective: Expression
    constraints: Sequence[Expression]
    row_names: Sequence[str]
    sides: Sequence[Sides]
    defined: Mapping[int, Expression]
    start: Mapping[int, float] = field(default_factory=dict)

    @cached_property
    def names(self) -> list[str]:
        """The names of the variables, in order."""
        return [variable.name for variable in self.variables]

    @cached_property
    def lower(self) -> list[float]:
        """The lower bounds of the variables."""
        return [_end(variable.lower, -math.inf) for variable in self.variables]

    @cached_property
    def upper(self) -> list[float]:
        """The upper bounds of the variables."""
        return [_end(variable.upper, math.inf) for variable in self.variables]

    @cached_property
    def row_lower(self) -> list[float]:
        """The lower sides of the constraints."""
        return [_end(lower, -math.inf) for lower, _ in self.sides]

    @cached_property
    def row_upper(self) -> list[float]:
        """The upper sides of the constraints."""
        return [_end(upper, math.inf) for _, upper in self.sides]

    @property
    def initial(self) -> list[float]:
        """A value for each variable: that of the start, else 0."""
        return [self.start.get(number, 0.0) for number in range(len(self.variables))]

    @property
    def integers(self) -> int:
        """Number of integer variables."""
        return sum(variable.integer for variable in self.variables)

    @property
    def equations(self) -> int:
        """Number of constraints whose sides are equal."""
        return sum(lower is not None and lower == upper for lower, upper in self.sides)

    @cached_property
    def splits(self) -> list[Split]:
        """What is linear in each constraint, and the constant in it."""
        return [self._split(constraint) for constraint in self.constraints]

    @cached_property
    def goal(self) -> Split:
        """What is linear in the objective, and the constant in it."""
        return self._split(self.objective)

    @property
    def has_linear_constraints(self) -> bool:
        """Whether all constraints are linear: their set is convex."""
        return all(split.is_linear for split in self.splits)

    @property
    def is_linear(self) -> bool:
        """Whether the model is a linear one, however its expressions are written."""
        return self.goal.is_linear and self.has_linear_constraints

    def to_exact(self) -> ExactLinear | None:
        """The model as the linear one that it is; None where it is not."""
        if not self.is_linear:
            return None
        start = {self.names[number]: value for number, value in self.start.items()}
        return replace(
            self.without_objective(),
            sense=self.sense,
            goal=scale_row("objective", self.goal.linear, None, None),
            offset=self.goal.constant,
            starts=[start] if start else [],
        )

    def without_objective(self) -> ExactLinear:
        """The linear constraints, with nothing to minimise; the model has no others."""
        rows = []
        for name, part, sides in zip(self.row_names, self.splits, self.sides, strict=True):
            lower, upper = (None if side is None else side - part.constant for side in sides)
            rows.append(scale_row(name, part.linear, lower, upper))
        return ExactLinear(
            sense=Sense.MINIMIZE,
            variables=self.variables,
            rows=rows,
            goal=scale_row("objective", {}, None, None),
            offset=Fraction(0),
            origin=self.origin,
        )

    def _split(self, expression: Expression) -> Split:
        return split_expression(expression, self._shared)

    @cached_property
    def _shared(self) -> dict[int, Split]:
        known: dict[int, Split] = {}
        for number, expression in self.defined.items():
            known[number] = split_expression(expression, known)
        return known

    def find_contradiction(self) -> str | None:
        """The first variable or constraint that no values can satisfy, plainly, in words."""
        named = (
            *(("variable", v.name, v.lower, v.upper) for v in self.variables),
            *(("constraint", n, *s) for n, s in zip(self.row_names, self.sides, strict=True)),
        )
        for what, name, lower, upper in named:
            if lower is not None and upper is not None and lower > upper:
                sides = f"lower bound {float(lower)} above its upper bound {float(upper)}"
                return f"{what} {name} has its {sides}"
        for name, part, (lower, upper) in zip(self.row_names, self.splits, self.sides, strict=True):
            if part.is_linear and not part.linear and is_outside(part.constant, lower, upper):
                return f"constraint {name} is {float(part.constant)}, whatever the values are"
        return None

    def summary(self) -> str:
        """One line for the log."""
        return (
            f"{self.sense.lower()}: nonlinear, {len(self.variables)} variables"
            f" ({self.integers} integers), {len(self.constraints)} constraints"
            f" ({self.equations} equations)"
        )


def is_outside(
    value: Fraction | float, lower: Fraction | float | None, upper: Fraction | float | None
) -> bool:
    """Whether a constant is beyond its sides by more than is tolerated."""
    return any(
        excess > FEASIBILITY_TOLERANCE * limit_scale(max(1.0, abs(float(side))))
        for side, excess in ((lower, (lower or 0) - value), (upper, value - (upper or 0)))
        if side is not None
    )


def _end(end: Fraction | None, infinite: float) -> float:
    return infinite if end is None else float(end)
