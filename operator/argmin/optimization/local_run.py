"""The status of a job whose run has ended on this machine; pure.

The same rules apply as in a cluster; only those that end a job can match.
"""

from __future__ import annotations

from datetime import datetime

from argmin.api.answer import Outcome
from argmin.api.conditions import FAILED
from argmin.api.optimization.spec import OptimizationJob, OptimizationJobStatus, State
from argmin.backends.local.execution import ConcludedExecution
from argmin.backends.run import Run
from argmin.backends.state import RunState
from argmin.optimization.observe import Observed
from argmin.optimization.rules.completion import accept_answer, report_missing_answer
from argmin.optimization.rules.context import Context, Rule, bring_up_to_date
from argmin.optimization.rules.deadline import end_at_deadline
from argmin.optimization.rules.failure import fail_for_good, fail_with_run
from argmin.optimization.status import ConditionUpdate, reset_status, set_conditions

ENDINGS: tuple[Rule, ...] = (
    accept_answer,
    report_missing_answer,
    fail_for_good,
    end_at_deadline,
    fail_with_run,
)


def conclude(
    job: OptimizationJob, run: Run, state: RunState, now: datetime
) -> OptimizationJobStatus:
    """The status of a job whose run has ended in `state`: succeeded or failed.

    Without a store it has no reference to the solution, which is in the folder of the run.
    """
    status = reset_status(OptimizationJobStatus(), run.name)
    moment = now.replace(microsecond=0)
    execution = ConcludedExecution(state)
    context = bring_up_to_date(Context(job, Observed(), moment, run, execution, state, status))
    steps = (rule(context) for rule in ENDINGS)
    ended = next(step.status for step in steps if step and step.status)
    is_stored = ended.solution_ref is not None and ended.solution_ref.s3 is not None
    return ended if is_stored else ended.model_copy(update={"solution_ref": None})


def refuse(reason: str, message: str, now: datetime) -> OptimizationJobStatus:
    """The status of a job that was not run because it is invalid."""
    change = ConditionUpdate(State.FAILED, (FAILED,), reason, message)
    return set_conditions(OptimizationJobStatus(outcome=Outcome.ERROR), change, 0, now)
