"""The input and the result of a rule; pure."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import reduce

from argmin.api.answer import Outcome
from argmin.api.backend import BackendFields
from argmin.api.optimization.spec import OptimizationJob, OptimizationJobStatus
from argmin.backends.dispatch import find_execution, find_leftovers
from argmin.backends.execution import Actions, Execution, Leftovers, RunMemory, RunSet
from argmin.backends.rules.context import RunContext, find_last
from argmin.backends.rules.context import build_context as build_run_context
from argmin.backends.run import Run
from argmin.backends.state import NOT_KEPT, RunState
from argmin.optimization.observe import Observed, read_contents
from argmin.optimization.status import record_answer, record_memory, reset_status
from argmin.optimization.verification import reject_wrong_answer
from argmin.plan import Event

SOLVED = (Outcome.OPTIMAL, Outcome.FEASIBLE)
"""Outcomes with a solution."""


@dataclass(frozen=True)
class Context:
    """A job and its observed state at one moment."""

    job: OptimizationJob
    observed: Observed
    life: RunContext
    """Its run."""
    status: OptimizationJobStatus
    """The status so far: attempts, running time, last solution."""
    leftovers: Leftovers = field(default_factory=Leftovers)
    """What is left of older runs."""

    @property
    def now(self) -> datetime:
        """The time, in whole seconds."""
        return self.life.now

    @property
    def run(self) -> Run:
        """The run, with its remaining running time."""
        return self.life.run

    @property
    def execution(self) -> Execution:
        """The execution of the run on its backend."""
        return self.life.execution

    @property
    def state(self) -> RunState:
        """Its state there."""
        return self.life.state

    @property
    def is_finished(self) -> bool:
        """Whether this run is complete or failed by its status."""
        return self.life.request.is_finished

    @property
    def has_kept_answer(self) -> bool:
        """Whether an interrupted attempt left a feasible solution."""
        return self.status.outcome in SOLVED


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
    request = replace(request, run=run)
    execution = find_execution(request, observed.seen, moment)
    leftovers = find_leftovers(runs, observed.seen, moment)
    if request.is_finished:
        memory = request.memory or RunMemory()
        life = RunContext(request, execution, execution.state, run, memory, moment)
        return Context(job, observed, life, job.status, leftovers)
    life = build_run_context(request, execution, moment, reject_wrong_answer)
    return bring_up_to_date(job, observed, life, leftovers)


def bring_up_to_date(
    job: OptimizationJob, observed: Observed, life: RunContext, leftovers: Leftovers
) -> Context:
    """The context with attempts, last solution and running time added to the status.

    Earlier progress is dropped: only the rule `report_progress` sets it again. What a run leaves
    out of its backend is of the run before it: so the end of that is recorded, whatever follows.
    """
    former = [*leftovers.refs.values(), job.status]
    backend_ref = reduce(BackendFields.inherit, former, life.memory.backend_ref)
    life = replace(life, memory=replace(life.memory, backend_ref=backend_ref))
    status = job.status if life.request.is_known else reset_status(job.status, life.run.name)
    status = _keep_last_solution(life, status).model_copy(update={"progress": None})
    return Context(job, observed, life, record_memory(status, life.memory), leftovers)


def _keep_last_solution(life: RunContext, status: OptimizationJobStatus) -> OptimizationJobStatus:
    """Keep the delivered solution of an interrupted attempt until another has an answer.

    A worse one replaces it too: all attempts store their result at the same location, and the
    status reports the one that is stored. One that was not delivered is lost with its pod.
    """
    interrupted = (a for a in life.state.attempts if a.was_interrupted)
    kept = find_last(
        a
        for a in interrupted
        if a.answer and a.answer.solve.outcome in SOLVED and a.answer.reason not in NOT_KEPT
    )
    if kept is None or kept.answer is None:
        return status
    return record_answer(status, kept.answer, life.run)
