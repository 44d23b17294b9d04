"""From a run that has ended without a cluster to the status of its job; pure.

By the same rules as in a cluster, of which only those that end a job can apply.
"""

from __future__ import annotations

from datetime import datetime

from argmin.api.conditions import FAILED
from argmin.api.optimizationjob import OptimizationJob, OptimizationJobStatus, State
from argmin.api.outcome import Outcome
from argmin.backends.local_execution import ConcludedExecution
from argmin.backends.run import Run, RunState
from argmin.optimization.endings import (
    accept_answer,
    end_at_deadline,
    fail_for_good,
    fail_with_run,
    report_missing_answer,
)
from argmin.optimization.observe import Observed
from argmin.optimization.situation import Rule, Situation, bring_up_to_date
from argmin.optimization.status import Verdict, pronounce, start_afresh

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

    It refers to a store or to nothing: without one, the solution is where the backend has put it.
    """
    status = start_afresh(OptimizationJobStatus(), run.name)
    moment = now.replace(microsecond=0)
    execution = ConcludedExecution(state)
    situation = bring_up_to_date(Situation(job, Observed(), moment, run, execution, state, status))
    steps = (rule(situation) for rule in ENDINGS)
    ended = next(step.status for step in steps if step and step.status)
    is_stored = ended.solution_ref is not None and ended.solution_ref.s3 is not None
    return ended if is_stored else ended.model_copy(update={"solution_ref": None})


def refuse(reason: str, message: str, now: datetime) -> OptimizationJobStatus:
    """The status of a job that was not run at all, because something in it is wrong."""
    verdict = Verdict(State.FAILED, (FAILED,), reason, message)
    return pronounce(OptimizationJobStatus(outcome=Outcome.ERROR), verdict, 0, now)
