"""Rules for a job whose running time is used up."""

from __future__ import annotations

from argmin.api.answer import Outcome
from argmin.api.conditions import COMPLETE, FAILED
from argmin.backends.state import RunPhase, RunReason
from argmin.optimization.rules.context import Context, RuleResult, find_last
from argmin.optimization.rules.failure import fail, was_lost
from argmin.optimization.rules.finish import finish
from argmin.optimization.status import record_answer


def cut_at_deadline(s: Context) -> RuleResult | None:
    """Stop a run whose time is used up, if its backend does not enforce the deadline itself.

    The solution that it has by then is still used.
    """
    actions = s.execution.enforce_deadline(s.run, s.now)
    return RuleResult(actions.reason, actions) if actions else None


def end_at_deadline(s: Context) -> RuleResult | None:
    """The running time of `spec.activeDeadlineSeconds` is used up.

    With a feasible solution from any attempt the job is complete; without one it has failed.
    """
    is_cut = s.state.phase in (RunPhase.ENDING, RunPhase.FAILED)
    is_idle = s.execution.is_suspended or not s.execution.exists
    if not (
        (is_cut and s.state.reason is RunReason.DEADLINE_EXCEEDED)
        or (s.is_out_of_time and is_idle and not s.job.spec.suspend)
    ):
        return None
    message = f"stopped by spec.activeDeadlineSeconds ({s.job.spec.active_deadline_seconds} s)"
    if s.has_kept_answer:
        return finish(
            s,
            s.status.model_copy(update={"outcome": Outcome.FEASIBLE}),
            COMPLETE,
            RunReason.DEADLINE_EXCEEDED,
            f"{message} with a feasible solution in hand",
        )
    last = find_last(a for a in s.state.attempts if a.answer)
    if last and last.answer and was_lost(last.answer):
        found = f"{message}, and what was found was not delivered: {last.answer.message}"
        return fail(s, last.answer.reason, found, last)
    status = record_answer(s.status, last.answer, s.run) if last and last.answer else s.status
    return finish(
        s,
        status.model_copy(update={"outcome": Outcome.UNKNOWN}),
        FAILED,
        RunReason.DEADLINE_EXCEEDED,
        f"{message} before any solution was found",
    )
