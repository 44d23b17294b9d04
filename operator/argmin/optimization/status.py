"""The status: answers, conditions and the word for people; pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from argmin.api.conditions import (
    COMPLETE,
    FAILED,
    RECONCILING,
    STALLED,
    SUSPENDED,
    condition,
    find_condition,
    set_condition,
)
from argmin.api.optimizationjob import OptimizationJobStatus, SolutionRef, State
from argmin.api.outcome import Answer
from argmin.api.run import SOLUTION_KEY, name_result
from argmin.api.storage import StoredResult
from argmin.backends.run import Run
from argmin.optimization.reasons import ConditionReason
from argmin.plan import Manifest

CONDITIONS = (COMPLETE, FAILED, SUSPENDED, RECONCILING, STALLED)
"""Always there, so that nobody has to tell absent from false."""

_MESSAGE_LIMIT = 4096

_ANSWER_FIELDS = tuple(
    name for name in Answer.model_fields if name in OptimizationJobStatus.model_fields
)


@dataclass(frozen=True)
class Verdict:
    """Where a job stands: the word for people, and the conditions that are true and why."""

    state: State
    true: tuple[str, ...]
    """Types of the conditions that are `True`; the first is the one that the reason speaks of."""
    reason: str
    message: str


def start_afresh(status: OptimizationJobStatus, run_name: str) -> OptimizationJobStatus:
    """The status of a new run: without answers; conditions keep the times of their last flip."""
    kept = tuple(c for c in status.conditions if c.type in CONDITIONS)
    return OptimizationJobStatus(job=run_name, conditions=kept)


def record_answer(status: OptimizationJobStatus, answer: Answer, run: Run) -> OptimizationJobStatus:
    """The status with all that an answer says; it refers to what was kept of it."""
    fields = {name: getattr(answer, name) for name in _ANSWER_FIELDS}
    return status.model_copy(update={**fields, "solution_ref": _refer(answer, run)})


def _refer(answer: Answer, run: Run) -> SolutionRef | None:
    """Where the result is: the runner knows, unless the platform has moved it."""
    if answer.stored:
        return SolutionRef(s3=answer.stored)
    if not answer.delivered:
        return None
    store = run.document.transfers.result
    if store is None:
        return SolutionRef(config_map=name_result(run.owner.name), key=SOLUTION_KEY)
    place = StoredResult(
        bucket=store.bucket, prefix=store.prefix, region=store.region, endpoint=store.endpoint
    )
    return SolutionRef(s3=place)


def pronounce(
    status: OptimizationJobStatus, verdict: Verdict, generation: int, now: datetime
) -> OptimizationJobStatus:
    """The status with a verdict: state, all conditions, and the generation they speak of."""
    conditions = status.conditions
    for kind in CONDITIONS:
        holds = kind in verdict.true
        reason = _explain_true(kind, verdict) if holds else _explain_false(kind, verdict)
        message = verdict.message[:_MESSAGE_LIMIT] if holds else ""
        conditions = set_condition(
            conditions, condition(kind, holds, reason, message, now, generation)
        )
    return status.model_copy(
        update={
            "state": verdict.state,
            "conditions": conditions,
            "observed_generation": generation,
        }
    )


def is_news(status: OptimizationJobStatus, verdict: Verdict) -> bool:
    """Whether the first condition of a verdict is not yet in the status as the verdict has it."""
    found = find_condition(status.conditions, verdict.true[0])
    return found is None or (found.status, found.reason, found.message) != (
        "True",
        verdict.reason,
        verdict.message[:_MESSAGE_LIMIT],
    )


def to_wire(status: OptimizationJobStatus) -> Manifest:
    """The status as JSON, without empty lists."""
    return {name: value for name, value in status.to_wire().items() if value != []}


def _explain_true(kind: str, verdict: Verdict) -> str:
    # A held job is under way only as long as its solver has not stopped.
    is_stopping = kind == RECONCILING and SUSPENDED in verdict.true
    return ConditionReason.STOPPING if is_stopping else verdict.reason


def _explain_false(kind: str, verdict: Verdict) -> str:
    if kind == SUSPENDED:
        return ConditionReason.NOT_SUSPENDED
    if kind == STALLED:
        return ConditionReason.NOT_STALLED
    if COMPLETE in verdict.true:
        return ConditionReason.COMPLETE
    if FAILED in verdict.true:
        return ConditionReason.FAILED
    if kind == RECONCILING:
        return ConditionReason.STALLED if STALLED in verdict.true else ConditionReason.SUSPENDED
    return ConditionReason.NOT_FINISHED
