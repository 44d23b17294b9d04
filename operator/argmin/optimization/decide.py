"""What is to be done for an OptimizationJob: an ordered list of rules, each with its reason.

Every rule looks at the same situation. Most have nothing to say. One that speaks may ask for a
change and leave the rest to those after it; the first that settles the matter has the last word.
So the order is the behaviour: what ends a job comes before what holds it, and that before what
starts it.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from argmin.api.optimizationjob import OptimizationJob
from argmin.backends.backend import join_moves
from argmin.backends.run import Defaults
from argmin.optimization.endings import (
    accept_answer,
    await_last_words,
    cut_at_deadline,
    end_at_deadline,
    expire,
    fail_for_good,
    fail_with_run,
    leave_deleted,
    report_lost_answer,
    report_missing_answer,
    stay_finished,
)
from argmin.optimization.observe import Observed
from argmin.optimization.readiness import await_pause, await_sources, report_obstacle
from argmin.optimization.situation import Rule, Situation, Step, survey
from argmin.optimization.status import to_wire
from argmin.optimization.upkeep import (
    await_remains,
    await_removal,
    clear_remains,
    hold,
    make_way,
    repair,
    report_progress,
    run_again,
    settle_account,
    start,
)
from argmin.plan import Note, Plan

RULES: tuple[Rule, ...] = (
    leave_deleted,
    expire,
    clear_remains,
    stay_finished,
    await_remains,
    accept_answer,
    report_missing_answer,
    fail_for_good,
    cut_at_deadline,
    await_last_words,
    end_at_deadline,
    fail_with_run,
    report_lost_answer,
    hold,
    await_removal,
    run_again,
    settle_account,
    await_sources,
    report_obstacle,
    await_pause,
    make_way,
    start,
    repair,
    report_progress,
)


def decide(job: OptimizationJob, observed: Observed, now: datetime, defaults: Defaults) -> Plan:
    """The plan for a job: pure, total, and the same for the same arguments."""
    said = list(_consult(survey(job, observed, now, defaults)))
    steps = [step for _, step in said]
    last = steps[-1]
    moves = join_moves(step.moves for step in steps)
    return Plan(
        patch=moves.patch,
        apply=moves.apply,
        delete=moves.delete,
        calls=moves.calls,
        status=to_wire(last.status) if last.status else None,
        events=tuple(event for step in steps for event in step.events),
        requeue_after=last.requeue_after,
        notes=tuple(Note(name, step.reason) for name, step in said),
    )


def _consult(situation: Situation) -> Iterator[tuple[str, Step]]:
    for rule in RULES:
        step = rule(situation)
        if step:
            yield rule.__name__, step
            if step.settles:
                return
