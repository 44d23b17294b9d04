"""Numbers as exact decimal text: the one rule for objectives, bounds, gaps and digests.

A number is written as Python's shortest text that reads back as the same double. Whole numbers
carry `.0`, whether a solver counts in doubles or in integers: `15005.0`, `42.0`. A gap of zero
is `0`.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from decimal import Decimal

NOISE = 1e-9
"""Relative difference below which objective and bound are the same number: rounding noise."""


def decimal_text(value: float) -> str:
    """Text of a finite number.

    Raises:
        ValueError: the value is NaN or infinite.
    """
    if isinstance(value, int):
        return f"{value}.0"
    number = float(value)
    if not math.isfinite(number):
        raise ValueError(f"{number} is not a finite number")
    return repr(number + 0.0)  # -0.0 + 0.0 is 0.0


def relative_gap(objective: float, bound: float) -> float | None:
    """|objective - bound| / |objective|; None where the objective is zero and the bound is not."""
    distance = abs(objective - bound)
    if distance == 0:
        return 0.0
    return distance / abs(objective) if objective else None


def gap_text(objective: float, bound: float) -> str | None:
    """The relative gap as text, `0` where there is none."""
    gap = relative_gap(objective, bound)
    if gap is None:
        return None
    return "0" if gap == 0 else decimal_text(gap)


def is_noise(left: float, right: float, unit: float = 1.0) -> bool:
    """Whether two numbers differ by no more than rounding noise; smaller ones count as `unit`."""
    return abs(left - right) <= NOISE * max(unit, abs(left), abs(right))


def exact_sum(products: Iterable[tuple[float, float]], offset: float = 0.0) -> float:
    """The sum of products in decimal arithmetic, rounded once.

    Coefficients are taken as the decimals people wrote: 0.35 · 3000 is 1050, not
    1049.9999999999998.
    """
    total = Decimal(repr(float(offset)))
    for factor, value in products:
        total += Decimal(repr(float(factor))) * Decimal(repr(float(value)))
    return float(total)
