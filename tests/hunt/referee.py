"""Says what is right where solvers disagree: branch and bound in exact arithmetic.

Only small models can be settled; where the work allowed is not enough, nothing is said.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from fractions import Fraction

from argmin.api.answer import Outcome
from tests.hunt.instances import Instance
from tests.hunt.tableau import Tableau, TooMuchWorkError, rational, to_fraction

PIVOTS = 4000
"""Work for one model: about a second."""
DEPTH = 100
"""Branches below each other: integers without bounds have trees without end."""


@dataclass(frozen=True)
class Truth:
    """What a model's answer is; `outcome` is Optimal, Infeasible or Unbounded.

    `solutions` counts all of them, where they were enumerated.
    """

    outcome: Outcome
    objective: Fraction | None = None
    point: dict[str, Fraction] | None = None
    solutions: int | None = None


def settle(instance: Instance, pivots: int = PIVOTS) -> Truth | None:
    """The right answer; None where it takes more work than is allowed."""
    ends = [
        *((variable.lower, variable.upper) for variable in instance.variables),
        *((row.lower, row.upper) for row in instance.rows),
    ]
    if any(_crossing(lower, upper) for lower, upper in ends):
        return Truth(Outcome.INFEASIBLE)
    try:
        return _Search(instance, pivots).run()
    except TooMuchWorkError:
        return None


def _crossing(lower: Fraction | None, upper: Fraction | None) -> bool:
    return lower is not None and upper is not None and lower > upper


class _Search:
    def __init__(self, instance: Instance, pivots: int) -> None:
        self._instance = instance
        self._tableau = Tableau(pivots)
        self._number = {
            variable.name: self._tableau.add(*_whole_bounds(variable.lower, variable.upper))
            if variable.integer
            else self._tableau.add(variable.lower, variable.upper)
            for variable in instance.variables
        }
        for row in instance.rows:
            terms = {self._number[name]: value for name, value in row.terms.items()}
            self._tableau.add_sum(terms, row.lower, row.upper)
        direction = -1 if instance.maximize else 1
        self._cost = {
            self._number[name]: direction * value for name, value in instance.cost.items() if value
        }
        self._integers = [self._number[v.name] for v in instance.variables if v.integer]
        self._best: Fraction | None = None
        self._point: dict[str, Fraction] | None = None

    def run(self) -> Truth:
        tableau = self._tableau
        if self._has_empty_integer() or not tableau.make_feasible():
            return Truth(Outcome.INFEASIBLE)
        if not tableau.minimize(self._cost):
            return self._settle_unbounded()
        self._branch(DEPTH)
        if self._point is None:
            return Truth(Outcome.INFEASIBLE)
        return Truth(Outcome.OPTIMAL, self._instance.objective_at(self._point), self._point)

    def _has_empty_integer(self) -> bool:
        ends = ((self._tableau.lower[at], self._tableau.upper[at]) for at in self._integers)
        return any(
            lower is not None and upper is not None and bool(lower > upper) for lower, upper in ends
        )

    def _settle_unbounded(self) -> Truth:
        """A ray of rational numbers improves every solution without end, once there is one."""
        if not self._integers:
            return Truth(Outcome.UNBOUNDED)
        found = settle(replace(self._instance, cost={}), self._tableau.pivots_left)
        if found is None:
            raise TooMuchWorkError
        return Truth(Outcome.UNBOUNDED if found.point is not None else Outcome.INFEASIBLE)

    def _branch(self, depth: int) -> None:
        tableau = self._tableau
        if depth < 0:
            raise TooMuchWorkError
        if not tableau.make_feasible():
            return
        tableau.minimize(self._cost)
        value = self._objective()
        if self._best is not None and value >= self._best:
            return
        fractional = next((at for at in self._integers if tableau.value[at].q != 1), None)
        if fractional is None:
            self._best = value
            self._point = {
                name: to_fraction(tableau.value[at]) for name, at in self._number.items()
            }
            return
        lower, upper = tableau.lower[fractional], tableau.upper[fractional]
        floor = Fraction(math.floor(to_fraction(tableau.value[fractional])))
        for low, high in ((lower, rational(floor)), (rational(floor + 1), upper)):
            tableau.bound(fractional, low, high)
            tableau.pivots_left -= 1  # a tree without pivots would have no end either
            self._branch(depth - 1)
            tableau.bound(fractional, lower, upper)

    def _objective(self) -> Fraction:
        values = self._tableau.value
        return sum((cost * to_fraction(values[at]) for at, cost in self._cost.items()), Fraction(0))


def _whole_bounds(
    lower: Fraction | None, upper: Fraction | None
) -> tuple[Fraction | None, Fraction | None]:
    """The bounds of an integer variable, at integers."""
    return (
        None if lower is None else Fraction(math.ceil(lower)),
        None if upper is None else Fraction(math.floor(upper)),
    )
