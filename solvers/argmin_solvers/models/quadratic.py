"""Expressions of degree two at most, exactly, however they are written."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction

from argmin_solvers.models.expression import Apply, Expression, Op, Variable

Polynomial = Mapping[tuple[int, ...], Fraction]
"""Coefficients by the numbers of the variables that are multiplied, in order; () has none."""


MOST_TERMS = 100_000
"""Polynomials of more are not written out."""


def is_polynomial(expression: Expression) -> bool:
    """Whether no operation stands in the way of an expression's being a polynomial."""
    return all(term.op in _OPERATIONS for term in expression.terms if isinstance(term, Apply))


def expand_expression(
    expression: Expression, shared: Mapping[int, Polynomial | None]
) -> Polynomial | None:
    """The polynomial that an expression is; None where it is none, or of a higher degree.

    `shared` are the defined expressions that it may use, by number.
    """
    stack: list[Polynomial | None] = []
    # Prefix order read backwards: every operation finds its arguments on the stack, first on top.
    for term in reversed(expression.terms):
        if isinstance(term, Apply):
            arguments = [stack.pop() for _ in range(term.arguments)]
            stack.append(_apply(term.op, arguments))
        elif isinstance(term, Fraction):
            stack.append({(): term})
        else:
            stack.append(_take(term, shared))
    linear = [
        _scale(_take(Variable(number), shared), coefficient)
        for number, coefficient in expression.linear.items()
        if coefficient
    ]
    return _add([*stack, *linear])


def _take(variable: Variable, shared: Mapping[int, Polynomial | None]) -> Polynomial | None:
    if variable.number in shared:
        return shared[variable.number]
    return {(variable.number,): Fraction(1)}


def _apply(op: Op, arguments: Sequence[Polynomial | None]) -> Polynomial | None:
    operation = _OPERATIONS.get(op)
    if operation is None or any(argument is None for argument in arguments):
        return None
    return operation([argument for argument in arguments if argument is not None])


def _add(parts: Sequence[Polynomial | None]) -> Polynomial | None:
    total: dict[tuple[int, ...], Fraction] = {}
    for part in parts:
        if part is None:
            return None
        for key, coefficient in part.items():
            total[key] = total.get(key, Fraction(0)) + coefficient
    return {key: coefficient for key, coefficient in total.items() if coefficient}


def _scale(part: Polynomial | None, factor: Fraction) -> Polynomial | None:
    return None if part is None else {key: factor * value for key, value in part.items()}


def _multiply(parts: Sequence[Polynomial]) -> Polynomial | None:
    if len(parts[0]) * len(parts[1]) > MOST_TERMS:
        return None
    product: dict[tuple[int, ...], Fraction] = {}
    for left, first in parts[0].items():
        for right, second in parts[1].items():
            key = tuple(sorted((*left, *right)))
            product[key] = product.get(key, Fraction(0)) + first * second
    kept = {key: coefficient for key, coefficient in product.items() if coefficient}
    return kept if all(len(key) <= 2 for key in kept) else None


def _divide(parts: Sequence[Polynomial]) -> Polynomial | None:
    divisor = _constant(parts[1])
    return _scale(parts[0], 1 / divisor) if divisor else None


def _power(parts: Sequence[Polynomial]) -> Polynomial | None:
    exponent = _constant(parts[1])
    if exponent == 2:
        return _multiply([parts[0], parts[0]])
    return parts[0] if exponent == 1 else None


def _constant(part: Polynomial) -> Fraction | None:
    return part.get((), Fraction(0)) if set(part) <= {()} else None


_OPERATIONS: dict[Op, Callable[[Sequence[Polynomial]], Polynomial | None]] = {
    Op.ADD: _add,
    Op.SUM: _add,
    Op.SUBTRACT: lambda parts: _add([parts[0], _scale(parts[1], Fraction(-1))]),
    Op.NEGATE: lambda parts: _scale(parts[0], Fraction(-1)),
    Op.MULTIPLY: _multiply,
    Op.DIVIDE: _divide,
    Op.POWER: _power,
    Op.POWER_CONSTANT_EXPONENT: _power,
    Op.SQUARE: lambda parts: _multiply([parts[0], parts[0]]),
}
