"""The checked representation of a nonlinear model, as AMPL's .nl files state it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import IntEnum
from typing import ClassVar

from argmin.api.outcome import Sense


class Op(IntEnum):
    """The operations of .nl expressions that are understood, by their numbers."""

    ADD, SUBTRACT, MULTIPLY, DIVIDE = 0, 1, 2, 3
    POWER = 5
    MIN, MAX = 11, 12
    ABS = 15
    NEGATE = 16
    TANH, TAN, SQRT, SINH, SIN, LOG10, LOG, EXP, COSH, COS = 37, 38, 39, 40, 41, 42, 43, 44, 45, 46
    ATANH = 47
    ATAN2 = 48
    ATAN, ASINH, ASIN, ACOSH, ACOS = 49, 50, 51, 52, 53
    SUM = 54
    POWER_CONSTANT_EXPONENT, SQUARE, POWER_CONSTANT_BASE = 76, 77, 78


@dataclass(frozen=True)
class Apply:
    """An operation on the `arguments` expressions that follow it."""

    op: Op
    arguments: int


@dataclass(frozen=True)
class Variable:
    """A variable, or from `len(variables)` on a defined one, by number."""

    number: int


Term = Apply | Variable | float
"""A part of an expression in prefix order: each operation stands before its arguments."""


@dataclass
class Expression:
    """Nonlinear part plus linear coefficients by variable number."""

    terms: list[Term] = field(default_factory=list)
    linear: dict[int, float] = field(default_factory=dict)

    @property
    def is_linear(self) -> bool:
        """Whether the nonlinear part is at most a constant."""
        return all(isinstance(term, float) for term in self.terms)


@dataclass(frozen=True)
class NonlinearModel:
    """minimise or maximise f(x), row_lower <= g(x) <= row_upper, lower <= x <= upper.

    `defined` are shared subexpressions, numbered after the variables, each using only variables
    and those before it.
    """

    DESCRIPTION: ClassVar[str] = "nonlinear model"

    origin: str
    sense: Sense
    names: Sequence[str]
    lower: Sequence[float]
    upper: Sequence[float]
    initial: Sequence[float]
    integers: int
    objective: Expression
    constraints: Sequence[Expression]
    row_lower: Sequence[float]
    row_upper: Sequence[float]
    defined: Mapping[int, Expression]

    @property
    def has_linear_constraints(self) -> bool:
        """Whether all constraints are linear: their set is convex."""
        return all(constraint.is_linear for constraint in self.constraints)

    @property
    def is_linear(self) -> bool:
        """Whether the model is a linear program."""
        return self.objective.is_linear and self.has_linear_constraints

    def summary(self) -> str:
        """One line for the log."""
        equations = sum(low == up for low, up in zip(self.row_lower, self.row_upper, strict=True))
        return (
            f"{self.sense.lower()}: nonlinear, {len(self.names)} variables"
            f" ({self.integers} integers), {len(self.constraints)} constraints"
            f" ({equations} equations)"
        )
