"""Holds an answer of any origin, and its certificate, against a model; no solver takes part."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from functools import cached_property
from pathlib import Path
from typing import Any

from argmin.api.answer import Checked, Outcome, Sense, Verification
from argmin.api.solve.inspection import Inspection, InspectionRequest
from argmin.api.solve.proof import Proof, ProofLevel
from argmin_solvers.adapters.base import Solution
from argmin_solvers.inspection.given import GivenAnswer
from argmin_solvers.inspection.original import read_model
from argmin_solvers.inspection.proofs import (
    CheckedProof,
    check_convexity,
    check_proof,
    find_indivisible,
    read_proof,
)
from argmin_solvers.inspection.solution_file import read_solution
from argmin_solvers.models import load_model
from argmin_solvers.numerics import (
    BETTER_TOLERANCE,
    EVALUATION_TOLERANCE,
    NOISE,
    OBJECTIVE_TOLERANCE,
    decimal_text,
)
from argmin_solvers.proof.quadratic_certificate import KIND
from argmin_solvers.text import read_source, shorten
from argmin_solvers.verify.base import Assessment, CheckReason, Original
from argmin_solvers.verify.cpsat import CpSatOriginal

_MESSAGE = 480
_LONG_NUMBER = 8
"""Digits from which on a number may have been cut where it was printed."""


def inspect_answer(request: InspectionRequest) -> Inspection:
    """Inspect an answer.

    Raises:
        RunError: model, answer or proof cannot be read; says which, and where.
        UncheckableError: the model holds something that cannot be checked.
    """
    given = read_solution(Path(request.solution))
    proof = None if request.proof is None else read_proof(Path(request.proof))
    source = read_source(Path(request.model.path))
    original = read_model(request.model)
    curved = load_model(request.model) if proof and proof.get("kind") == KIND else None
    digest = f"sha256:{hashlib.sha256(source).hexdigest()}"
    return Inspector(original, given, proof, digest, curved).inspect()


@dataclass(frozen=True)
class _Finding:
    """What the check says of an answer; None where it can say nothing."""

    holds: bool | None
    reason: CheckReason
    message: str


@dataclass(frozen=True)
class Inspector:
    """One answer and its model; `document` is the content of a proof.json.

    `curved` is the model as solvers are given it, where the proof is one of a nonlinear model.
    """

    original: Original
    given: GivenAnswer
    document: Mapping[str, Any] | None = None
    model_digest: str | None = None
    curved: Any = None

    def inspect(self) -> Inspection:
        """Look at everything."""
        found = self._judge_points() if self._points else self._judge_claim()
        proof = self._judge_proof(found)
        holds = found.holds is True
        if self._checked is not None:
            holds = found.holds is not False and self._is_enough(proof)
        return Inspection(
            holds=holds,
            outcome=self._conclude(found, proof),
            sense=self.original.sense,
            objective=None if self._objective is None else decimal_text(float(self._objective)),
            verification=self._describe(found),
            proof=proof,
            notes=tuple(self._list_notes()),
        )

    @cached_property
    def _points(self) -> list[Solution]:
        """The solutions, each once, with a value of every variable."""
        if self.given.values is None:
            return []
        origin = dict.fromkeys(self.original.names, 0)
        points = [{**origin, **point} for point in (self.given.values, *self.given.pool)]
        return list({tuple(point.items()): point for point in points}.values())

    def _place(self, number: int) -> int:
        """Where a solution stands in the file's list, from 1 on."""
        origin = dict.fromkeys(self.original.names, 0)
        listed = ({**origin, **point} for point in self.given.pool)
        same = (n for n, point in enumerate(listed, 1) if point == self._points[number])
        return next(same, number)

    @cached_property
    def _assessments(self) -> Sequence[Assessment]:
        return self.original.assess(self._points)

    @property
    def _objective(self) -> Fraction | float | None:
        if not self._points or self.original.sense is None:
            return None
        return self._assessments[0].objective

    @cached_property
    def _checked(self) -> CheckedProof | None:
        if self.document is None:
            return None
        if self.curved is not None:
            return check_convexity(self.curved, self.document)
        return check_proof(self.original, self.document, self._points, self._needed)

    # A solution.

    def _judge_points(self) -> _Finding:
        return (
            self._find_violation()
            or self._find_contradiction()
            or self._find_other_objective()
            or self._find_better_point()
            or self._confirm()
        )

    def _find_violation(self) -> _Finding | None:
        for number, assessment in enumerate(self._assessments):
            if assessment.violation is not None:
                violation = assessment.violation
                which = f"solution {self._place(number)}: " if number else ""
                return _Finding(False, violation.reason, f"{which}{violation.message}")
        return None

    def _find_contradiction(self) -> _Finding | None:
        """Where the file says that there is no solution, and has one."""
        if self.given.outcome is not Outcome.INFEASIBLE:
            return None
        what = "it is told as infeasible, and its values are a solution"
        return _Finding(False, CheckReason.CLAIM_REFUTED, what)

    def _find_other_objective(self) -> _Finding | None:
        """Where the file tells another objective or sense than the values and the model give."""
        sense, told = self.original.sense, self.given.objective
        if None not in (sense, self.given.sense) and sense is not self.given.sense:
            what = f"the model says {sense}, and the answer is one of {self.given.sense}"
            return _Finding(False, CheckReason.MODELS_DIFFER, what)
        computed = self._objective
        if told is None or computed is None:
            return None
        relative = EVALUATION_TOLERANCE if isinstance(computed, float) else OBJECTIVE_TOLERANCE
        tolerance = max(relative * self._assessments[0].scale, _measure_cut(told))
        if abs(Fraction(computed) - Fraction(told)) <= Fraction(tolerance):
            return None
        what = f"the objective is told as {told}, and the values give {float(computed)!r}"
        return _Finding(False, CheckReason.OBJECTIVE_DIFFERS, what)

    def _find_better_point(self) -> _Finding | None:
        """What is told as optimal, and a better point is plain."""
        if self.given.outcome is not Outcome.OPTIMAL or self._objective is None:
            return None
        points = [*self.original.known_points(), *self.original.neighbours(self._points[0])]
        for point, assessed in zip(points, self.original.assess(points), strict=True):
            if assessed.violation is None and self._is_better(assessed):
                where = _describe_change(self._points[0], point)
                what = f"it is told as optimal, and {float(assessed.objective or 0)!r} is{where}"
                return _Finding(False, CheckReason.BETTER_POINT_KNOWN, what)
        return None

    def _is_better(self, other: Assessment) -> bool:
        objective = self._objective
        if other.objective is None or objective is None:
            return False
        direction = 1 if self.original.sense is Sense.MAXIMIZE else -1
        unit = min(self._assessments[0].unit, other.unit)
        margin = BETTER_TOLERANCE * max(unit, abs(float(objective)))
        return direction * (float(other.objective) - float(objective)) > margin

    def _confirm(self) -> _Finding:
        size = self.original.size
        message = (
            f"{size.constraints} constraints and {size.variables} variables hold"
            f" {self.original.METHOD}"
        )
        if len(self._points) > 1:
            message += f", in each of {len(self._points)} solutions"
        return _Finding(True, CheckReason.VERIFIED, message)

    # No solution, and a claim about all of them.

    def _judge_claim(self) -> _Finding:
        if self.given.outcome is Outcome.INFEASIBLE:
            return self._judge_infeasible()
        if self.given.outcome is Outcome.UNBOUNDED:
            return self._judge_unbounded()
        message = "the file has no solution, and says neither infeasible nor unbounded"
        return _Finding(None, CheckReason.NOTHING_TO_CHECK, message)

    def _judge_infeasible(self) -> _Finding:
        if self._has_solution():
            message = "it is told as infeasible, and a start or an end of the bounds is a solution"
            return _Finding(False, CheckReason.CLAIM_REFUTED, message)
        plain = self.original.disprove_solutions() or find_indivisible(self.original)
        if plain is not None:
            return _Finding(True, CheckReason.PROVEN, plain)
        message = "that there is no solution needs a certificate"
        return _Finding(None, CheckReason.NO_CERTIFICATE, message)

    def _judge_unbounded(self) -> _Finding:
        refutation = self.original.disprove_unbounded()
        if refutation is not None:
            message = f"it is told as unbounded, and {refutation}"
            return _Finding(False, CheckReason.CLAIM_REFUTED, message)
        message = "that the objective has no end needs a certificate"
        return _Finding(None, CheckReason.NO_CERTIFICATE, message)

    def _has_solution(self) -> bool:
        assessed = self.original.assess(list(self.original.known_points()))
        return any(a.violation is None and (a.largest or 0.0) <= NOISE for a in assessed)

    # How well it is proven.

    def _judge_proof(self, found: _Finding) -> Proof | None:
        """The level that is reached; None where a proof is given and proves nothing of it."""
        checked = self._checked
        if checked is None:
            return self._claim(found)
        if not checked.holds or checked.proves is not self._needed:
            return None
        if checked.bound is None:
            return Proof(
                level=ProofLevel.CERTIFIED,
                by=checked.by,
                message=shorten(checked.message, _MESSAGE),
            )
        return self._hold_against_bound(checked, checked.bound)

    @property
    def _needed(self) -> Outcome:
        """What has to be proven of the answer: its outcome, where it has no solution."""
        return Outcome.OPTIMAL if self._points else (self.given.outcome or Outcome.OPTIMAL)

    def _claim(self, found: _Finding) -> Proof | None:
        if found.reason is CheckReason.PROVEN:
            return Proof(level=ProofLevel.CERTIFIED, message=found.message)
        if self.given.outcome is not Outcome.OPTIMAL or found.holds is not True:
            return None
        message = "no proof was given: that nothing better exists is the word of who found it"
        return Proof(level=ProofLevel.CLAIMED, message=message)

    def _hold_against_bound(self, checked: CheckedProof, bound: Fraction) -> Proof | None:
        objective = self._objective
        if objective is None:
            return None
        level, what = ProofLevel.CERTIFIED, "the objective meets it"
        if not self._meets(objective, bound):
            level, what = ProofLevel.CLAIMED, f"the objective {float(objective)!r} does not meet it"
        return Proof(
            level=level,
            by=checked.by,
            bound=decimal_text(float(bound)),
            message=shorten(f"{checked.message}, and {what}", _MESSAGE),
        )

    def _meets(self, objective: Fraction | float, bound: Fraction) -> bool:
        """Whether nothing is better by more than what counts as better."""
        direction = 1 if self.original.sense is Sense.MAXIMIZE else -1
        margin = BETTER_TOLERANCE * max(self._assessments[0].unit, abs(float(objective)))
        if isinstance(self.original, CpSatOriginal) and self.original.has_whole_objective:
            margin = 0.0
        return direction * (bound - Fraction(objective)) <= Fraction(margin)

    @property
    def _misses_own_bound(self) -> bool:
        """Whether it calls itself optimal, and tells another bound than its objective."""
        objective, bound = self._objective, self.given.bound
        if self.given.outcome is not Outcome.OPTIMAL or objective is None or bound is None:
            return False
        if self._assessments[0].violation is not None:  # then the objective may be infinite
            return False
        margin = BETTER_TOLERANCE * max(self._assessments[0].unit, abs(float(objective)))
        return abs(Fraction(bound) - Fraction(objective)) > Fraction(margin)

    def _is_enough(self, proof: Proof | None) -> bool:
        """Whether a proof that is given proves what the answer says."""
        if proof is None:
            return False
        claims = self.given.outcome is Outcome.OPTIMAL
        return not claims or proof.level is ProofLevel.CERTIFIED

    # What is told.

    def _conclude(self, found: _Finding, proof: Proof | None) -> Outcome:
        if found.holds is False:
            return Outcome.ERROR
        if self._points and proof is not None and proof.level is ProofLevel.CERTIFIED:
            return Outcome.OPTIMAL
        if self._points:
            optimal = self.given.outcome is Outcome.OPTIMAL
            return Outcome.OPTIMAL if optimal else Outcome.FEASIBLE
        return self.given.outcome or Outcome.UNKNOWN

    def _describe(self, found: _Finding) -> Verification:
        size = self.original.size
        worst = max(
            (a for a in self._assessments if a.largest is not None),
            key=lambda a: a.largest or 0.0,
            default=None,
        )
        verified, reason, message = found.holds, found.reason, found.message
        if self._checked is not None and not self._points and self._proves_claim:
            verified, reason, message = True, CheckReason.PROVEN, self._checked.message
        return Verification(
            verified=verified,
            reason=reason,
            message=shorten(message, _MESSAGE),
            largest_violation=None if worst is None else decimal_text(worst.largest or 0.0),
            where=None if worst is None or not worst.where else shorten(worst.where, 256),
            checked=Checked(
                variables=size.variables,
                constraints=size.constraints,
                solutions=len(self._points),
            ),
        )

    @property
    def _proves_claim(self) -> bool:
        checked = self._checked
        return checked is not None and checked.holds and checked.proves is self._needed

    def _list_notes(self) -> Iterator[str]:
        values, names = self.given.values, self.original.names
        left = sum(name not in values for name in names) if values is not None else 0
        if left:
            yield f"{left} of {len(names)} variables are not listed and count as zero"
        if self.given.model_digest not in (None, self.model_digest):
            yield "the answer names another model file: its modelDigest is not that of this one"
        if not self.given.is_whole:
            yield "the answer was changed after it was written: its resultDigest is of other values"
        if self._points and self.given.outcome is Outcome.UNBOUNDED:
            yield "the answer calls itself unbounded, and a solution alone does not show that"
        total = (self.document or {}).get("solutions")
        if self.given.pool and isinstance(total, int) and len(self._points) < total:
            yield f"the answer lists {len(self._points)} of the {total} solutions"
        if self._misses_own_bound:
            yield f"the answer calls itself optimal, and its own bound is {self.given.bound}"
        checked = self._checked
        if checked is not None and not checked.holds:
            yield f"the proof does not hold: {checked.message}"
        elif checked is not None and checked.proves is not self._needed:
            yield f"the proof is of something else: {checked.message}"


def _measure_cut(told: Decimal) -> float:
    """By how much a number may differ from the one that was printed: half a unit of its last place.

    A short one was not cut.
    """
    _, digits, exponent = told.as_tuple()
    if len(digits) < _LONG_NUMBER or not isinstance(exponent, int) or exponent >= 0:
        return 0.0
    return 0.5 * 10.0**exponent


def _describe_change(point: Solution, better: Solution) -> str:
    changed = [name for name in better if better[name] != point.get(name)]
    if len(changed) != 1:
        return " reached at a start or an end of the bounds"
    return f" reached with {changed[0]} = {better[changed[0]]!r}"
