"""The input and the result of a rule; pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import reduce

from argmin.api.answer import Outcome
from argmin.api.backend import BackendFields
from argmin.api.conditions import COMPLETE, FAILED, is_true
from argmin.api.optimization.spec import OptimizationJob, OptimizationJobStatus
from argmin.backends.attempts import remember_attempts
from argmin.backends.dispatch import find_execution, find_leftovers
from argmin.backends.execution import Actions, Execution, Leftovers, RunSet
from argmin.backends.run import Run
from argmin.backends.state import NOT_KEPT, Attempt, RunState
from argmin.optimization.active_deadline import close_period, count_remaining
from argmin.optimization.observe import Observed, read_contents
from argmin.optimization.status import record_answer, reset_status
from argmin.optimization.verification import reject_wrong_answer
from argmin.plan import Event

SOLVED = (Outcome.OPTIMAL, Outcome.FEASIBLE)
"""Outcomes with a solution."""


@dataclass(frozen=True)
class Context:
    """A job and its observed state at one moment."""

    job: OptimizationJob
    observed: Observed
    now: datetime
    run: Run
    """The wanted run, with its remaining running time."""
    execution: Execution
    """The execution of that run on its backend."""
    state: RunState
    """Its state on the backend."""
    status: OptimizationJobStatus
    """The status so far: attempts, running time, last solution."""
    leftovers: Leftovers = field(default_factory=Leftovers)
    """What is left of older runs."""

    @property
    def is_finished(self) -> bool:
        """Whether this run is complete or failed by its status."""
        conditions = self.status.conditions
        is_same_run = self.job.status.run_name == self.run.name
        return is_same_run and (is_true(conditions, COMPLETE) or is_true(conditions, FAILED))

    @property
    def has_kept_answer(self) -> bool:
        """Whether an interrupted attempt left a feasible solution."""
        return self.status.outcome in SOLVED

    @property
    def is_out_of_time(self) -> bool:
        """Whether the running time of the closed periods has used up the deadline."""
        left = count_remaining(self.job.spec.active_deadline_seconds, self.status)
        return left is not None and left <= 0


@dataclass(frozen=True)
class RuleResult:
    """The result of a rule: its reason, actions, status and events."""

    reason: str
    actions: Actions = field(default_factory=Actions)
    status: OptimizationJobStatus | None = None
    events: tuple[Event, ...] = ()
    requeue_after: timedelta | None = None
    stop: bool = False
    """No further rule is evaluated."""


Rule = Callable[[Context], RuleResult | None]
"""A rule returns a result, or `None` if it does not apply."""


def build_context(job: OptimizationJob, runs: RunSet, observed: Observed, now: datetime) -> Context:
    """Build the context of the rules. Times are in whole seconds, as in Kubernetes."""
    moment = now.replace(microsecond=0)
    (request,) = runs.requests.values()
    run = replace(request.run, contents=read_contents(observed.config_maps))
    execution = find_execution(request, observed.seen, moment)
    context = Context(
        job,
        observed,
        moment,
        run,
        execution,
        execution.state,
        job.status if request.is_known else reset_status(job.status, run.name),
        find_leftovers(runs, observed.seen, moment),
    )
    return context if context.is_finished else bring_up_to_date(context)


def find_last(attempts: Iterable[Attempt]) -> Attempt | None:
    """The last of some attempts."""
    return next(reversed(list(attempts)), None)


def bring_up_to_date(context: Context) -> Context:
    """The context with attempts, last solution and running time added to the status.

    Wrong answers are rejected here, and earlier progress is dropped: only the rule
    `report_progress` sets it again.
    """
    attempts = tuple(reject_wrong_answer(attempt) for attempt in context.state.attempts)
    context = replace(context, state=replace(context.state, attempts=attempts))
    status = _keep_last_solution(context)
    gone = context.execution.messages.gone
    remembered = remember_attempts(status.attempts, attempts, context.now, gone)
    status = status.model_copy(update={"attempts": remembered, "progress": None})
    status = record_backend(context, status, context.execution.backend_ref)
    status = _close_period(context, status)
    left = count_remaining(context.job.spec.active_deadline_seconds, status)
    # Kubernetes allows no deadline of zero: one second is the minimum.
    run = replace(context.run, deadline_seconds=None if left is None else max(1, left))
    return replace(context, run=run, status=status)


def record_backend(
    context: Context, status: OptimizationJobStatus, backend_ref: BackendFields
) -> OptimizationJobStatus:
    """The status with the backend of the run; what that leaves out is of the run before it.

    So the end of a run outside the cluster is recorded, whatever backend follows it.
    """
    former = [*context.leftovers.refs.values(), context.job.status]
    whole = reduce(BackendFields.inherit, former, backend_ref)
    return status.model_copy(update=whole.to_fields())


def _keep_last_solution(context: Context) -> OptimizationJobStatus:
    """Keep the delivered solution of an interrupted attempt until another has an answer.

    A worse one replaces it too: all attempts store their result at the same location, and the
    status reports the one that is stored. One that was not delivered is lost with its pod.
    """
    interrupted = (a for a in context.state.attempts if a.was_interrupted)
    kept = find_last(
        a
        for a in interrupted
        if a.answer and a.answer.outcome in SOLVED and a.answer.reason not in NOT_KEPT
    )
    if kept is None or kept.answer is None:
        return context.status
    return record_answer(context.status, kept.answer, context.run)


def _close_period(context: Context, status: OptimizationJobStatus) -> OptimizationJobStatus:
    """Close the active period if the run is suspended or gone, or is to be suspended now."""
    execution = context.execution
    idle_since = context.state.held_since or context.now
    if execution.is_suspended or not execution.exists:
        return close_period(status, idle_since)
    return close_period(status, context.now) if context.job.spec.suspend else status
