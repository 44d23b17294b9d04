"""Expressions as AMPL's .nl files state them, in exact numbers."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntEnum
from fractions import Fraction


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


Term = Apply | Variable | Fraction
"""A part of an expression in prefix order: each operation stands before its arguments."""


@dataclass
class Expression:
    """Nonlinear part plus linear coefficients by variable number."""

    terms: list[Term] = field(default_factory=list)
    linear: dict[int, Fraction] = field(default_factory=dict)


@dataclass
class Split:
    """An expression as linear terms, a constant, and perhaps something that is not linear."""

    linear: dict[int, Fraction] = field(default_factory=dict)
    constant: Fraction = Fraction(0)
    is_linear: bool = True
