"""Condition `Verified` from the check of an answer, and the rejection of wrong ones; pure.

The runner checks its answer against the model independently of the solver, and reports the level of
proof.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from argmin.api.answer import Outcome, Reason, Verification
from argmin.api.conditions import VERIFIED, condition, set_condition
from argmin.api.optimization.spec import OptimizationJobStatus
from argmin.api.solve.proof import Proof, ProofLevel
from argmin.backends.state import Attempt
from argmin.optimization.reasons import ConditionReason

_SETTLED = (Outcome.OPTIMAL, Outcome.FEASIBLE, Outcome.INFEASIBLE, Outcome.UNBOUNDED)
"""Outcomes that make a claim about the model."""

_NOT_CHECKED = Verification(
    reason=ConditionReason.NOT_CHECKED,
    message="the run's image checks no answers: build it from argmin's solver image, of the same"
    " version as the operator",
)
_NO_ANSWER = Verification(
    reason=ConditionReason.NO_ANSWER, message="the job ended without an answer to check"
)

_WORDS = {
    ProofLevel.CERTIFIED: "a certificate was checked in exact arithmetic",
    ProofLevel.CROSS_CHECKED: "a solver of another family found nothing better",
    ProofLevel.CLAIMED: "the solver's word",
}


def reject_wrong_answer(attempt: Attempt) -> Attempt:
    """The attempt; failed with `WrongAnswer` if the check found its answer to be wrong.

    The outcome that the runner reports is overridden: such an answer is not a solution.
    """
    answer = attempt.answer
    if answer is None or not answer.has_result:
        return attempt
    check = answer.solve.verification
    if check is None or check.verified is not False:
        return attempt
    message = f"the answer is wrong: {describe_check(check)}"
    wrong = answer.with_result(
        outcome=Outcome.ERROR, objective=None, best_bound=None, gap=None, proof=None
    ).model_copy(update={"succeeded": False, "reason": Reason.WRONG_ANSWER, "message": message})
    return replace(attempt, answer=wrong, reason=wrong.reason, message=message)


def set_verified(
    status: OptimizationJobStatus, generation: int, now: datetime
) -> OptimizationJobStatus:
    """The status of an ended job with condition `Verified`; its message names the level.

    `Unknown` if the answer could not be checked, or if there is none.
    """
    check = status.verification
    if check is None:
        check = _NOT_CHECKED if status.outcome in _SETTLED else _NO_ANSWER
    message = describe_check(check)
    if status.proof is not None:
        message = f"{message}; {describe_proof(status.proof)}"
    verified = condition(VERIFIED, check.verified, check.reason, message, now, generation)
    return status.model_copy(update={"conditions": set_condition(status.conditions, verified)})


def describe_check(check: Verification) -> str:
    """The result of a check, with the largest violation and its location."""
    largest = check.largest_violation
    if largest is None or not largest.strip("0.") or largest in check.message:
        return check.message or check.reason
    place = f" at {check.where}" if check.where else ""
    violation = f"largest violation {largest}{place}"
    return f"{check.message}; {violation}" if check.message else violation


def describe_proof(proof: Proof) -> str:
    """The level in words, with what was found: what is claimed is called the solver's word."""
    words = _WORDS[proof.level]
    if not proof.message:
        return f"{proof.level}: {words}"
    if proof.level is ProofLevel.CLAIMED and "word" not in proof.message:
        return f"{proof.level}: {words}: {proof.message}"
    return f"{proof.level}: {proof.message}"
