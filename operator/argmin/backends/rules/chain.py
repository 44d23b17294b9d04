"""The order of the rules of a run's life, with a reason for each place; pure.

Most rules return nothing. One may return actions and let the later rules go on; the first result
with `stop` decides. A kind evaluates them all by `decide_run`, or puts rules of its own between the
three parts.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

from argmin.backends.execution import Actions, RunMemory, merge_actions
from argmin.backends.rules.cleanup import await_removal, delete_stale_config_map
from argmin.backends.rules.completion import (
    accept_answer,
    await_final_answer,
    report_lost_answer,
    report_missing_answer,
)
from argmin.backends.rules.context import RunChange, RunContext, RunEnd, RunResult, RunRule
from argmin.backends.rules.deadline import cut_at_deadline, end_at_deadline
from argmin.backends.rules.drift import repair
from argmin.backends.rules.failure import fail_for_good, fail_on_full_scratch, fail_with_run
from argmin.backends.rules.policy import enforce_policy
from argmin.backends.rules.prerequisites import await_pause, check_preconditions
from argmin.backends.rules.progress import report_progress
from argmin.backends.rules.start import record_active_time, run_again, start
from argmin.backends.rules.suspend import suspend
from argmin.plan import Note

ENDINGS: tuple[RunRule, ...] = (
    accept_answer,  # an answer is used, whatever else happened to the run meanwhile
    report_missing_answer,  # waiting cannot help after success without an answer
    fail_for_good,  # a rerun would end the same: before deadline and retries are looked at
    fail_on_full_scratch,  # a rerun would write as much: for the same reason as the line above
    cut_at_deadline,  # stops what runs too long; its last answer may still come
    await_final_answer,  # before the run ends without the answer that is on its way
    end_at_deadline,  # the time is used up and nothing runs: use the last solution, or fail
    fail_with_run,  # the backend gave up: after the deadline, which is the more precise reason
    report_lost_answer,  # before run_again, which would repeat a run that succeeded without end
)
"""How a run ends; they come first, since what has ended can neither be suspended nor started."""

PAUSES: tuple[RunRule, ...] = (
    suspend,  # all ends come first: what has ended cannot be suspended
    await_removal,  # its Job is being deleted: a new one would have the same name
    run_again,  # ended without a result and not for a reason above: another attempt
    record_active_time,  # before anything starts: a crash in between would lose the time used
    enforce_policy,  # before anything is waited for, or resumed, that may not start at all
)
"""What keeps a run from starting for now, apart from what it needs."""

STARTS: tuple[RunRule, ...] = (
    check_preconditions,  # a run is not started where its backend is known to refuse it
    await_pause,  # the last check before a start: backends that retry by themselves have none
    delete_stale_config_map,  # of an earlier Job of this run: it cannot be changed, only replaced
    start,  # nothing runs, and no rule above stopped the chain
    repair,  # a run is there or announced: make it so, which elsewhere creates what was announced
)
"""How a run starts, and is kept as it is wanted."""

LIFE: tuple[RunRule, ...] = (
    *ENDINGS,
    *PAUSES,
    *STARTS,
    report_progress,  # otherwise: reports the progress of the run
)


@dataclass(frozen=True)
class RunDecision:
    """What is done for one run, and what the status is to say and to record of it."""

    actions: Actions
    change: RunChange | RunEnd
    memory: RunMemory
    requeue_after: timedelta | None
    notes: tuple[Note, ...]


def decide_run(context: RunContext) -> RunDecision:
    """The decision for a run that has not finished: pure, and the same for the same arguments."""
    evaluated = list(_evaluate(context))
    results = [result for _, result in evaluated]
    last = results[-1]
    assert last.change is not None, "the last rule always says where the run stands"
    return RunDecision(
        actions=merge_actions(result.actions for result in results),
        change=last.change,
        memory=last.memory or context.memory,
        requeue_after=last.requeue_after,
        notes=tuple(Note(name, result.reason) for name, result in evaluated),
    )


def _evaluate(context: RunContext) -> Iterator[tuple[str, RunResult]]:
    for rule in LIFE:
        result = rule(context)
        if result:
            yield rule.__name__, result
            if result.stop:
                return
