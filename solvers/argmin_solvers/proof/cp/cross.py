"""Certificates and second solvers for linear models, on the translation of a CP-SAT model."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Event

from argmin.api.answer import Outcome
from argmin.api.solve.proof import ProofLevel
from argmin.api.solve.solvers import SolverName
from argmin_solvers.adapters.base import Solve
from argmin_solvers.proof.cp.claim import Claim, CpProof, is_better
from argmin_solvers.proof.cp.search import Clock
from argmin_solvers.proof.cp.translation import Translation, translate
from argmin_solvers.proof.process import prove_apart
from argmin_solvers.proof.question import Correction, Proven, Question, Wish
from argmin_solvers.verify.cpsat import CpSatOriginal
from argmin_solvers.verify.exact import ExactModel

START_SECONDS = 1.0
"""What it takes until another process has begun."""
LEAST_SECONDS = 1.5
"""With less time left nobody is asked."""
_ON_TRANSLATION = "on the model as a linear one, "

_NO_WISH = Wish()

Prover = Callable[[Question, Event], Proven]


def cross_check(
    original: CpSatOriginal,
    solve: Solve,
    claim: Claim,
    clock: Clock,
    *,
    wish: Wish = _NO_WISH,
    prover: Prover = prove_apart,
) -> CpProof | None:
    """Have a claim proven on the linear model that a CP-SAT model stands for.

    Returns:
        A certificate of that model, the word of a solver of another family, or a solution that
        refutes the claim; None where the model cannot be translated, and where nothing came of it.
    """
    if claim is Claim.ALL or clock.left() < LEAST_SECONDS:
        return None
    translation = translate(original)
    if translation is None:
        return None
    with TemporaryDirectory(prefix="argmin-") as folder:
        question = _ask(original, solve, translation, clock, Path(folder))
        question = replace(question, level=wish.level, second=wish.second, threads=wish.threads)
        proven = prover(question, clock.stop)
    if proven.correction is not None:
        return _refute(original, solve, translation, proven, proven.correction)
    if proven.level is ProofLevel.CLAIMED:
        if proven.disagreement is None:
            return None
        return CpProof(ProofLevel.CLAIMED, proven.message, disagreement=proven.disagreement)
    return CpProof(
        proven.level,
        f"{_ON_TRANSLATION}{proven.message}",
        by=proven.by,
        bound=None if proven.bound is None else Fraction(proven.bound),
        certificate=proven.certificate,
    )


def _ask(
    original: CpSatOriginal, solve: Solve, translation: Translation, clock: Clock, folder: Path
) -> Question:
    model = ExactModel.of(translation.linear)
    found = None if solve.values is None else original.assess([solve.values])[0]
    return Question(
        model=model,
        given=model.to_linear(),
        outcome=Outcome.INFEASIBLE if found is None else Outcome.OPTIMAL,
        solver=SolverName.CP_SAT,
        seconds=max(LEAST_SECONDS - START_SECONDS, clock.left() - START_SECONDS),
        workdir=folder,
        objective=None if found is None else Fraction(found.objective or 0),
        values=solve.values,
        unit=1.0 if found is None else found.unit,
        is_exact=original.has_whole_objective,
    )


def _refute(
    original: CpSatOriginal,
    solve: Solve,
    translation: Translation,
    proven: Proven,
    correction: Correction,
) -> CpProof | None:
    """What a point of the linear model says of the claim; None where it is none of the CP-SAT's."""
    point = translation.to_cp_point(correction.values)
    if original.assess([point])[0].violation is not None:
        return None
    if solve.values is not None and not is_better(original, point, solve.values):
        return None
    said = "infeasible" if solve.values is None else "optimal"
    proves = proven.level is not ProofLevel.CLAIMED
    bound = Fraction(proven.bound) if proves and proven.bound is not None else None
    return CpProof(
        proven.level,
        f"the solver says {said}, and {_ON_TRANSLATION}{correction.said}",
        by=proven.by if proves else None,
        bound=bound,
        certificate=proven.certificate if proves else None,
        better=point,
    )
