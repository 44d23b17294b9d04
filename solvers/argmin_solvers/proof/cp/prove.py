"""Proves what a solve of a CP-SAT model claims, as well as the time allows."""

from __future__ import annotations

from dataclasses import dataclass, replace
from threading import Event
from typing import Any

from argmin.api.answer import Outcome
from argmin.api.solve.proof import ProofLevel
from argmin_solvers.adapters.base import Solve
from argmin_solvers.models.cpsat_model import CpSatModel
from argmin_solvers.proof.cp.certify import certify
from argmin_solvers.proof.cp.claim import Claim, CpProof
from argmin_solvers.proof.cp.cross import cross_check
from argmin_solvers.proof.cp.search import Clock
from argmin_solvers.proof.cp.second import search_again
from argmin_solvers.proof.question import Wish
from argmin_solvers.verify.cpsat import CpSatOriginal

_NO_WISH = Wish()
OWN_SHARE = 0.3
"""The share of the time that argmin's own search gets before others are asked."""
OWN_SHARE_OF_ENUMERATION = 0.6
"""The same for an enumeration, which no other family of solvers looks at."""
CROSS_SHARE = 0.8
"""The share of what is then left for the linear model, before CP-SAT looks again."""


def prove_cp(
    model: CpSatModel,
    original: CpSatOriginal,
    solve: Solve,
    *,
    enumerated: bool,
    seconds: float,
    wish: Wish = _NO_WISH,
    stop: Event | None = None,
) -> CpProof:
    """Prove, or refute, what a solve claims of all points.

    Args:
        model: what the solver was given.
        original: the same model, rebuilt from its source for the check, which `solve` has passed.
        solve: what the solver found.
        enumerated: whether the pool is to hold every solution.
        seconds: the time there is, of wall-clock time.
        wish: to which level, and by which second solver.
        stop: set once the run is asked to stop: what is known by then is returned.
    """
    prover = _Prover(model, original, wish, Clock(seconds, stop))
    proof = prover.prove(solve, Claim.of(solve, original, enumerated))
    if proof.better is None or proof.missing or proof.level is not ProofLevel.CLAIMED:
        return proof
    return prover.prove_better(solve, proof)


@dataclass(frozen=True)
class _Prover:
    model: CpSatModel
    original: CpSatOriginal
    wish: Wish
    clock: Clock

    def prove(self, solve: Solve, claim: Claim) -> CpProof:
        """Ask one after another, the strongest first."""
        original, clock = self.original, self.clock
        if claim in (Claim.NOTHING, Claim.SOLVED):
            return prove_point(original, solve, claim)
        share = OWN_SHARE_OF_ENUMERATION if claim is Claim.ALL else OWN_SHARE
        proof = certify(original, solve, claim, clock.share(share))
        if proof is not None:
            return proof
        crossed = cross_check(original, solve, claim, clock.share(CROSS_SHARE), wish=self.wish)
        if crossed is not None and crossed.disagreement is None:
            return crossed
        again = self._search_again(solve, claim)
        if again is not None and (crossed is None or again.refutes):
            return again
        return crossed or CpProof(ProofLevel.CLAIMED, "the time was not enough for a proof")

    def _search_again(self, solve: Solve, claim: Claim) -> CpProof | None:
        if claim is Claim.ALL and _has_optional_boxes(self.original.proto):
            message = (
                "OR-Tools 9.15 is known to miss solutions with optional boxes: there may be more"
            )
            return CpProof(ProofLevel.CLAIMED, message, disagreement=message)
        if self.wish.level is ProofLevel.CERTIFIED:
            message = "no certificate was found, and no second search asked for"
            return CpProof(ProofLevel.CLAIMED, message)
        return search_again(self.model, self.original, solve, claim, self.clock)

    def prove_better(self, solve: Solve, found: CpProof) -> CpProof:
        """What refutes a claim, proven in its turn as well as the rest of the time allows."""
        answer = replace(solve, outcome=Outcome.OPTIMAL, values=found.better, pool=())
        proof = self.prove(answer, Claim.of(answer, self.original, enumerated=False))
        if proof.level is ProofLevel.CLAIMED and proof.better is None:
            return found
        message = f"{found.message}; {proof.message}"
        return replace(proof, message=message, better=proof.better or found.better)


def _has_optional_boxes(proto: Any) -> bool:
    """Whether an interval of a no_overlap_2d may be left out: CP-SAT's enumerations then fail."""
    return any(
        proto.constraints[number].enforcement_literal
        for constraint in proto.constraints
        if constraint.WhichOneof("constraint") == "no_overlap_2d"
        for intervals in (
            constraint.no_overlap_2d.x_intervals,
            constraint.no_overlap_2d.y_intervals,
        )
        for number in intervals
    )


def prove_point(original: CpSatOriginal, solve: Solve, claim: Claim) -> CpProof:
    """What claims nothing of other points; without an objective a solution is all there is."""
    if claim is Claim.NOTHING:
        message = "the search was stopped before its end: there is no claim to prove"
        return CpProof(ProofLevel.CLAIMED, message)
    points = [] if solve.values is None else [solve.values]
    if not points or original.assess(points)[0].violation is not None:
        return CpProof(ProofLevel.CLAIMED, "the solution does not hold: it proves nothing")
    return CpProof(
        ProofLevel.CERTIFIED,
        "the model has no objective, and the solution holds on integers",
        by="the solution",
        certificate={"version": 1, "kind": "solution", "shown": "a solution"},
    )
