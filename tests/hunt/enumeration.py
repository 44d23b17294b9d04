"""All solutions of a small constraint model, by trying: the referee of CP-SAT."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from argmin.api.answer import Outcome
from tests.hunt.constraints import Constraint, CpInstance, Interval, Sum, interval_holds
from tests.hunt.constraints import constraint_holds as holds
from tests.hunt.tableau import TooMuchWorkError

STEPS = 60_000
"""Values tried for one model: about a second."""


@dataclass(frozen=True)
class CpTruth:
    """What is right: Optimal or Infeasible, the objective, a point, and how many solutions."""

    outcome: Outcome
    objective: int | None
    point: tuple[int, ...] | None
    solutions: int


def settle_constraints(model: CpInstance, steps: int = STEPS) -> CpTruth | None:
    """The right answer; None where it takes more steps than are allowed."""
    best: tuple[int, tuple[int, ...]] | None = None
    count, direction = 0, -1 if model.maximize else 1
    try:
        for point in _Enumeration(model, steps).run():
            count += 1
            value = 0 if model.objective is None else direction * model.objective.at(point)
            if best is None or value < best[0]:
                best = value, point
    except TooMuchWorkError:
        return None
    if best is None:
        return CpTruth(Outcome.INFEASIBLE, None, None, 0)
    objective = None if model.objective is None else direction * best[0]
    return CpTruth(Outcome.OPTIMAL, objective, best[1], count)


class _Enumeration:
    """Gives variables their values in order, and looks at a constraint once all its are given."""

    def __init__(self, model: CpInstance, steps: int) -> None:
        self._model = model
        self._steps = steps
        self._values = [0] * len(model.domains)
        self._due: list[list[Constraint | Interval]] = [[] for _ in model.domains]
        parts: list[Constraint | Interval] = [*model.intervals, *model.constraints]
        for part in parts:
            self._due[max(variables_of(model, part), default=0)].append(part)

    def run(self) -> Iterator[tuple[int, ...]]:
        yield from self._try(0)

    def _try(self, at: int) -> Iterator[tuple[int, ...]]:
        if at == len(self._values):
            yield tuple(self._values)
            return
        for value in self._model.members[at]:
            self._steps -= 1
            if self._steps < 0:
                raise TooMuchWorkError
            self._values[at] = value
            if all(self._holds(part) for part in self._due[at]):
                yield from self._try(at + 1)

    def _holds(self, part: Constraint | Interval) -> bool:
        if isinstance(part, Interval):
            return interval_holds(part, self._values)
        return holds(self._model, part, self._values)


def variables_of(model: CpInstance, part: Constraint | Interval) -> set[int]:
    """The variables on which a constraint depends."""
    found = {literal if literal >= 0 else -literal - 1 for literal in part.enforced}
    if isinstance(part, Interval):
        return found | _of_sums((part.start, part.size, part.end))
    for name, value in part.parts.items():
        if isinstance(value, Sum):
            found |= _of_sums((value,))
        elif name in ("exprs", "demands"):
            found |= _of_sums(value)
        elif name == "literals":
            found |= {literal if literal >= 0 else -literal - 1 for literal in value}
        elif name == "intervals":
            for number in value:
                found |= variables_of(model, model.intervals[number])
    return found


def _of_sums(sums: tuple[Sum, ...]) -> set[int]:
    return {at for expression in sums for at, _ in expression.terms}
