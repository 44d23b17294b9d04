"""Numbers of texts and of Python objects as exact fractions."""

from __future__ import annotations

import math
from decimal import Decimal, InvalidOperation
from fractions import Fraction
from numbers import Rational
from typing import Any

from argmin_solvers.text import quote

LARGEST_EXPONENT = 400
"""Doubles end at 308: a number beyond is a mistake, and would take long to write out."""
INFINITY = Fraction(10) ** 30
"""Stands for an infinite bound, which is none; see `finite` of a linear model."""


class Numerals(dict[str, Fraction]):
    """Fractions by their text; the texts of a file repeat, so each is read once.

    Exponents may be written with D, as Fortran does. Infinity is read as `INFINITY`.

    Raises:
        ValueError: the text is no number, or one beyond what doubles can hold.
    """

    def __missing__(self, text: str) -> Fraction:
        value = self[text] = _read(text)
        return value


def _read(text: str) -> Fraction:
    try:
        number = Decimal(text.replace("D", "e").replace("d", "e"))
    except InvalidOperation:
        raise ValueError(f"{quote(text)} is not a number") from None
    if number.is_infinite():
        return INFINITY if number > 0 else -INFINITY
    if number.is_nan() or "_" in text:
        raise ValueError(f"{quote(text)} is not a number")
    if number and abs(number.adjusted()) > LARGEST_EXPONENT:
        raise ValueError(f"the number {quote(text)} is beyond what doubles can hold")
    return Fraction(number)


def to_fraction(value: Any) -> Fraction:
    """The exact value of a Python number: int, float, Fraction, Decimal or one of numpy.

    Infinite ones are `INFINITY`, as `finite` of a linear model knows it.

    Raises:
        ValueError: it is NaN, or no real number.
    """
    if isinstance(value, Rational):  # those of numpy would overflow inside a fraction
        return Fraction(int(value.numerator), int(value.denominator))
    try:
        if isinstance(value, str | bytes):
            raise TypeError(value)
        number = value if isinstance(value, Decimal) else float(value)
    except (TypeError, ValueError):
        raise ValueError(f"{quote(str(value))} is not a number") from None
    if math.isnan(number):
        raise ValueError("a number is NaN")
    if math.isinf(number):
        return INFINITY if number > 0 else -INFINITY
    return Fraction(number)
