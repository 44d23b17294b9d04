"""Small random CP-SAT models of every kind of constraint, and all their solutions."""

from __future__ import annotations

from collections.abc import Callable
from itertools import chain, product
from random import Random

import numpy as np
from hypothesis import assume
from ortools.sat.python import cp_model

from argmin_solvers.verify.cp.points import Points
from argmin_solvers.verify.cpsat import CpSatOriginal, measure_violations, rebuild_cpsat_object

Point = tuple[int, ...]


class Draft:
    """A model in the making: few variables, so that all points can be looked at."""

    def __init__(self, chance: Random) -> None:
        self.chance = chance
        self.model = cp_model.CpModel()
        self.flags = [self.model.new_bool_var(f"b{i}") for i in range(3)]
        self.integers = [self._integer(f"x{i}") for i in range(3)]

    def _integer(self, name: str) -> cp_model.IntVar:
        low = self.chance.randint(-2, 1)
        values = [value for value in range(low, low + 4) if self.chance.random() < 0.8]
        domain = cp_model.Domain.from_values(values or [low])
        return self.model.new_int_var_from_domain(domain, name)

    def literals(self, count: int) -> list[cp_model.LiteralT]:
        chosen = self.chance.sample(self.flags, count)
        return [one if self.chance.random() < 0.6 else ~one for one in chosen]

    def affine(self) -> cp_model.LinearExprT:
        factor = self.chance.choice([-2, -1, 1, 1, 1, 2])
        return factor * self.chance.choice(self.integers) + self.chance.randint(-1, 2)

    def affines(self, count: int) -> list[cp_model.LinearExprT]:
        return [self.affine() for _ in range(count)]

    def total(self) -> cp_model.LinearExprT:
        variables = [*self.flags, *self.integers]
        factors = [self.chance.choice([-3, -2, -1, 0, 0, 1, 1, 2, 3]) for _ in variables]
        return cp_model.LinearExpr.weighted_sum(variables, factors)

    def interval(self) -> cp_model.IntervalVar:
        start, size = self.chance.choice(self.integers), self.chance.choice([0, 1, 1, 2])
        if self.chance.random() < 0.4:
            present = self.literals(1)[0]
            return self.model.new_optional_fixed_size_interval_var(start, size, present, "")
        return self.model.new_fixed_size_interval_var(start, size, "")

    def intervals(self, count: int) -> list[cp_model.IntervalVar]:
        return [self.interval() for _ in range(count)]

    def enforce(self, constraint: cp_model.Constraint) -> None:
        """Under none, one or two literals."""
        constraint.only_enforce_if(self.literals(self.chance.choice([0, 0, 1, 1, 2])))


def add_linear(draft: Draft) -> None:
    low = draft.chance.randint(-4, 3)
    domain = cp_model.Domain.from_intervals([[low, low + draft.chance.randint(0, 3)]])
    if draft.chance.random() < 0.4:
        domain = domain.complement()
    draft.enforce(draft.model.add_linear_expression_in_domain(draft.total(), domain))


def add_or(draft: Draft) -> None:
    draft.enforce(draft.model.add_bool_or(draft.literals(draft.chance.randint(1, 3))))


def add_and(draft: Draft) -> None:
    draft.enforce(draft.model.add_bool_and(draft.literals(draft.chance.randint(1, 3))))


def add_xor(draft: Draft) -> None:
    draft.model.add_bool_xor(draft.literals(draft.chance.randint(1, 3)))


def add_at_most_one(draft: Draft) -> None:
    draft.model.add_at_most_one(draft.literals(3))


def add_exactly_one(draft: Draft) -> None:
    draft.model.add_exactly_one(draft.literals(draft.chance.randint(2, 3)))


def add_different(draft: Draft) -> None:
    draft.model.add_all_different(draft.affines(3))


def add_maximum(draft: Draft) -> None:
    draft.model.add_max_equality(draft.affine(), draft.affines(draft.chance.randint(1, 2)))


def add_product(draft: Draft) -> None:
    draft.model.add_multiplication_equality(draft.affine(), draft.affines(2))


def add_quotient(draft: Draft) -> None:
    draft.model.add_division_equality(draft.affine(), draft.affine(), draft.chance.choice([1, 2]))


def add_remainder(draft: Draft) -> None:
    draft.model.add_modulo_equality(draft.affine(), draft.affine(), draft.chance.choice([2, 3]))


def add_element(draft: Draft) -> None:
    draft.model.add_element(draft.affine(), draft.affines(3), draft.affine())


def add_table(draft: Draft) -> None:
    rows = [[draft.chance.randint(-2, 3) for _ in range(2)] for _ in range(5)]
    add = draft.chance.choice(
        [draft.model.add_allowed_assignments, draft.model.add_forbidden_assignments]
    )
    add(draft.affines(2), rows)


def add_automaton(draft: Draft) -> None:
    arcs = {(draft.chance.randint(0, 2), draft.chance.randint(-1, 2)): draft.chance.randint(0, 2)
            for _ in range(7)}  # fmt: skip
    arcs[0, 1] = 0
    word = draft.integers[: draft.chance.randint(2, 3)]
    draft.model.add_automaton(word, 0, [0, 2], [(*key, head) for key, head in arcs.items()])


def add_inverse(draft: Draft) -> None:
    draft.model.add_inverse(draft.integers[:2], draft.chance.sample(draft.integers, 2))


_PLACES = [(1, 2), (2, 0), (0, 2), (2, 1), (1, 1), (2, 2)]


def _arcs(draft: Draft, *placed: tuple[int, int]) -> list[tuple[int, int, cp_model.LiteralT]]:
    chosen = [*placed, *draft.chance.sample(_PLACES, 5 - len(placed))]
    return [(*place, draft.literals(1)[0]) for place in chosen]


def add_circuit(draft: Draft) -> None:
    draft.model.add_circuit(_arcs(draft))


def add_routes(draft: Draft) -> None:
    # CP-SAT calls it infeasible where no arc leaves the depot, even if every node may be skipped.
    draft.model.add_multiple_circuit(_arcs(draft, (0, 1), (1, 0)))


def add_interval(draft: Draft) -> None:
    start, size, end = draft.affines(3)
    if draft.chance.random() < 0.5:
        draft.model.new_interval_var(start, size, end, "")
    else:
        draft.model.new_optional_interval_var(start, size, end, draft.literals(1)[0], "")


def add_no_overlap(draft: Draft) -> None:
    draft.model.add_no_overlap(draft.intervals(3))


def add_no_overlap_2d(draft: Draft) -> None:
    draft.model.add_no_overlap_2d(draft.intervals(2), draft.intervals(2))


def add_cumulative(draft: Draft) -> None:
    demands = [1, draft.chance.choice([1, 2]), draft.chance.choice(draft.flags)]
    draft.model.add_cumulative(draft.intervals(3), demands, draft.chance.choice([2, *draft.flags]))


def add_reservoir(draft: Draft) -> None:
    draft.model.add_reservoir_constraint_with_active(
        draft.affines(3), [1, -1, 2], [draft.flags[0], ~draft.flags[1], 1], -1, 2
    )


KINDS: dict[str, Callable[[Draft], None]] = {
    name.removeprefix("add_"): add
    for name, add in list(globals().items())
    if name.startswith("add_")
}


def draft_model(chance: Random, kinds: list[str], objective: bool = False) -> cp_model.CpModel:
    """A valid model with a constraint of each kind, in an order of chance."""
    draft = Draft(chance)
    for kind in kinds:
        KINDS[kind](draft)
    if objective:
        sense = chance.choice([draft.model.minimize, draft.model.maximize])
        sense(draft.total() * chance.choice([1, 1, 0.25]) + chance.choice([0, 2]))
    assume(draft.model.validate() == "")  # intervals of a size below 0 are not
    return draft.model


def list_solutions(original: CpSatOriginal) -> set[Point]:
    """All points that hold, by looking at each."""
    domains = [
        [*chain(*(range(a, b + 1) for a, b in zip(ends[::2], ends[1::2], strict=True)))]
        for ends in (variable.domain for variable in original.proto.variables)
    ]
    points = Points(original.proto, np.array(list(product(*domains)), dtype=np.int64))
    holding = np.ones(len(points), dtype=np.bool_)
    for constraint in original.proto.constraints:
        holding &= measure_violations(constraint, points) == 0
    return set(map(tuple, points.values[holding].tolist()))


def rebuild(model: cp_model.CpModel) -> CpSatOriginal:
    """The model as the check reads it."""
    return rebuild_cpsat_object(model)
