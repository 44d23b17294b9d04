"""A CpModelProto as domains and propagators, for the search that is argmin's own."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import Any

from argmin_solvers.proof.cp.different import DifferentPropagator
from argmin_solvers.proof.cp.evaluation import EvaluationPropagator
from argmin_solvers.proof.cp.meaning import state
from argmin_solvers.proof.cp.propagation import ChoicePropagator, Propagator, RowPropagator
from argmin_solvers.proof.cp.rows import (
    Affine,
    Row,
    count,
    equal,
    literals,
    weigh,
    within,
)
from argmin_solvers.verify.cp import CHECKERS
from argmin_solvers.verify.cpsat import has_unknown_parts

LARGEST_PROBLEM = 50_000
"""Variables, and constraints, of a model that is searched in Python at most."""


@dataclass(frozen=True)
class Objective:
    """scale * objective = terms + constant, in whole numbers; less is better where minimising."""

    total: Affine
    scale: Fraction
    maximizes: bool

    @property
    def inner(self) -> Affine:
        """What is minimised."""
        return Affine({}).minus(self.total) if self.maximizes else self.total

    def inner_at(self, values: Sequence[int]) -> int:
        """What is minimised, at a point."""
        inner = self.inner
        return inner.constant + sum(factor * values[at] for at, factor in inner.terms.items())

    def outer(self, inner: int) -> Fraction:
        """The objective that belongs to a number that is minimised."""
        return (-inner if self.maximizes else inner) / self.scale


@dataclass(frozen=True)
class Problem:
    """Domains, and all that limits them."""

    domains: tuple[tuple[int, ...], ...]
    propagators: tuple[Propagator, ...]
    objective: Objective | None

    @cached_property
    def watchers(self) -> tuple[tuple[int, ...], ...]:
        """The numbers of the propagators that look at each variable."""
        found: list[list[int]] = [[] for _ in self.domains]
        for number, propagator in enumerate(self.propagators):
            for variable in propagator.variables:
                found[variable].append(number)
        return tuple(map(tuple, found))


def pose(proto: Any) -> Problem | None:
    """The problem of a CpModelProto; None where it has what the search does not know."""
    domains = tuple(tuple(variable.domain) for variable in proto.variables)
    if not is_plain(proto, domains):
        return None
    return Problem(domains, tuple(_propagators(proto)), read_objective(proto))


def is_plain(proto: Any, domains: Sequence[Sequence[int]]) -> bool:
    """Whether a proto is small and known: constraints of known kinds, literals that are 0 or 1."""
    if max(len(proto.variables), len(proto.constraints)) > LARGEST_PROBLEM or not all(domains):
        return False
    return all(map(_is_known, proto.constraints)) and _are_literals(proto, domains)


def read_objective(proto: Any) -> Objective | None:
    """The objective in whole numbers; None without one."""
    if proto.HasField("floating_point_objective"):
        goal = proto.floating_point_objective
        factors = [Fraction(factor) for factor in goal.coeffs]
        return _scale(goal.vars, factors, Fraction(goal.offset), bool(goal.maximize))
    if not proto.HasField("objective"):
        return None
    goal = proto.objective
    factor = Fraction(float(goal.scaling_factor or 1.0))
    factors = [factor * coefficient for coefficient in goal.coeffs]
    return _scale(goal.vars, factors, factor * Fraction(float(goal.offset)), factor < 0)


def _scale(
    references: Iterable[int], factors: list[Fraction], offset: Fraction, maximizes: bool
) -> Objective:
    scale = math.lcm(*(number.denominator for number in (*factors, offset)))
    whole = [int(factor * scale) for factor in factors]
    return Objective(
        weigh(list(references), whole, int(offset * scale)), Fraction(scale), maximizes
    )


def _is_known(constraint: Any) -> bool:
    kind = constraint.WhichOneof("constraint")
    return not has_unknown_parts(constraint) if kind is None else kind in CHECKERS


def _propagators(proto: Any) -> Iterator[Propagator]:
    for constraint in proto.constraints:
        meaning = state(proto, constraint)
        yield from map(RowPropagator, meaning.rows)
        yield from map(ChoicePropagator, meaning.choices)
        yield from map(DifferentPropagator, meaning.different)
        if not meaning.exact:
            yield EvaluationPropagator(proto, constraint)
    yield from map(RowPropagator, list_conditions(proto))


def list_conditions(proto: Any) -> list[Row]:
    """What a proto asks for besides its constraints: assumptions and the objective's domain."""
    rows = [equal(count([one]), 1) for one in literals(proto.assumptions)]
    if proto.objective.domain:
        rows.append(
            within(weigh(proto.objective.vars, proto.objective.coeffs), proto.objective.domain)
        )
    return rows


def _are_literals(proto: Any, domains: Sequence[Sequence[int]]) -> bool:
    """Whether what enforces a constraint is 0 or 1."""
    numbers = {
        reference if reference >= 0 else -reference - 1
        for constraint in proto.constraints
        for reference in _list_literals(constraint)
    }
    return all(domains[number][0] >= 0 and domains[number][-1] <= 1 for number in numbers)


def _list_literals(constraint: Any) -> Iterator[int]:
    yield from constraint.enforcement_literal
    kind = constraint.WhichOneof("constraint")
    if kind is not None:
        yield from getattr(getattr(constraint, kind), "literals", ())
