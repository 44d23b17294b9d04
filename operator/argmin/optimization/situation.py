"""What a rule looks at, and what it may say; pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from argmin.api.conditions import COMPLETE, FAILED, is_true
from argmin.api.optimizationjob import OptimizationJob, OptimizationJobStatus
from argmin.api.outcome import Outcome
from argmin.backends.attempts import remember_attempts
from argmin.backends.backend import Execution, Moves, Remains
from argmin.backends.executions import find_execution, find_remains
from argmin.backends.run import NOT_KEPT, Attempt, Defaults, Run, RunState
from argmin.optimization.budget import close_period, count_remaining
from argmin.optimization.claims import build_claim
from argmin.optimization.observe import Observed, read_contents
from argmin.optimization.status import record_answer, start_afresh
from argmin.optimization.verification import distrust
from argmin.plan import Event

SOLVED = (Outcome.OPTIMAL, Outcome.FEASIBLE)
"""Outcomes with a solution in hand."""


@dataclass(frozen=True)
class Situation:
    """A job and all that is known about it at one moment."""

    job: OptimizationJob
    observed: Observed
    now: datetime
    run: Run
    """What is to run, with the running time that is left."""
    execution: Execution
    """That run on its backend."""
    state: RunState
    """What its backend knows of it."""
    status: OptimizationJobStatus
    """What is known so far of this run: attempts, running time, the solution kept."""
    remains: Remains = field(default_factory=Remains)
    """What older runs left."""

    @property
    def is_finished(self) -> bool:
        """Whether this run was declared complete or failed before."""
        conditions = self.status.conditions
        is_same_run = self.job.status.job == self.run.name
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
class Step:
    """What one rule says: what is to be done, and why."""

    reason: str
    moves: Moves = field(default_factory=Moves)
    status: OptimizationJobStatus | None = None
    events: tuple[Event, ...] = ()
    requeue_after: timedelta | None = None
    settles: bool = False
    """Nothing is left to say: no further rule is asked."""


Rule = Callable[[Situation], Step | None]
"""A rule speaks, or it has nothing to say."""


def survey(
    job: OptimizationJob, observed: Observed, now: datetime, defaults: Defaults
) -> Situation:
    """Put together what the rules look at. Times are in whole seconds, as Kubernetes keeps them."""
    moment = now.replace(microsecond=0)
    claim = build_claim(job, defaults)
    run = replace(claim.run, contents=read_contents(observed.config_maps))
    execution = find_execution(claim, observed.seen, moment)
    situation = Situation(
        job,
        observed,
        moment,
        run,
        execution,
        execution.state,
        job.status if claim.is_known else start_afresh(job.status, run.name),
        find_remains(claim, observed.seen, moment),
    )
    return situation if situation.is_finished else bring_up_to_date(situation)


def find_last(attempts: Iterable[Attempt]) -> Attempt | None:
    """The last of some attempts."""
    return next(reversed(list(attempts)), None)


def bring_up_to_date(situation: Situation) -> Situation:
    """The situation with what its attempts add to the status: their list, a solution, time.

    Answers that are wrong count as such from here on, and what was written of the search is of
    the past: only the rule that reports progress says it again.
    """
    attempts = tuple(distrust(attempt) for attempt in situation.state.attempts)
    situation = replace(situation, state=replace(situation.state, attempts=attempts))
    status = _keep_last_solution(situation)
    gone = situation.execution.wording.gone
    runs = remember_attempts(status.runs, attempts, situation.now, gone)
    place = situation.execution.place.to_fields()
    status = status.model_copy(update={"runs": runs, "progress": None, **place})
    status = _close_period(situation, status)
    left = count_remaining(situation.job.spec.active_deadline_seconds, status)
    # Kubernetes knows no deadline of zero: one second is as good as none.
    run = replace(situation.run, deadline_seconds=None if left is None else max(1, left))
    return replace(situation, run=run, status=status)


def _keep_last_solution(situation: Situation) -> OptimizationJobStatus:
    """A solution that an interrupted attempt delivered stays, until another one has an answer.

    Also a worse one takes its place: all attempts store their result in the same place, and the
    status tells of the one that is there.
    One that nobody took is lost with its pod: the search goes on as if there were none.
    """
    interrupted = (a for a in situation.state.attempts if a.was_interrupted)
    kept = find_last(
        a
        for a in interrupted
        if a.answer and a.answer.outcome in SOLVED and a.answer.reason not in NOT_KEPT
    )
    if kept is None or kept.answer is None:
        return situation.status
    return record_answer(situation.status, kept.answer, situation.run)


def _close_period(situation: Situation, status: OptimizationJobStatus) -> OptimizationJobStatus:
    """Running time stops to count when the run is held or gone, or when the user holds it now."""
    execution = situation.execution
    idle_since = situation.state.held_since or situation.now
    if execution.is_held or not execution.exists:
        return close_period(status, idle_since)
    return close_period(status, situation.now) if situation.job.spec.suspend else status
