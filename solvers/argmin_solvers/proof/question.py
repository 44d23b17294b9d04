"""What is to be proven, and what came of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any

from argmin.api.answer import Outcome
from argmin.api.solve.proof import ProofLevel
from argmin.api.solve.solvers import FAMILIES, SolverName
from argmin_solvers.adapters.base import Basis, Solution, Solve
from argmin_solvers.models.linear import LinearModel
from argmin_solvers.numerics import BETTER_TOLERANCE
from argmin_solvers.proof.certificate import find_step, minimised, round_bound
from argmin_solvers.verify.exact import ExactModel


@dataclass(frozen=True)
class Question:
    """An answer on a linear model, and how well it is to be proven.

    `given` is the model as solvers are given it, in doubles. `objective` is exact, in the model's
    own sense, at `values`; `unit` what counts as 1 beside it. `seconds` of wall-clock time.
    `is_exact` where solvers leave nothing open: then the next value of the objective is better.
    """

    model: ExactModel
    given: LinearModel
    outcome: Outcome
    solver: SolverName
    seconds: float
    workdir: Path
    objective: Fraction | None = None
    values: Solution | None = None
    unit: float = 1.0
    basis: Basis | None = None
    level: ProofLevel | None = None
    second: SolverName | None = None
    threads: int = 1
    refuted: SolverName | None = None  # whose answer a better point has refuted
    corrections: int = 0
    is_exact: bool = False

    @property
    def tolerance(self) -> Fraction:
        """By how much another point has to be better to count as better."""
        assert self.objective is not None
        tolerance = Fraction(BETTER_TOLERANCE * max(self.unit, abs(float(self.objective))))
        step = find_step(self.model) if self.is_exact else None
        return tolerance if step is None else min(tolerance, step / 2)

    @property
    def target(self) -> Fraction:
        """The bound on the minimised objective that proves the answer."""
        assert self.objective is not None
        return minimised(self.model, self.objective) - self.tolerance

    def is_met_by(self, bound: Fraction) -> bool:
        """Whether a bound on the minimised objective leaves nothing better."""
        return round_bound(self.model, bound) >= self.target

    def is_other_family(self, solver: SolverName) -> bool:
        """Whether a solver shares no code with the one that gave the answer, nor is refuted."""
        others = (self.solver,) if self.refuted is None else (self.solver, self.refuted)
        return FAMILIES[solver] not in {FAMILIES[other] for other in others}


@dataclass(frozen=True)
class Wish:
    """How a job wants its answer proven: to which level, and by which second solver."""

    level: ProofLevel | None = None
    second: SolverName | None = None
    threads: int = 1


@dataclass(frozen=True)
class CpQuestion:
    """An answer on a CP-SAT model, whose CpModelProto is `content`, and how well it is proven.

    `enumerated` says whether the answer's pool is to hold every solution.
    """

    content: bytes
    solve: Solve
    enumerated: bool
    seconds: float
    workdir: Path
    solver: SolverName = SolverName.CP_SAT
    wish: Wish = Wish()


@dataclass(frozen=True)
class Correction:
    """What refutes an answer: a better point, or solutions that an enumeration misses.

    They were held against the exact model. `said` is what was found, in words.
    """

    values: Solution
    by: SolverName
    said: str
    missing: tuple[Solution, ...] = ()


@dataclass(frozen=True)
class Proven:
    """How well an answer is proven; `bound` in the model's own sense."""

    level: ProofLevel
    by: str | None
    message: str
    bound: float | None = None
    certificate: Mapping[str, Any] | None = field(default=None, repr=False)
    correction: Correction | None = None
    solutions: int | None = None  # how many there are, where that is proven
    disagreement: str | None = None
    """What another solver says against the answer, where no point shows who is right."""


def claim(solver: str, why: str) -> Proven:
    """The solver's word, and why there is no more."""
    return Proven(ProofLevel.CLAIMED, solver, f"the word of {solver} alone: {why}")
