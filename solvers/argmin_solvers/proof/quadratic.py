"""Convex quadratic programs in exact numbers: linear constraints, and a convex objective.

A convex function lies above its linearisation at any point, so a bound of the linear program with
that objective is one of the quadratic program. At the exact optimum the two meet.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from argmin.api.answer import Sense
from argmin_solvers.models.exact import ExactLinear, scale_row
from argmin_solvers.models.nonlinear import NonlinearModel
from argmin_solvers.models.quadratic import Polynomial, expand_expression, is_polynomial
from argmin_solvers.proof.rational import solve_exactly

MOST_VARIABLES = 300
"""Of the objective's quadratic part: exact elimination of more takes too long."""
_NEAR = 1e-6
"""How near, relatively, a point is to a side that is taken for binding."""


@dataclass(frozen=True)
class QuadraticProgram:
    """minimise x'Hx/2 + cost x + constant over the constraints of `linear`.

    `sign` is -1 where the model itself maximises the negative of it, else 1. `hessian` has the
    second derivatives by pairs of variables, each pair both ways.
    """

    linear: ExactLinear
    hessian: Mapping[int, Mapping[int, Fraction]]
    cost: Mapping[int, Fraction]
    constant: Fraction
    sign: int

    def value(self, point: Sequence[Fraction]) -> Fraction:
        """The minimised objective at a point."""
        slope = self.slope(point)
        linear = sum((c * point[j] for j, c in self.cost.items()), self.constant)
        curved = ((slope[j] - self.cost.get(j, Fraction(0))) * point[j] for j in slope)
        return linear + sum(curved, Fraction(0)) / 2

    def slope(self, point: Sequence[Fraction]) -> dict[int, Fraction]:
        """The derivatives at a point, of the variables that the objective has."""
        slope = dict(self.cost)
        for j, row in self.hessian.items():
            slope[j] = slope.get(j, Fraction(0)) + sum(h * point[k] for k, h in row.items())
        return slope

    def linearise(self, point: Sequence[Fraction]) -> ExactLinear:
        """The linear program whose objective touches this one at a point, minimising."""
        slope = self.slope(point)
        offset = self.value(point) - sum(s * point[j] for j, s in slope.items())
        return ExactLinear(
            sense=Sense.MINIMIZE,
            variables=self.linear.variables,
            rows=self.linear.rows,
            goal=scale_row("objective", slope, None, None),
            offset=offset,
        )

    def sharpen(self, point: Sequence[Fraction]) -> list[Fraction] | None:
        """The exact optimum among the points with the same binding sides; None of a singular one.

        There the slope is a combination of the binding rows, over the variables that are free.
        """
        fixed = self._find_fixed(point)
        free = [j for j in range(len(point)) if j not in fixed]
        unknown = {j: at for at, j in enumerate(free)}
        equations: list[dict[int, Fraction]] = []
        right: list[Fraction] = []
        for j in free:
            second = self.hessian.get(j, {})
            equations.append({unknown[k]: h for k, h in second.items() if k in unknown})
            known = sum((h * fixed[k] for k, h in second.items() if k in fixed), Fraction(0))
            right.append(-self.cost.get(j, Fraction(0)) - known)
        for number, side in self._find_binding(point).items():
            binding, left = self.linear.rows[number], Fraction(side)
            at, entries = len(equations), dict[int, Fraction]()
            for j, a in zip(binding.columns, binding.coefficients, strict=True):
                if j in fixed:
                    left -= a * fixed[j]
                    continue
                entries[unknown[j]] = Fraction(a)
                equations[unknown[j]][at] = Fraction(-a)
            equations.append(entries)
            right.append(left)
        solution = _solve(equations, right)
        if solution is None:
            return None
        return [fixed[j] if j in fixed else solution[unknown[j]] for j in range(len(point))]

    def _find_fixed(self, point: Sequence[Fraction]) -> dict[int, Fraction]:
        fixed = {}
        for j, (variable, value) in enumerate(zip(self.linear.variables, point, strict=True)):
            for bound in (variable.lower, variable.upper):
                if bound is not None and _is_near(value, bound):
                    fixed[j] = bound
        return fixed

    def _find_binding(self, point: Sequence[Fraction]) -> dict[int, int]:
        binding = {}
        for number, row in enumerate(self.linear.rows):
            pairs = zip(row.columns, row.coefficients, strict=True)
            total = sum((a * point[j] for j, a in pairs), Fraction(0)) / row.scale
            for side in (row.lower, row.upper):
                if side is not None and _is_near(total, Fraction(side, row.scale)):
                    binding[number] = side
        return binding


def may_be_quadratic(model: NonlinearModel) -> bool:
    """Whether a model may be a convex quadratic program, at a glance: that it is takes longer."""
    if model.integers or not model.has_linear_constraints:
        return False
    return all(map(is_polynomial, (model.objective, *model.defined.values())))


def read_quadratic(model: NonlinearModel) -> QuadraticProgram | None:
    """The convex quadratic program that a model is; None where it is none."""
    if not may_be_quadratic(model):
        return None
    shared: dict[int, Polynomial | None] = {}
    for number, expression in model.defined.items():
        shared[number] = expand_expression(expression, shared)
    polynomial = expand_expression(model.objective, shared)
    if polynomial is None:
        return None
    sign = -1 if model.sense is Sense.MAXIMIZE else 1
    hessian: dict[int, dict[int, Fraction]] = {}
    for key, coefficient in polynomial.items():
        if len(key) == 2:
            for j, k in {key, key[::-1]}:
                share = 2 * sign * coefficient if j == k else sign * coefficient
                hessian.setdefault(j, {})[k] = share
    if len(hessian) > MOST_VARIABLES or not is_convex(hessian):
        return None
    linear = model.without_objective()
    cost = {key[0]: sign * value for key, value in polynomial.items() if len(key) == 1}
    return QuadraticProgram(linear, hessian, cost, sign * polynomial.get((), Fraction(0)), sign)


def is_convex(hessian: Mapping[int, Mapping[int, Fraction]]) -> bool:
    """Whether a symmetric matrix has no negative direction, by its characteristic polynomial."""
    from flint import fmpz_mat

    numbers = {j: at for at, j in enumerate(hessian)}
    scale = math.lcm(*(value.denominator for row in hessian.values() for value in row.values()))
    matrix = [[0] * len(numbers) for _ in numbers]
    for j, row in hessian.items():
        for k, value in row.items():
            matrix[numbers[j]][numbers[k]] = int(value * scale)
    # A symmetric matrix has real eigenvalues only: none is negative where signs alternate.
    coefficients = fmpz_mat(matrix).charpoly().coeffs() if matrix else []
    return all((-1) ** power * value >= 0 for power, value in enumerate(reversed(coefficients)))


def _is_near(value: Fraction, side: Fraction) -> bool:
    return abs(float(value - side)) <= _NEAR * max(1.0, abs(float(side)))


def _solve(
    equations: Sequence[Mapping[int, Fraction]], right: Sequence[Fraction]
) -> list[Fraction] | None:
    """Solve equations with fractions, each multiplied so that its coefficients are whole."""
    whole, sides = [], []
    for equation, side in zip(equations, right, strict=True):
        scale = math.lcm(*(value.denominator for value in equation.values()))
        whole.append({at: int(value * scale) for at, value in equation.items() if value})
        sides.append(side * scale)
    return solve_exactly(whole, sides)
