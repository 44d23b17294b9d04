"""What is linear in an expression, exactly, however it is written."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction

from argmin_solvers.models.expression import Apply, Expression, Op, Split, Variable

_LARGEST_EXPONENT = 64
"""Powers of constants beyond it are left to doubles: their exact digits are too many."""


def split_expression(expression: Expression, shared: Mapping[int, Split]) -> Split:
    """Take an expression apart; `shared` are the defined ones that it may use, by number."""
    stack: list[Split] = []
    # Prefix order read backwards: every operation finds its arguments on the stack, first on top.
    for term in reversed(expression.terms):
        if isinstance(term, Apply):
            arguments = [stack.pop() for _ in range(term.arguments)]
            stack.append(_OPERATIONS.get(term.op, _bend)(arguments))
        elif isinstance(term, Fraction):
            stack.append(Split(constant=term))
        else:
            stack.append(_take(term, shared))
    whole = stack.pop() if stack else Split()
    direct = Split()
    for number, coefficient in expression.linear.items():
        if number not in shared:
            direct.linear[number] = coefficient
        elif coefficient:  # a coefficient of 0 only says that the expression depends on it
            direct = _sum([direct, _scale(_take(Variable(number), shared), coefficient)])
    whole = _sum([whole, direct])
    whole.linear = {number: value for number, value in whole.linear.items() if value}
    return whole


def _take(variable: Variable, shared: Mapping[int, Split]) -> Split:
    known = shared.get(variable.number)
    if known is None:
        return Split({variable.number: Fraction(1)})
    return Split(dict(known.linear), known.constant, known.is_linear)


def _sum(parts: Sequence[Split]) -> Split:
    total = max(parts, key=lambda part: len(part.linear))  # the others are added to the longest
    for part in parts:
        if part is not total:
            for number, coefficient in part.linear.items():
                total.linear[number] = total.linear.get(number, Fraction(0)) + coefficient
            total.constant += part.constant
            total.is_linear &= part.is_linear
    return total


def _scale(part: Split, factor: Fraction) -> Split:
    linear = {number: factor * coefficient for number, coefficient in part.linear.items()}
    return Split(linear, factor * part.constant, part.is_linear)


def _bend(_parts: Sequence[Split]) -> Split:
    return Split(is_linear=False)


def _subtract(parts: Sequence[Split]) -> Split:
    return _sum([parts[0], _scale(parts[1], Fraction(-1))])


def _multiply(parts: Sequence[Split]) -> Split:
    first, second = parts
    if _is_constant(first):
        return _scale(second, first.constant)
    return _scale(first, second.constant) if _is_constant(second) else _bend(parts)


def _divide(parts: Sequence[Split]) -> Split:
    above, below = parts
    if not (_is_constant(below) and below.constant):
        return _bend(parts)
    return _scale(above, 1 / below.constant)


def _power(parts: Sequence[Split]) -> Split:
    base, exponent = parts
    if not _is_constant(exponent):
        return _bend(parts)
    if exponent.constant == 1:
        return base
    whole = exponent.constant.denominator == 1 and abs(exponent.constant) <= _LARGEST_EXPONENT
    if not (whole and _is_constant(base) and base.constant):
        return _bend(parts)
    return Split(constant=base.constant ** int(exponent.constant))


def _square(parts: Sequence[Split]) -> Split:
    return _multiply([parts[0], parts[0]]) if _is_constant(parts[0]) else _bend(parts)


def _is_constant(part: Split) -> bool:
    return part.is_linear and not any(part.linear.values())


def _of_constants(call: Callable[..., Fraction]) -> Callable[[Sequence[Split]], Split]:
    def apply(parts: Sequence[Split]) -> Split:
        if not all(map(_is_constant, parts)):
            return _bend(parts)
        return Split(constant=call(*(part.constant for part in parts)))

    return apply


_OPERATIONS: dict[Op, Callable[[Sequence[Split]], Split]] = {
    Op.ADD: _sum,
    Op.SUM: _sum,
    Op.SUBTRACT: _subtract,
    Op.NEGATE: lambda parts: _scale(parts[0], Fraction(-1)),
    Op.MULTIPLY: _multiply,
    Op.DIVIDE: _divide,
    Op.POWER: _power,
    Op.POWER_CONSTANT_EXPONENT: _power,
    Op.POWER_CONSTANT_BASE: _power,
    Op.SQUARE: _square,
    Op.ABS: _of_constants(abs),
    Op.MIN: _of_constants(lambda *numbers: min(numbers)),
    Op.MAX: _of_constants(lambda *numbers: max(numbers)),
}
