"""What a solve of a CP-SAT model claims, and what a proof of it comes to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from typing import Any

from argmin.api.answer import Outcome
from argmin.api.solve.proof import ProofLevel
from argmin_solvers.adapters.base import Solution, Solve
from argmin_solvers.numerics import BETTER_TOLERANCE
from argmin_solvers.verify.cpsat import CpSatOriginal


class Claim(StrEnum):
    """What the solver says of all points."""

    NOTHING = "nothing"  # it stopped at a limit
    SOLVED = "a solution was found"  # without an objective, one is all that was asked for
    BEST = "nothing is better"
    EMPTY = "there is no solution"
    ALL = "there are no other solutions"

    @classmethod
    def of(cls, solve: Solve, original: CpSatOriginal, enumerated: bool) -> Claim:
        """The claim of a solve."""
        if solve.outcome is Outcome.INFEASIBLE:
            return cls.EMPTY
        if solve.outcome is not Outcome.OPTIMAL or solve.values is None:
            return cls.NOTHING
        if enumerated:
            return cls.ALL
        return cls.SOLVED if original.sense is None else cls.BEST


@dataclass(frozen=True)
class CpProof:
    """How well an answer on a CP-SAT model is proven.

    Where the claim is wrong, `better` is a solution that shows it, held against the model on
    integers: the best that was found, or the first that an enumeration misses, whose others are
    in `missing`. `level` and `bound` are then those of `better`, and for an enumeration of all its
    solutions with `missing`.
    `disagreement` is what is said against the claim where no solution shows it: by a solver, or
    by a count.
    `bound` is on the objective, exactly; `solutions` the number of all there are, where that is
    proven, whatever the solver counted; `certificate` says how, for proof.json.
    """

    level: ProofLevel
    message: str
    by: str | None = None
    bound: Fraction | None = None
    certificate: Mapping[str, Any] | None = None
    better: Solution | None = None
    missing: tuple[Solution, ...] = ()
    solutions: int | None = None
    disagreement: str | None = None

    @property
    def refutes(self) -> bool:
        """Whether the solver's claim is wrong, or contradicted."""
        return self.better is not None or self.disagreement is not None


def order(original: CpSatOriginal, point: Solution) -> list[int]:
    """The values of a point in the order of the variables."""
    return [round(point[name]) for name in original.names]


def name(original: CpSatOriginal, values: list[int]) -> Solution:
    """A point as others take it: a value for each name."""
    return dict(zip(original.names, values, strict=True))


def is_better(original: CpSatOriginal, point: Solution, answer: Solution) -> bool:
    """Whether a solution refutes that another is the best: by more than solvers leave open.

    Objectives of whole numbers are exact, and no solver leaves anything of them open.
    """
    found, known = original.assess([point, answer])
    if found.violation is not None or found.objective is None or known.objective is None:
        return False
    gain = Fraction(found.objective) - Fraction(known.objective)
    if original.sense == "Minimize":
        gain = -gain
    if original.has_whole_objective:
        return gain > 0
    scale = max(min(known.unit, found.unit), abs(float(known.objective)))
    return float(gain) > BETTER_TOLERANCE * scale
