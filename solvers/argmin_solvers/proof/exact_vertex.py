"""What is basic at a vertex, as exact numbers: the multipliers of the rows, and the point."""

from __future__ import annotations

import math
from collections.abc import Mapping
from fractions import Fraction
from functools import cached_property

import numpy as np

from argmin_solvers.models.exact import ExactLinear
from argmin_solvers.proof.certificate import Multipliers, sign_of
from argmin_solvers.proof.program import Floats, Program, Vertex
from argmin_solvers.proof.rational import solve_exactly


class ExactSystem:
    """A program with the exact model behind it; `objective` says whether the model's own counts.

    Multipliers are those of rows with integer coefficients and, where the objective counts, of an
    objective with integer coefficients: the goal as it stands in `ExactLinear`.
    """

    def __init__(self, model: ExactLinear, program: Program, *, objective: bool) -> None:
        self._model = model
        self._program = program
        self._objective = objective

    @cached_property
    def _costs(self) -> Mapping[int, int]:
        """The costs of the minimised form, times the goal's scale."""
        if not self._objective:
            return {}
        goal, direction = self._model.goal, sign_of(self._model)
        pairs = zip(goal.columns, goal.coefficients, strict=True)
        return {column: direction * cost for column, cost in pairs}

    @property
    def _unit(self) -> int:
        return self._model.goal.scale if self._objective else 1

    def multiply(self, vertex: Vertex) -> Multipliers | None:
        """The multipliers by which no basic column has a reduced cost; None of a singular basis."""
        basic = np.flatnonzero(vertex.basic[: self._program.structural]).tolist()
        known = self._known_multipliers(vertex)
        if known is None or len(basic) + len(known) != self._program.rows:
            return None
        others = [row for row in range(self._program.rows) if row not in known]
        unknown = {row: at for at, row in enumerate(others)}
        position = {column: at for at, column in enumerate(basic)}
        equations: list[dict[int, int]] = [{} for _ in basic]
        right = [Fraction(self._costs.get(column, 0)) for column in basic]
        for number, row in enumerate(self._model.rows):
            if known.get(number) == 0:
                continue
            for column, coefficient in zip(row.columns, row.coefficients, strict=True):
                if column not in position:
                    continue
                if number in known:
                    right[position[column]] -= known[number] * coefficient
                else:
                    equations[position[column]][unknown[number]] = coefficient
        solution = solve_exactly(equations, right)
        if solution is None:
            return None
        return _collect({**known, **dict(zip(others, solution, strict=True))}, self._objective)

    def _known_multipliers(self, vertex: Vertex) -> dict[int, Fraction] | None:
        """Those of rows with a basic logical column, which determines them by its own cost."""
        logicals = self._program.logicals
        known = {row: Fraction(0) for row in np.flatnonzero(vertex.idle).tolist()}
        for at in np.flatnonzero(vertex.basic[self._program.structural :]).tolist():
            row = int(logicals.row[at])
            cost = int(logicals.cost[at] * logicals.coefficient[at])
            if row in known:
                return None
            known[row] = Fraction(cost, self._model.rows[row].scale)
        return known

    def locate(self, vertex: Vertex) -> dict[int, Fraction] | None:
        """The point of a vertex, by columns that are not zero; None of a singular basis."""
        count = self._program.structural
        fixed = {
            at: Fraction(vertex.values[at])
            for at in np.flatnonzero(~vertex.basic[:count] & (vertex.values[:count] != 0)).tolist()
        }
        basic = np.flatnonzero(vertex.basic[:count]).tolist()
        position = {column: at for at, column in enumerate(basic)}
        logical_basic = vertex.basic[count:]
        binding = np.flatnonzero(~logical_basic & ~vertex.idle[: len(logical_basic)]).tolist()
        if len(binding) != len(basic):
            return None
        equations, right = [], []
        for at in binding:
            row = self._model.rows[int(self._program.logicals.row[at])]
            side = Fraction(vertex.values[count + at]) * row.scale
            equation = {}
            for column, coefficient in zip(row.columns, row.coefficients, strict=True):
                if column in position:
                    equation[position[column]] = coefficient
                elif column in fixed:
                    side -= coefficient * fixed[column]
            equations.append(equation)
            right.append(side)
        solution = solve_exactly(equations, right)
        if solution is None:
            return None
        return fixed | dict(zip(basic, solution, strict=True))

    def reduce_costs(self, multipliers: Multipliers) -> Floats:
        """The exact reduced cost of each column of the program, rounded once."""
        program, model = self._program, self._model
        reduced = [multipliers.denominator * self._costs.get(j, 0) for j in range(len(model.names))]
        for number, amount in multipliers.rows.items():
            row = model.rows[number]
            for column, coefficient in zip(row.columns, row.coefficients, strict=True):
                reduced[column] -= amount * coefficient
        unit = multipliers.denominator * self._unit
        of_rows = np.zeros(program.rows)
        for number, amount in multipliers.rows.items():
            of_rows[number] = amount * model.rows[number].scale / unit
        logicals = program.logicals
        own = logicals.cost - logicals.coefficient * of_rows[logicals.row]
        return np.concatenate([np.array([amount / unit for amount in reduced]), own])


def _collect(amounts: Mapping[int, Fraction], objective: bool) -> Multipliers:
    kept = {row: amount for row, amount in amounts.items() if amount}
    common = math.lcm(*(amount.denominator for amount in kept.values()))
    return Multipliers(
        {row: int(amount * common) for row, amount in kept.items()}, common, objective
    )
