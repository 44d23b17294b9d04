"""Evaluates expressions in doubles, and says where one has no value."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from argmin_solvers.models.expression import Apply, Expression, Op, Term, Variable
from argmin_solvers.models.nonlinear import NonlinearModel

_POWERS = (Op.POWER, Op.POWER_CONSTANT_EXPONENT, Op.POWER_CONSTANT_BASE)
_FUNCTIONS: dict[Op, Callable[..., float]] = {
    Op.ADD: lambda a, b: a + b, Op.SUBTRACT: lambda a, b: a - b, Op.MULTIPLY: lambda a, b: a * b,
    Op.DIVIDE: lambda a, b: a / b, Op.NEGATE: lambda a: -a, Op.ABS: abs,
    Op.SQUARE: lambda a: a * a, Op.ATAN2: math.atan2, **dict.fromkeys(_POWERS, math.pow),
    Op.TANH: math.tanh, Op.TAN: math.tan, Op.SQRT: math.sqrt, Op.SINH: math.sinh,
    Op.SIN: math.sin, Op.LOG10: math.log10, Op.LOG: math.log, Op.EXP: math.exp,
    Op.COSH: math.cosh, Op.COS: math.cos, Op.ATANH: math.atanh, Op.ATAN: math.atan,
    Op.ASINH: math.asinh, Op.ASIN: math.asin, Op.ACOSH: math.acosh, Op.ACOS: math.acos,
    Op.MIN: min, Op.MAX: max, Op.SUM: lambda *terms: math.fsum(terms),
}  # fmt: skip
_INSIDE: dict[Op, Callable[[float], bool]] = {
    Op.LOG: lambda a: a > 0, Op.LOG10: lambda a: a > 0, Op.SQRT: lambda a: a > 0,
    Op.ASIN: lambda a: abs(a) < 1, Op.ACOS: lambda a: abs(a) < 1, Op.ATANH: lambda a: abs(a) < 1,
    Op.ACOSH: lambda a: a > 1,
}  # fmt: skip
"""Where functions have a value and a slope as well."""
_SIGNS = {
    Op.ADD: " + ", Op.SUBTRACT: " - ", Op.MULTIPLY: "*", Op.DIVIDE: "/",
    **dict.fromkeys(_POWERS, "**"),
}  # fmt: skip
_MOST_NAMED = 4


def evaluation(expression: Expression) -> Callable[[Sequence[float]], float]:
    """A function of the values of variables and defined variables; raises ArithmeticError.

    ValueError where a function has no value there.
    """
    steps = [_step(term) for term in reversed(expression.terms)]
    linear = [(number, float(factor)) for number, factor in expression.linear.items()]

    def evaluate(values: Sequence[float]) -> float:
        stack: list[float] = []
        for step in steps:
            stack.append(step(stack, values))
        return math.fsum((*stack, *(factor * values[number] for number, factor in linear)))

    return evaluate


def _step(term: Term) -> Callable[[list[float], Sequence[float]], float]:
    if isinstance(term, Variable):
        number = term.number
        return lambda _stack, values: values[number]
    if isinstance(term, Apply):
        function, count = _FUNCTIONS[term.op], term.arguments
        return lambda stack, _values: function(*(stack.pop() for _ in range(count)))
    constant = float(term)
    return lambda _stack, _values: constant


@dataclass(frozen=True)
class Fault:
    """A part of a model that has no value, or no slope, at a point.

    `text` is how one would write it, `variables` are the numbers of those that it depends on.
    """

    text: str
    variables: tuple[int, ...]

    def describe(self, model: NonlinearModel, point: Sequence[float]) -> str:
        """The part and the point."""
        shown = [f"{model.names[at]} = {point[at]}" for at in self.variables[:_MOST_NAMED]]
        more = ", …" if len(self.variables) > _MOST_NAMED else ""
        return f"{self.text} at the start {', '.join(shown)}{more}"


def find_fault(model: NonlinearModel, point: Sequence[float]) -> Fault | None:
    """The first part of constraints and objective that has no value or no slope at a point."""
    values = [*point, *([math.nan] * len(model.defined))]
    for number, expression in model.defined.items():
        values[number] = _value(expression, values)
    for expression in (*model.defined.values(), *model.constraints, model.objective):
        at = _find(expression.terms, values)
        if at is not None:
            part = expression.terms[at : at + _length(expression.terms, at)]
            used = dict.fromkeys(_used(part, model))
            return Fault(_write(part, model), tuple(used))
    return None


def _value(expression: Expression, values: Sequence[float]) -> float:
    try:
        return evaluation(expression)(values)
    except (ArithmeticError, ValueError):
        return math.nan


def _find(terms: Sequence[Term], values: Sequence[float]) -> int | None:
    """Where the operation stands that fails first, of those whose arguments have values."""
    stack: list[float] = []
    for at in range(len(terms) - 1, -1, -1):
        term = terms[at]
        arguments = [stack.pop() for _ in range(term.arguments)] if isinstance(term, Apply) else []
        if isinstance(term, Apply) and not _is_inside(term.op, arguments):
            return at
        stack.extend(arguments[::-1])
        stack.append(_step(term)(stack, values))
    return None


def _is_inside(op: Op, arguments: Sequence[float]) -> bool:
    """Whether an operation has a value and a slope, or is not to blame: an argument has none."""
    if any(map(math.isnan, arguments)):
        return True
    if op in _INSIDE:
        return _INSIDE[op](arguments[0])
    if op is Op.DIVIDE and arguments[1] == 0:
        return False
    if op in _POWERS and not _has_power(*arguments):
        return False
    try:
        return math.isfinite(_FUNCTIONS[op](*arguments))
    except (ArithmeticError, ValueError):
        return False


def _has_power(base: float, exponent: float) -> bool:
    if exponent == int(exponent) if math.isfinite(exponent) else False:
        return base != 0 or exponent >= 0
    return base > 0 or (base == 0 and exponent >= 1)


def _length(terms: Sequence[Term], at: int) -> int:
    missing, length = 1, 0
    while missing:
        term = terms[at + length]
        missing += (term.arguments if isinstance(term, Apply) else 0) - 1
        length += 1
    return length


def _used(terms: Sequence[Term], model: NonlinearModel) -> Iterator[int]:
    for term in terms:
        if isinstance(term, Variable) and term.number in model.defined:
            shared = model.defined[term.number]
            yield from _used([*shared.terms, *map(Variable, shared.linear)], model)
        elif isinstance(term, Variable):
            yield term.number


def _write(terms: Sequence[Term], model: NonlinearModel) -> str:
    """An expression as one would write it, shortened where it is long."""
    stack: list[str] = []
    for term in reversed(terms):
        if isinstance(term, Apply):
            stack.append(_write_operation(term, [stack.pop() for _ in range(term.arguments)]))
        elif isinstance(term, Variable):
            stack.append(_write_variable(term, model))
        else:
            stack.append(f"{float(term):g}")
        if len(stack[-1]) > 60:
            stack[-1] = "…"
    return stack[0]


def _write_variable(variable: Variable, model: NonlinearModel) -> str:
    shared = model.defined.get(variable.number)
    if shared is None:
        return model.names[variable.number]
    parts = [
        f"{float(factor):g}*{model.names[at]}" if at < len(model.names) else "…"
        for at, factor in shared.linear.items()
    ]
    if any(isinstance(term, Apply | Variable) or term for term in shared.terms):
        parts.append(_write(shared.terms, model))
    return f"({' + '.join(parts)})"


def _write_operation(term: Apply, arguments: Sequence[str]) -> str:
    if term.op in _SIGNS:
        return f"({_SIGNS[term.op].join(arguments)})"
    if term.op is Op.NEGATE:
        return f"(-{arguments[0]})"
    if term.op is Op.SQUARE:
        return f"({arguments[0]}**2)"
    if term.op is Op.SUM:
        return f"({' + '.join(arguments)})"
    inner = ", ".join(arguments)
    if len(arguments) == 1 and inner.startswith("(") and inner.endswith(")"):
        inner = inner[1:-1]
    return f"{term.op.name.lower()}({inner})"
