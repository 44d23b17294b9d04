"""Numbers of texts and of Python objects as exact fractions."""

from __future__ import annotations

import math
from decimal import Decimal, InvalidOperation
from fractions import Fraction
from numbers import Integral
from typing import Any

from argmin_solvers.models.text import quote
from argmin_solvers.verify.original import CheckReason, UncheckableError

_LARGEST_EXPONENT = 400
"""Doubles end at 308: a number beyond is a mistake, and would take long to write out."""
_INFINITE = Fraction(10) ** 30
"""Stands for an infinite bound, which is none; see `finite` of a linear model."""


class Numerals(dict[str, Fraction]):
    """Fractions by their text; the texts of a file repeat, so each is read once."""

    def __missing__(self, text: str) -> Fraction:
        value = self[text] = _read(text)
        return value


def _read(text: str) -> Fraction:
    try:
        number = Decimal(text)
    except InvalidOperation:
        raise ValueError(f"{quote(text)} is no number") from None
    if number.is_infinite():
        return _INFINITE if number > 0 else -_INFINITE
    if number.is_nan():
        raise ValueError(f"{quote(text)} is no number")
    if number and abs(number.adjusted()) > _LARGEST_EXPONENT:
        raise UncheckableError(
            CheckReason.NOT_REBUILT, f"the number {quote(text)} is beyond what doubles can hold"
        )
    return Fraction(number)


def to_fraction(value: Any) -> Fraction:
    """The exact value of a Python number; infinite ones as `finite` of a linear model knows them.

    Raises:
        UncheckableError: it is NaN.
    """
    if isinstance(value, Integral):  # those of numpy would overflow inside a fraction
        return Fraction(int(value))
    number = float(value)
    if math.isnan(number):
        raise UncheckableError(CheckReason.NOT_REBUILT, "a number of the model is NaN")
    if math.isinf(number):
        return _INFINITE if number > 0 else -_INFINITE
    return Fraction(number)
