"""Constraints on sums, products and quotients, and on which values are equal."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import reduce
from typing import Any

import numpy as np

from argmin_solvers.verify.cp.points import Amounts, Checker, Points, amounts, each, outside


def _linear(constraint: Any, points: Points) -> Amounts:
    linear = constraint.linear
    return outside(points.weighted(linear.vars, linear.coeffs), linear.domain)


def _lin_max(constraint: Any, points: Points) -> Amounts:
    target = points.affine(constraint.lin_max.target)
    values = [points.affine(expression) for expression in constraint.lin_max.exprs]
    return _distance(target, reduce(np.maximum, values)) if values else np.ones(len(points))


def _distance(left: Any, right: Any) -> Amounts:
    """How far two whole numbers are apart: at least 1.0 where they differ at all."""
    apart = np.abs(left.astype(np.float64) - right.astype(np.float64))
    return np.where(np.asarray(left == right, dtype=np.bool_), 0.0, np.maximum(1.0, apart))


def _product(numbers: Sequence[int]) -> int | None:
    result = 1
    for number in numbers:
        result *= number
    return result


def _quotient(numbers: Sequence[int]) -> int | None:
    """Rounded towards zero; None where there is none."""
    dividend, divisor = numbers
    if divisor == 0:
        return None
    size = abs(dividend) // abs(divisor)
    return size if (dividend < 0) == (divisor < 0) else -size


def _remainder(numbers: Sequence[int]) -> int | None:
    """With the sign of the dividend; None where there is none."""
    dividend, divisor = numbers
    quotient = _quotient(numbers)
    return None if quotient is None else dividend - divisor * quotient


def _computed(
    kind: str, compute: Callable[[Sequence[int]], int | None]
) -> Callable[[Any, Points], Amounts]:
    """The checker of target = compute(expressions), on Python's unbounded integers."""

    def check(constraint: Any, points: Points) -> Amounts:
        operation = getattr(constraint, kind)
        rows = points.table([operation.target, *operation.exprs])

        def wrong(number: int) -> float:
            target, *numbers = rows[number]
            value = compute(numbers)
            return 1.0 if value is None else float(abs(target - value))

        return each(points, wrong)

    return check


def _all_different(constraint: Any, points: Points) -> Amounts:
    rows = points.table(constraint.all_diff.exprs)
    return amounts([len(row) - len(set(row)) for row in rows])


def _element(constraint: Any, points: Points) -> Amounts:
    element = constraint.element
    if element.vars:  # the older form, on variables
        rows = points.table((), [element.index, element.target, *element.vars])
    else:
        rows = points.table([element.linear_index, element.linear_target, *element.exprs])

    def wrong(number: int) -> float:
        index, target, *entries = rows[number]
        if not 0 <= index < len(entries):
            return 1.0
        return float(abs(entries[index] - target))

    return each(points, wrong)


CHECKERS: dict[str, Checker] = {
    "linear": _linear,
    "lin_max": _lin_max,
    "int_prod": _computed("int_prod", _product),
    "int_div": _computed("int_div", _quotient),
    "int_mod": _computed("int_mod", _remainder),
    "all_diff": _all_different,
    "element": _element,
}
