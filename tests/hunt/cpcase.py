"""A constraint model under trial."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cached_property

from tests.hunt.asking import Told
from tests.hunt.cases import Holding
from tests.hunt.constraints import CpInstance, Sum, write_proto
from tests.hunt.enumeration import settle_constraints
from tests.hunt.referee import Truth
from tests.hunt.writing import Format


@dataclass(frozen=True)
class CpCase:
    """A `CpInstance` with what a hunt asks of it."""

    model: CpInstance

    @property
    def maximize(self) -> bool:
        """Whether larger objectives are better."""
        return self.model.maximize

    @property
    def size(self) -> int:
        """The length of its file."""
        return self.model.size

    def write(self, format_: Format) -> str:
        """As a CpModelProto."""
        assert format_ is Format.CP_SAT
        return write_proto(self.model)

    @cached_property
    def _truth(self) -> Truth | None:
        found = settle_constraints(self.model)
        if found is None:
            return None
        objective = None if found.objective is None else Fraction(found.objective)
        return Truth(found.outcome, objective, solutions=found.solutions)

    def settle(self) -> Truth | None:
        """By trying all values."""
        return self._truth

    def hold(self, told: Told) -> Holding | None:
        """Integers leave nothing to tolerate."""
        assert told.values is not None
        if any(name not in told.values for name in self.model.names):
            return None
        values = [round(told.values[name]) for name in self.model.names]
        goal = self.model.objective
        objective = None if goal is None else Fraction(goal.at(values))
        if self.model.holds_at(values):
            return Holding(Fraction(0), objective)
        return Holding(Fraction(10**9), objective, "a constraint")

    def witness(self, told: Told) -> Fraction | None:
        """The objective of the told values, where they are a solution."""
        held = self.hold(told)
        return held.objective if held is not None and held.exact else None

    def unit_at(self, objective: Fraction) -> Fraction:
        """1, or the size of the objective."""
        return max(Fraction(1), abs(objective))

    def parts(self) -> Iterator[tuple[str, int]]:
        """Its constraints and the terms of its objective."""
        yield "constraints", len(self.model.constraints)
        if self.model.objective is not None:
            yield "terms", len(self.model.objective.terms)

    def without(self, part: str, numbers: frozenset[int]) -> CpCase:
        """The model without some of its constraints or terms."""
        if part == "constraints":
            kept = (c for at, c in enumerate(self.model.constraints) if at not in numbers)
            return CpCase(replace(self.model, constraints=tuple(kept)))
        goal = self.model.objective
        assert goal is not None
        terms = tuple(term for at, term in enumerate(goal.terms) if at not in numbers)
        return CpCase(replace(self.model, objective=Sum(terms, goal.offset)))

    def simpler(self) -> Iterator[CpCase]:
        """With a variable that has one value, or half of its values."""
        for at, members in enumerate(self.model.members):
            if len(members) < 2:
                continue
            half = len(members) // 2
            for some in (members[:1], members[-1:], members[:half], members[half:]):
                ends = tuple(end for value in some for end in (value, value))
                domains = (*self.model.domains[:at], ends, *self.model.domains[at + 1 :])
                yield CpCase(replace(self.model, domains=domains))
