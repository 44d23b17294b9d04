"""The status: answers, conditions and the state summary; pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from argmin.api.answer import RunReport, SolveResult
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
from argmin.api.optimization.spec import OptimizationJobStatus, SolutionRef, State
from argmin.api.run import SOLUTION_KEY, name_result
from argmin.api.storage import StoredResult
from argmin.backends.execution import RunMemory
from argmin.backends.rules.reasons import LifeReason
from argmin.backends.run import Run
from argmin.optimization.reasons import ConditionReason
from argmin.plan import Manifest

CONDITIONS = (COMPLETE, FAILED, SUSPENDED, RECONCILING, STALLED)
"""Conditions that are always set, so that absent and false need not be distinguished."""

_MESSAGE_LIMIT = 4096

_ANSWER_FIELDS = tuple(
    name for name in RunReport.model_fields if name in OptimizationJobStatus.model_fields
)
_RESULT_FIELDS = tuple(
    name for name in SolveResult.model_fields if name in OptimizationJobStatus.model_fields
)


@dataclass(frozen=True)
class ConditionUpdate:
    """The new state of a job, its true conditions, and their reason and message."""

    state: State
    true: tuple[str, ...]
    """Types of the conditions that are `True`; the reason is that of the first."""
    reason: str
    message: str


def reset_status(status: OptimizationJobStatus, run_name: str) -> OptimizationJobStatus:
    """The status of a new run: without answers; conditions keep their `lastTransitionTime`."""
    kept = tuple(c for c in status.conditions if c.type in CONDITIONS)
    return OptimizationJobStatus(run_name=run_name, conditions=kept)


def record_answer(
    status: OptimizationJobStatus, answer: RunReport, run: Run
) -> OptimizationJobStatus:
    """The status with the fields of an answer, and a reference to the stored solution."""
    fields = {name: getattr(answer, name) for name in _ANSWER_FIELDS}
    fields |= {name: getattr(answer.solve, name) for name in _RESULT_FIELDS}
    return status.model_copy(update={**fields, "solution_ref": _build_solution_ref(answer, run)})


def record_memory(status: OptimizationJobStatus, memory: RunMemory) -> OptimizationJobStatus:
    """The status with what is recorded of its one run."""
    fields = {
        "attempts": memory.attempts,
        "active_since": memory.active_since,
        "active_seconds": memory.active_seconds,
        **memory.backend_ref.inherit(status).to_fields(),
    }
    return status.model_copy(update=fields)


def _build_solution_ref(answer: RunReport, run: Run) -> SolutionRef | None:
    """Where the result is: the store in the answer if set, else where the runner wrote it."""
    if answer.stored:
        return SolutionRef(s3=answer.stored)
    if not answer.delivered:
        return None
    store = run.document.transfers.result
    if store is None:
        return SolutionRef(config_map=name_result(run.name), key=SOLUTION_KEY)
    location = StoredResult(
        bucket=store.bucket, prefix=store.prefix, region=store.region, endpoint=store.endpoint
    )
    return SolutionRef(s3=location)


def set_conditions(
    status: OptimizationJobStatus, change: ConditionUpdate, generation: int, now: datetime
) -> OptimizationJobStatus:
    """The status after a change: state, all conditions, and the observed generation."""
    conditions = status.conditions
    for kind in CONDITIONS:
        holds = kind in change.true
        reason = _explain_true(kind, change) if holds else _explain_false(kind, change)
        message = change.message[:_MESSAGE_LIMIT] if holds else ""
        conditions = set_condition(
            conditions, condition(kind, holds, reason, message, now, generation)
        )
    return status.model_copy(
        update={
            "state": change.state,
            "conditions": conditions,
            "observed_generation": generation,
        }
    )


def is_changed(status: OptimizationJobStatus, change: ConditionUpdate) -> bool:
    """Whether the status does not report the first condition of a change yet."""
    found = find_condition(status.conditions, change.true[0])
    return found is None or (found.status, found.reason, found.message) != (
        "True",
        change.reason,
        change.message[:_MESSAGE_LIMIT],
    )


def to_wire(status: OptimizationJobStatus) -> Manifest:
    """The status as JSON without empty lists."""
    return {name: value for name, value in status.to_wire().items() if value != []}


def _explain_true(kind: str, change: ConditionUpdate) -> str:
    # A suspended job is reconciling only until its solver has stopped.
    is_stopping = kind == RECONCILING and SUSPENDED in change.true
    return LifeReason.STOPPING if is_stopping else change.reason


def _explain_false(kind: str, change: ConditionUpdate) -> str:
    if kind == SUSPENDED:
        return ConditionReason.NOT_SUSPENDED
    if kind == STALLED:
        return ConditionReason.NOT_STALLED
    if COMPLETE in change.true:
        return ConditionReason.COMPLETE
    if FAILED in change.true:
        return ConditionReason.FAILED
    if kind == RECONCILING:
        return ConditionReason.STALLED if STALLED in change.true else LifeReason.SUSPENDED
    return ConditionReason.NOT_FINISHED
