"""Turns a nonlinear model into casadi's expressions, which know their derivatives."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import reduce
from threading import Event
from typing import Any

import numpy as np

from argmin.api.answer import Sense
from argmin_solvers.adapters.base import Floats
from argmin_solvers.models.expression import Apply, Expression, Op, Variable
from argmin_solvers.models.nonlinear import NonlinearModel


@dataclass(frozen=True)
class Program:
    """`minimized` and `constraints` as expressions of `variables` (casadi SX columns)."""

    variables: Any
    minimized: Any
    constraints: Any

    def evaluate(self, point: Sequence[float]) -> tuple[float, Floats]:
        """What is minimised, and the constraints, at a point; NaN where there is no value."""
        import casadi

        function = casadi.Function("at", [self.variables], [self.minimized, self.constraints])
        objective, constraints = function(point)
        return float(objective), np.array(constraints).ravel()

    def watch(self, stop: Event, look: Callable[[Sequence[Any]], None]) -> Any:
        """A callback of each iteration that ends the search once `stop` is set.

        `look` sees the state as casadi's columns: the point, the objective as it is minimised, the
        constraints, and the multipliers.
        """
        return _make_watcher(self.variables.numel(), self.constraints.numel(), stop, look)


def build_program(model: NonlinearModel) -> Program:
    """The model as expressions; a maximisation's objective is negated."""
    import casadi

    variables = casadi.SX.sym("x", len(model.names))
    known = dict(enumerate(casadi.vertsplit(variables)))
    for number, expression in model.defined.items():
        known[number] = _build(expression, known)
    objective = _build(model.objective, known)
    constraints = [_build(constraint, known) for constraint in model.constraints]
    return Program(
        variables,
        -objective if model.sense is Sense.MAXIMIZE else objective,
        casadi.vertcat(*constraints) if constraints else casadi.SX(0, 1),
    )


def _build(expression: Expression, known: dict[int, Any]) -> Any:
    import casadi

    operations = _operations()
    stack: list[Any] = []
    # Prefix order read backwards: every operation finds its arguments on the stack, first on top.
    for term in reversed(expression.terms):
        if isinstance(term, Apply):
            arguments = [stack.pop() for _ in range(term.arguments)]
            stack.append(operations[term.op](*arguments))
        elif isinstance(term, Variable):
            stack.append(known[term.number])
        else:
            stack.append(casadi.SX(float(term)))
    total = stack.pop() if stack else casadi.SX(0)
    for number, coefficient in expression.linear.items():
        if coefficient:
            total += float(coefficient) * known[number]
    return total


def _operations() -> dict[Op, Callable[..., Any]]:
    import casadi as ca

    named: dict[Op, Callable[..., Any]] = {
        Op.TANH: ca.tanh, Op.TAN: ca.tan, Op.SQRT: ca.sqrt, Op.SINH: ca.sinh, Op.SIN: ca.sin,
        Op.LOG10: ca.log10, Op.LOG: ca.log, Op.EXP: ca.exp, Op.COSH: ca.cosh, Op.COS: ca.cos,
        Op.ATANH: ca.atanh, Op.ATAN2: ca.atan2, Op.ATAN: ca.atan, Op.ASINH: ca.asinh,
        Op.ASIN: ca.asin, Op.ACOSH: ca.acosh, Op.ACOS: ca.acos, Op.ABS: ca.fabs,
    }  # fmt: skip
    return {
        **named,
        Op.ADD: lambda a, b: a + b,
        Op.SUBTRACT: lambda a, b: a - b,
        Op.MULTIPLY: lambda a, b: a * b,
        Op.DIVIDE: lambda a, b: a / b,
        Op.POWER: lambda a, b: a**b,
        Op.POWER_CONSTANT_EXPONENT: lambda a, b: a**b,
        Op.POWER_CONSTANT_BASE: lambda a, b: a**b,
        Op.SQUARE: lambda a: a * a,
        Op.NEGATE: lambda a: -a,
        Op.SUM: lambda *terms: reduce(lambda a, b: a + b, terms),
        Op.MIN: lambda *terms: reduce(ca.fmin, terms),
        Op.MAX: lambda *terms: reduce(ca.fmax, terms),
    }


def _make_watcher(
    variables: int, constraints: int, stop: Event, look: Callable[[Sequence[Any]], None]
) -> Any:
    import casadi

    class Watcher(casadi.Callback):
        """Called by Ipopt with the state of each iteration; a 1 ends the search."""

        def __init__(self) -> None:
            casadi.Callback.__init__(self)
            self.construct("watcher", {})

        def get_n_in(self) -> int:
            return int(casadi.nlpsol_n_out())

        def get_n_out(self) -> int:
            return 1

        def get_name_in(self, i: int) -> str:
            return str(casadi.nlpsol_out(i))

        def get_name_out(self, _i: int) -> str:
            return "ret"

        def get_sparsity_in(self, i: int) -> Any:
            sizes = {
                "f": 1,
                "x": variables,
                "lam_x": variables,
                "g": constraints,
                "lam_g": constraints,
            }
            return casadi.Sparsity.dense(sizes.get(casadi.nlpsol_out(i), 0), 1)

        def eval(self, state: Any) -> list[int]:
            look(state)
            return [int(stop.is_set())]

    return Watcher()
