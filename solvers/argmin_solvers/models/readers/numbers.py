"""The numbers of model files: coefficients, which are finite, and sides, which may be infinite."""

from __future__ import annotations

import math
import sys
from fractions import Fraction

from argmin.api.answer import Reason
from argmin_solvers.errors import RunError
from argmin_solvers.models.exact import finite
from argmin_solvers.models.linear import INFINITE
from argmin_solvers.models.numerals import INFINITY, Numerals
from argmin_solvers.text import quote

ZERO, ONE = Fraction(0), Fraction(1)
MINUS_INFINITY = -INFINITY
_LARGEST = Fraction(sys.float_info.max)
_BITS = 63

Side = Fraction | None
"""The side of a row or bound of a variable; None where none is given."""


class _Numbers(Numerals):
    """Numbers by their text, which may be a quotient such as 9/10: SCIP writes rationals so."""

    def __missing__(self, text: str) -> Fraction:
        numerator, slash, denominator = text.partition("/")
        if not slash:
            return super().__missing__(text)
        if not (denominator.isdecimal() and int(denominator)):
            raise ValueError(f"{quote(text)} is not a number")
        value = self[text] = self[numerator] / int(denominator)
        return value


class Sides(_Numbers):
    """Numbers by their text; infinite ones are `INFINITY` and `MINUS_INFINITY` themselves.

    Raises:
        ValueError: the text is no number; one so large that it would take long to write out.
    """

    def __missing__(self, text: str) -> Fraction:
        value = super().__missing__(text)
        if value == MINUS_INFINITY and "inf" in text.lower():
            value = self[text] = MINUS_INFINITY
        return value


class Coefficients(_Numbers):
    """Finite numbers by their text.

    Raises:
        ValueError: the text is no number, or none that a double can hold.
    """

    def __missing__(self, text: str) -> Fraction:
        try:
            value = super().__missing__(text)
        except ValueError:
            if not _is_infinite(text):
                raise
        else:
            if is_small(value) or not _is_infinite(text):
                return value
        raise ValueError(f"{quote(text)} is not a finite number")


def _is_infinite(text: str) -> bool:
    """Whether a double cannot hold a number; Fortran's exponents are none for Python."""
    try:
        return math.isinf(float(text.upper().replace("D", "E")))
    except ValueError:
        return False


def is_small(number: Fraction) -> bool:
    """Whether a number is below 1e19 for certain, by the lengths of its parts: that is fast."""
    return number.numerator.bit_length() - number.denominator.bit_length() < _BITS


def show(side: Side, missing: str = "") -> str:
    """A side as a message shows it."""
    if side is None or side is INFINITY or side is MINUS_INFINITY:
        return {None: missing, INFINITY: "inf", MINUS_INFINITY: "-inf"}[side]
    return repr(float(side)) if abs(side) <= _LARGEST else "a number beyond 1e308"


def check_interval(origin: str, named: str, lower: Side, upper: Side) -> tuple[Side, Side]:
    """The sides of a row or variable, those of 1e20 and more as none.

    Raises:
        RunError: InvalidModel, where every number between them would be infinite.
    """
    if (lower is None or is_small(lower)) and (upper is None or is_small(upper)):
        return lower, upper
    if (lower is not None and lower >= INFINITE) or (upper is not None and upper <= -INFINITE):
        sides = f"lower bound {show(lower, '-inf')} and upper bound {show(upper, 'inf')}"
        why = "no number is between them, as those of 1e20 and more are infinite"
        raise RunError(Reason.INVALID_MODEL, f"{origin}: {named} has {sides}: {why}")
    return finite(lower), finite(upper)
