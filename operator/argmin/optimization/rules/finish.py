"""Rules for a job that has finished, and how its run ends it; pure."""

from __future__ import annotations

from datetime import timedelta

from argmin.api.answer import CONTRADICTIONS, Outcome, RunReport
from argmin.api.conditions import COMPLETE, FAILED
from argmin.api.optimization.spec import OptimizationJobStatus, State
from argmin.backends.execution import Actions
from argmin.backends.rules.active_time import close_period
from argmin.backends.rules.context import RunEnd
from argmin.backends.rules.failure import add_count
from argmin.backends.state import NOT_KEPT, Attempt, RunPhase, RunReason
from argmin.optimization.rules.context import Context, RuleResult
from argmin.optimization.rules.ttl import requeue_at_expiry
from argmin.optimization.status import (
    ConditionUpdate,
    record_answer,
    record_memory,
    set_conditions,
)
from argmin.optimization.verification import set_verified
from argmin.plan import Event


def stay_finished(s: Context) -> RuleResult | None:
    """A finished job stays as it is, whatever happens to its children.

    Only an edit of what it computes creates a new run. Suspending it has no effect.
    """
    if not s.is_finished:
        return None
    generation = s.job.metadata.generation
    conditions = tuple(
        c.model_copy(update={"observed_generation": generation}) for c in s.status.conditions
    )
    status = s.status.model_copy(
        update={"observed_generation": generation, "conditions": conditions}
    )
    return RuleResult(
        "the run of this spec has finished",
        _stop_retries(s),
        status=status,
        requeue_after=_find_first(requeue_at_expiry(s, status), s.leftovers.look_again),
        stop=True,
    )


def _stop_retries(s: Context) -> Actions:
    """Kubernetes makes no more pods for a job that has failed though its Job has not."""
    failed = next((c for c in s.status.conditions if c.type == FAILED), None)
    is_final = s.state.phase in (RunPhase.ENDING, RunPhase.FAILED, RunPhase.SUCCEEDED)
    if (
        failed is None
        or failed.reason != RunReason.SCRATCH_FULL
        or is_final
        or s.execution.is_being_deleted
    ):
        return Actions()
    return s.execution.delete_job("the job has failed: its pods would fill their folders again")


def _find_first(*pauses: timedelta | None) -> timedelta | None:
    return min((pause for pause in pauses if pause is not None), default=None)


def end(s: Context, run: RunEnd) -> RuleResult:
    """End the job as its run has ended."""
    if run.is_out_of_time:
        return _end_at_deadline(s, run)
    if run.has_answer and run.attempt and run.attempt.answer:
        answer = run.attempt.answer
        status = record_answer(s.status, answer, s.run)
        message = run.message or _summarize(answer)
        return _finish(s, status, COMPLETE, run.reason, message, run.attempt)
    return _fail(s, run.reason, run.message, run.attempt)


def _end_at_deadline(s: Context, run: RunEnd) -> RuleResult:
    """With a feasible solution from any attempt the job is complete; without one it has failed."""
    if s.has_kept_answer:
        status = s.status.model_copy(update={"outcome": Outcome.FEASIBLE})
        message = f"{run.message} with a feasible solution in hand"
        return _finish(s, status, COMPLETE, run.reason, message)
    answer = run.attempt.answer if run.attempt else None
    if answer and _was_lost(answer):
        found = f"{run.message}, and what was found was not delivered: {answer.message}"
        return _fail(s, answer.reason, add_count(s.life, found), run.attempt)
    status = record_answer(s.status, answer, s.run) if answer else s.status
    status = status.model_copy(update={"outcome": Outcome.UNKNOWN})
    return _finish(s, status, FAILED, run.reason, f"{run.message} before any solution was found")


def _was_lost(answer: RunReport) -> bool:
    """Whether the run found an answer that it could not deliver."""
    return answer.reason in NOT_KEPT and answer.has_result


def _fail(s: Context, reason: str, message: str, attempt: Attempt | None) -> RuleResult:
    status = s.status
    if s.has_kept_answer:
        message += "; the solution of an earlier attempt is kept"
    elif attempt and attempt.answer:
        status = record_answer(s.status, attempt.answer, s.run)
    else:
        status = status.model_copy(update={"outcome": Outcome.ERROR})
    return _finish(s, status, FAILED, reason, message, attempt)


def _finish(
    s: Context,
    status: OptimizationJobStatus,
    condition: str,
    reason: str,
    message: str,
    attempt: Attempt | None = None,
) -> RuleResult:
    """Set one condition true, emit an event, and close the active period."""
    finished = (attempt.finished if attempt else None) or s.now
    state = State.COMPLETE if condition == COMPLETE else State.FAILED
    starts = [a.start_time for a in status.attempts if a.start_time]
    status = record_memory(status, close_period(s.life.memory, finished)).model_copy(
        update={"completion_time": finished, "start_time": min(starts, default=status.start_time)}
    )
    change = ConditionUpdate(state, (condition,), reason, message)
    status = set_conditions(status, change, s.job.metadata.generation, s.now)
    status = set_verified(status, s.job.metadata.generation, s.now)
    return RuleResult(
        f"{condition}: {reason}: {message}",
        status=status,
        events=(Event(reason, message, warning=condition == FAILED or reason in CONTRADICTIONS),),
        requeue_after=timedelta(0) if s.execution.is_bound else requeue_at_expiry(s, status),
        stop=True,
    )


def _summarize(answer: RunReport) -> str:
    found = answer.solve
    solver = f" by {found.solver} {found.solver_version or ''}".rstrip() if found.solver else ""
    value = f", objective {found.objective}" if found.objective is not None else ""
    return f"{found.outcome}{value}{solver}"
