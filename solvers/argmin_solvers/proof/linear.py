"""Certificates of linear programs, found from the vertices of a simplex method.

What is basic at a vertex determines multipliers in exact numbers; where they leave a gap, the
program is solved on with the exact reduced costs, enlarged until the gap is seen.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from argmin_solvers.adapters.base import Basis
from argmin_solvers.models.exact import ExactLinear
from argmin_solvers.proof.certificate import (
    Direction,
    Multipliers,
    evaluate_multipliers,
    find_fault,
)
from argmin_solvers.proof.exact_vertex import ExactSystem
from argmin_solvers.proof.program import (
    Floats,
    Program,
    Vertex,
    allow_violations,
    build_program,
    recession,
)

_ROUNDS = 12
"""So often a program is solved on with enlarged reduced costs."""
_LARGEST_COST = 1e4
"""Larger reduced costs are cut off: they only say that a column stays where it is."""


@dataclass(frozen=True)
class Bounded:
    """Multipliers and the bound on the minimised objective (or on zero) that they prove."""

    multipliers: Multipliers
    bound: Fraction


class Clock:
    """The time that is left of some seconds."""

    def __init__(self, seconds: float) -> None:
        self._end = time.monotonic() + seconds

    @property
    def left(self) -> float:
        """Seconds, 0 at the end."""
        return max(0.0, self._end - time.monotonic())


def bound_objective(
    model: ExactLinear, basis: Basis | None, meets: Callable[[Fraction], bool], clock: Clock
) -> Bounded | None:
    """The best bound on the minimised objective over the relaxation of a model.

    Args:
        model: its integers may be fractions here.
        basis: of columns and rows, from the solver of the answer, to begin with.
        meets: whether a bound is good enough, so that the search ends.
        clock: what there is of time.
    """
    by_bounds = bound_by_variables(model)
    if by_bounds is not None and meets(by_bounds.bound):
        return by_bounds
    program = build_program(model)
    start = None if basis is None else program.start_from(basis)
    system = ExactSystem(model, program, objective=True)
    return _search(model, _Walk(program, system, start, clock), meets)


def bound_by_variables(model: ExactLinear) -> Bounded | None:
    """The bound on the minimised objective that the bounds of the variables alone give, if any."""
    nothing = Multipliers({}, 1)
    bound = evaluate_multipliers(model, nothing).value
    return None if bound is None else Bounded(nothing, bound)


def bound_by_basis(model: ExactLinear, basis: Basis) -> Bounded | None:
    """The bound on the minimised objective that a basis of columns and rows gives, if any."""
    program = build_program(model)
    basic = np.concatenate([basis.columns, basis.rows])
    vertex = Vertex(basic, np.zeros(program.rows, dtype=np.bool_))
    multipliers = ExactSystem(model, program, objective=True).multiply(vertex)
    bound = None if multipliers is None else evaluate_multipliers(model, multipliers).value
    return None if bound is None or multipliers is None else Bounded(multipliers, bound)


def disprove(model: ExactLinear, clock: Clock) -> Bounded | None:
    """Multipliers by which no point satisfies rows and bounds; None where none are found."""
    program = allow_violations(build_program(model))
    system = ExactSystem(model, program, objective=False)
    found = _search(model, _Walk(program, system, None, clock), lambda bound: bound > 0)
    return found if found is not None and found.bound > 0 else None


def find_direction(model: ExactLinear, clock: Clock) -> Direction | None:
    """A direction along which the objective improves without end; None where none is found."""
    program = recession(build_program(model))
    vertex = program.solve(clock.left)
    if not vertex.optimal:
        return None
    point = ExactSystem(model, program, objective=True).locate(vertex)
    if point is None:
        return None
    common = math.lcm(*(value.denominator for value in point.values()))
    direction = Direction({at: int(value * common) for at, value in point.items() if value})
    return direction if find_fault(model, direction) is None else None


def find_vertex(model: ExactLinear, clock: Clock) -> Vertex:
    """Where the simplex method ends on the relaxation of a model."""
    return build_program(model).solve(clock.left)


def _search(model: ExactLinear, walk: _Walk, meets: Callable[[Fraction], bool]) -> Bounded | None:
    best: Bounded | None = None
    for multipliers in walk.multipliers():
        bound = evaluate_multipliers(model, multipliers).value
        if bound is None or (best is not None and bound <= best.bound):
            continue
        best = Bounded(multipliers, bound)
        if meets(bound):
            break
    return best


@dataclass(frozen=True)
class _Walk:
    """From vertex to vertex of a program, each solved on from the one before."""

    program: Program
    system: ExactSystem
    start: object
    clock: Clock

    def multipliers(self) -> Iterator[Multipliers]:
        """The exact multipliers of each vertex."""
        vertex = self.program.solve(self.clock.left, start=self.start)
        for _ in range(_ROUNDS):
            multipliers = self.system.multiply(vertex)
            if multipliers is None:
                return
            yield multipliers
            costs = self._enlarge(vertex, multipliers)
            if costs is None or not self.clock.left:
                return
            following = self.program.solve(self.clock.left, costs=costs, start=vertex.statuses)
            if not following.optimal or (following.basic == vertex.basic).all():
                return
            vertex = following

    def _enlarge(self, vertex: Vertex, multipliers: Multipliers) -> Floats | None:
        """The reduced costs, so large that the gap in the bound is seen; None without a gap."""
        costs = self.system.reduce_costs(multipliers)
        lower, upper = self.program.bounds()
        wanted = np.where(costs > 0, lower, upper)
        endless = (costs != 0) & ~np.isfinite(wanted)
        if endless.any():
            size = np.abs(costs[endless]).max()
        else:
            lost = np.abs(costs) * np.abs(vertex.values - np.where(costs == 0, 0.0, wanted))
            if not lost.max(initial=0.0) > 0:
                return None
            size = np.abs(costs[lost >= 0.1 * lost.max()]).max()
        return np.asarray(np.clip(costs / size, -_LARGEST_COST, _LARGEST_COST))
