"""Reads a proof.json, and has its certificate checked in exact arithmetic."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

from argmin.api.answer import Outcome, Reason
from argmin.api.run import PROOF_FILE
from argmin_solvers.adapters.base import Solution, Solve
from argmin_solvers.inspection.given import refuse
from argmin_solvers.inspection.solution_file import read_json
from argmin_solvers.models.exact import ExactLinear
from argmin_solvers.models.nonlinear import NonlinearModel
from argmin_solvers.text import quote, read_lines
from argmin_solvers.verify.base import Original

if TYPE_CHECKING:
    from argmin_solvers.verify.cpsat import CpSatOriginal


@dataclass(frozen=True)
class CheckedProof:
    """Whether a certificate holds, and of which outcome; `bound` is on the objective."""

    holds: bool
    proves: Outcome
    by: str
    message: str
    bound: Fraction | None = None


def read_proof(path: Path) -> Mapping[str, Any]:
    """The content of a proof.json, or of one in a folder.

    Raises:
        RunError: SourceNotFound; InvalidModel, where it is no object of JSON.
    """
    path = path / PROOF_FILE if path.is_dir() else path
    return read_json(path.name, "\n".join(read_lines(path)))


_PROVES = {
    "bound": (Outcome.OPTIMAL, "a dual bound"),
    "infeasible": (Outcome.INFEASIBLE, "a Farkas ray"),
    "unbounded": (Outcome.UNBOUNDED, "a ray"),
}
_SEARCH_SECONDS = 300.0
"""How long a complete search may take that is done again."""


def find_indivisible(original: Original) -> str | None:
    """Why an equation of integers cannot hold, in words; None where there is no such one."""
    from argmin_solvers.proof.certificate import find_parity

    row = find_parity(original) if isinstance(original, ExactLinear) else None
    if row is None:
        return None
    what = "the greatest common divisor of its coefficients does not divide its side"
    return f"constraint {quote(row)} cannot hold: {what}"


def check_proof(
    original: Original, document: Mapping[str, Any], points: Sequence[Solution], outcome: Outcome
) -> CheckedProof:
    """Check a proof against its model.

    Args:
        original: the model.
        document: the content of a proof.json.
        points: the solutions of the answer, with a value of every variable.
        outcome: what the answer says.

    Raises:
        RunError: InvalidModel: it is none, is of another model, or can only be searched anew.
    """
    if document.get("kind") == "search":
        raise refuse(
            f"the proof is the record of a search by {quote(str(document.get('by')))}: it can be"
            " searched again, and not be checked without a solver; leave it out"
        )
    if isinstance(original, ExactLinear):
        return _check_certificate(original, document)
    from argmin_solvers.verify.cpsat import CpSatOriginal

    if isinstance(original, CpSatOriginal) and str(document.get("kind")) in _PROVES:
        return _check_translation(original, document)
    if isinstance(original, CpSatOriginal):
        return _search_again(original, document, points, outcome)
    raise refuse(
        "the proof is not of a nonlinear model: of these, convex quadratic ones alone have any;"
        " leave it out, and the answer is checked without it"
    )


def check_convexity(model: Any, document: Mapping[str, Any]) -> CheckedProof:
    """Check the certificate of a convex quadratic program against its model.

    Raises:
        RunError: InvalidModel: it is none, or is of another model.
    """
    from argmin_solvers.proof.document import MalformedCertificateError
    from argmin_solvers.proof.quadratic_certificate import check_curved

    if not isinstance(model, NonlinearModel):
        raise refuse("the proof is of a convex quadratic program, and the model is none")
    try:
        checked = check_curved(model, document)
    except MalformedCertificateError as error:
        raise refuse(f"the proof is no certificate of this model: {error}") from None
    by = "a dual bound of the linearised objective"
    return CheckedProof(checked.holds, Outcome.OPTIMAL, by, checked.message, checked.bound)


def _check_certificate(model: ExactLinear, document: Mapping[str, Any]) -> CheckedProof:
    from argmin_solvers.proof.document import MalformedCertificateError, check_certificate

    try:
        checked = check_certificate(model, document)
    except MalformedCertificateError as error:
        raise refuse(f"the proof is no certificate of this model: {error}") from None
    outcome, by = _PROVES[str(document["kind"])]
    return CheckedProof(checked.holds, outcome, by, checked.message, checked.bound)


def _check_translation(original: CpSatOriginal, document: Mapping[str, Any]) -> CheckedProof:
    """A certificate of the linear model that a CP-SAT model stands for."""
    from argmin_solvers.proof.cp.translation import translate

    translation = translate(original)
    if translation is None:
        raise refuse("the proof is of a linear model, which this CP-SAT model does not stand for")
    return _check_certificate(translation.linear, document)


def _search_again(
    original: CpSatOriginal,
    document: Mapping[str, Any],
    points: Sequence[Solution],
    outcome: Outcome,
) -> CheckedProof:
    """A complete search is its own proof: it is done again, by argmin's own code."""
    from argmin_solvers.proof.cp.certify import METHOD, certify
    from argmin_solvers.proof.cp.claim import Claim
    from argmin_solvers.proof.cp.search import Clock

    if "shown" not in document:
        raise refuse("the proof is of no CP-SAT model: it does not say what was shown")
    claimed = document.get("solutions")
    solve = Solve(
        Outcome.OPTIMAL if points else outcome,
        Reason.OPTIMAL,
        "",
        values=points[0] if points else None,
        pool=tuple(points) if len(points) > 1 else (),
        solutions=claimed if isinstance(claimed, int) else None,
    )
    claim = Claim.of(solve, original, document["shown"] == "all solutions")
    proves = Outcome.INFEASIBLE if claim is Claim.EMPTY else Outcome.OPTIMAL
    if claim in (Claim.SOLVED, Claim.NOTHING):
        message = "the model has no objective, and a solution is all there is to find"
        return CheckedProof(bool(points), proves, "the solution", message)
    found = certify(original, solve, claim, Clock(_SEARCH_SECONDS))
    if found is None:
        message = f"the search was not done again within {_SEARCH_SECONDS:g} s"
        return CheckedProof(False, proves, METHOD, message)
    return CheckedProof(not found.refutes, proves, METHOD, found.message, found.bound)
