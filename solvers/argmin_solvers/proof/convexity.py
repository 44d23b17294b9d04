"""Local optima of convex quadratic programs, proven to be the global ones."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from argmin.api.solve.proof import ProofLevel
from argmin.api.solve.solvers import SolverName
from argmin_solvers.adapters.base import Solution
from argmin_solvers.models.nonlinear import NonlinearModel
from argmin_solvers.numerics import BETTER_TOLERANCE
from argmin_solvers.proof.document import round_safely
from argmin_solvers.proof.linear import Clock, bound_objective
from argmin_solvers.proof.quadratic import read_quadratic
from argmin_solvers.proof.quadratic_certificate import write_curved
from argmin_solvers.proof.question import Proven, claim


@dataclass(frozen=True)
class QuadraticQuestion:
    """A local optimum of a nonlinear model, which is the global one where the model is convex."""

    model: NonlinearModel
    values: Solution
    seconds: float
    workdir: Path
    solver: SolverName = SolverName.IPOPT


def prove_quadratic(question: QuadraticQuestion) -> Proven:
    """Prove a local optimum to be the global one, where the model is a convex quadratic program."""
    program = read_quadratic(question.model)
    if program is None:
        return claim(question.solver, "the model is no convex quadratic program")
    point = [Fraction(question.values.get(name, 0.0)) for name in question.model.names]
    target = program.value(point)
    target -= Fraction(BETTER_TOLERANCE * max(1.0, abs(float(target))))
    clock = Clock(question.seconds)
    for at in (program.sharpen(point), point):
        if at is None:
            continue
        linear = program.linearise(at)
        found = bound_objective(linear, None, lambda bound: bound >= target, clock)
        if found is not None and found.bound >= target:
            return Proven(
                ProofLevel.CERTIFIED,
                "exact dual bound",
                "the model is convex, and a dual bound in exact arithmetic meets the objective",
                bound=program.sign * round_safely(linear, found.bound) + 0.0,
                certificate=write_curved(program, at, found.multipliers, found.bound),
            )
    return claim(question.solver, "no dual bound met the objective in the time there was")
