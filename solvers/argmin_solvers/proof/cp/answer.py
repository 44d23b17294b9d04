"""An answer on a CP-SAT model, as the runner asks for its proof."""

from __future__ import annotations

from argmin.api.solve.proof import ProofLevel
from argmin_solvers.models.readers.cpsat import read_cpsat
from argmin_solvers.proof.cp.certify import certify
from argmin_solvers.proof.cp.claim import Claim, CpProof
from argmin_solvers.proof.cp.prove import prove_cp, prove_point
from argmin_solvers.proof.cp.search import Clock
from argmin_solvers.proof.question import Correction, CpQuestion, Proven
from argmin_solvers.verify.base import Original
from argmin_solvers.verify.cpsat import CpSatOriginal, rebuild_cpsat

QUICK_SECONDS = 0.5
"""So long argmin's own search may take in the runner's process, which spares starting another."""

QUICK_SIZE = 2000
"""So many variables and constraints together are no more than a glance."""


def prove_quickly(question: CpQuestion, original: Original | None) -> Proven | None:
    """Prove an answer where it takes next to no time; None where it takes more."""
    if not isinstance(original, CpSatOriginal):
        return None
    claim = Claim.of(question.solve, original, question.enumerated)
    if claim in (Claim.NOTHING, Claim.SOLVED):
        return _convert(question, original, prove_point(original, question.solve, claim))
    if original.size.variables + original.size.constraints > QUICK_SIZE:
        return None
    clock = Clock(min(QUICK_SECONDS, question.seconds))
    proof = certify(original, question.solve, claim, clock)
    if proof is None or (proof.level is ProofLevel.CLAIMED and proof.refutes):
        return None
    return _convert(question, original, proof)


def prove_answer(question: CpQuestion) -> Proven:
    """Prove an answer as well as its time allows."""
    file = question.workdir / "model.pb"
    file.write_bytes(question.content)
    model, original = read_cpsat(file), rebuild_cpsat(question.content)
    proof = prove_cp(
        model,
        original,
        question.solve,
        enumerated=question.enumerated,
        seconds=question.seconds,
        wish=question.wish,
    )
    return _convert(question, original, proof)


def _convert(question: CpQuestion, original: CpSatOriginal, proof: CpProof) -> Proven:
    claimed = proof.level is ProofLevel.CLAIMED
    message = f"the word of {question.solver} alone: {proof.message}" if claimed else proof.message
    return Proven(
        level=proof.level,
        by=proof.by or (str(question.solver) if claimed else None),
        message=message,
        bound=None if proof.bound is None else float(proof.bound),
        certificate=None
        if proof.certificate is None
        else {"version": 1, "kind": "search", "statement": proof.message, **proof.certificate},
        solutions=proof.solutions,
        correction=_find_correction(question, original, proof),
        disagreement=proof.disagreement,
    )


def _find_correction(
    question: CpQuestion, original: CpSatOriginal, proof: CpProof
) -> Correction | None:
    if proof.better is None:
        return None
    if proof.missing:
        said = f"{len(proof.missing)} more were found"
        return Correction(proof.better, question.solver, said, proof.missing)
    objective = original.assess([proof.better])[0].objective
    shown = "" if objective is None else f" with the objective {float(objective)!r}"
    return Correction(proof.better, question.solver, f"a solution{shown} was found")
