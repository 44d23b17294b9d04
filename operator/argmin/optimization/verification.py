"""What follows from the check of an answer: condition `Verified`, no trust in a wrong one; pure.

The runner checks its answer against the model itself, apart from the solver that gave it.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from argmin.api.conditions import VERIFIED, condition, set_condition
from argmin.api.optimizationjob import OptimizationJobStatus
from argmin.api.outcome import Outcome, Reason, Verification
from argmin.backends.run import Attempt
from argmin.optimization.reasons import ConditionReason

_SETTLED = (Outcome.OPTIMAL, Outcome.FEASIBLE, Outcome.INFEASIBLE, Outcome.UNBOUNDED)
"""Outcomes that say something about the model."""

_NOT_CHECKED = Verification(
    reason=ConditionReason.NOT_CHECKED,
    message="the run's image checks no answers: build it from argmin's solver image, of the same"
    " version as the operator",
)
_NO_ANSWER = Verification(
    reason=ConditionReason.NO_ANSWER, message="the job ended without an answer to check"
)


def distrust(attempt: Attempt) -> Attempt:
    """The attempt; where its answer was found to be wrong, one that failed with `WrongAnswer`.

    Whatever its runner says the outcome is: an answer that violates its model is no solution.
    """
    answer = attempt.answer
    if answer is None or answer.outcome is Outcome.ERROR:
        return attempt
    if answer.verification is None or answer.verification.verified is not False:
        return attempt
    message = f"the answer is wrong: {describe_check(answer.verification)}"
    wrong = answer.model_copy(
        update={
            "outcome": Outcome.ERROR,
            "reason": Reason.WRONG_ANSWER,
            "message": message,
            "objective": None,
            "best_bound": None,
            "gap": None,
        }
    )
    return replace(attempt, answer=wrong, reason=wrong.reason, message=message)


def attest(status: OptimizationJobStatus, generation: int, now: datetime) -> OptimizationJobStatus:
    """The status of a job that has ended, with condition `Verified`.

    `Unknown` where the answer could not be checked, or where there is none.
    """
    check = status.verification
    if check is None:
        check = _NOT_CHECKED if status.outcome in _SETTLED else _NO_ANSWER
    verified = condition(
        VERIFIED, check.verified, check.reason, describe_check(check), now, generation
    )
    return status.model_copy(update={"conditions": set_condition(status.conditions, verified)})


def describe_check(check: Verification) -> str:
    """What a check found, with the largest violation and where it is."""
    largest = check.largest_violation
    if largest is None or not largest.strip("0.") or largest in check.message:
        return check.message or check.reason
    place = f" at {check.where}" if check.where else ""
    violation = f"largest violation {largest}{place}"
    return f"{check.message}; {violation}" if check.message else violation
