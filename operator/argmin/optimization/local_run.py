"""The status of a job whose run has ended on this machine; pure.

The same rules apply as in a cluster; only those that end a job can match.
"""

from __future__ import annotations

from datetime import datetime

from argmin.api.answer import Outcome
from argmin.api.conditions import FAILED
from argmin.api.optimization.spec import OptimizationJob, OptimizationJobStatus, State
from argmin.backends.execution import Leftovers, OwnerState, RunRequest
from argmin.backends.local.execution import ConcludedExecution
from argmin.backends.rules.chain import decide_run
from argmin.backends.rules.context import RunEnd, build_context
from argmin.backends.run import Run
from argmin.backends.state import RunState
from argmin.optimization.observe import Observed
from argmin.optimization.rules.context import bring_up_to_date
from argmin.optimization.rules.finish import end
from argmin.optimization.status import ConditionUpdate, set_conditions
from argmin.optimization.verification import reject_wrong_answer


def conclude(
    job: OptimizationJob, run: Run, state: RunState, now: datetime
) -> OptimizationJobStatus:
    """The status of a job whose run has ended in `state`: succeeded or failed.

    Without a store it has no reference to the solution, which is in the folder of the run.
    """
    request = RunRequest(run, OwnerState(run.owner))
    execution = ConcludedExecution(state)
    life = build_context(request, execution, now.replace(microsecond=0), reject_wrong_answer)
    new = job.model_copy(update={"status": OptimizationJobStatus()})
    context = bring_up_to_date(new, Observed(), life, Leftovers())
    change = decide_run(context.life).change
    assert isinstance(change, RunEnd), "its run has ended"
    ended = end(context, change).status
    assert ended is not None, "an end is reported"
    is_stored = ended.solution_ref is not None and ended.solution_ref.s3 is not None
    return ended if is_stored else ended.model_copy(update={"solution_ref": None})


def refuse(reason: str, message: str, now: datetime) -> OptimizationJobStatus:
    """The status of a job that was not run because it is invalid."""
    change = ConditionUpdate(State.FAILED, (FAILED,), reason, message)
    return set_conditions(OptimizationJobStatus(outcome=Outcome.ERROR), change, 0, now)
