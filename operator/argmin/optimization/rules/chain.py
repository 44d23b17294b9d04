"""The decision for an OptimizationJob: an ordered list of rules, with a reason for each place.

Every rule gets the same context, and most return nothing. A rule may return actions and let the
later rules go on; the first result with `stop` decides the status. So the order matters: rules that
end a job come before those that suspend it, and these before those that start it. Rules of a run's
life are those of every kind with runs (`argmin.backends.rules`), and are followed.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from argmin.api.backend import JOB_UID
from argmin.api.optimization.spec import OptimizationJob
from argmin.backends.execution import RunSet, merge_actions
from argmin.backends.rules.cleanup import await_removal, delete_stale_config_map
from argmin.backends.rules.completion import (
    accept_answer,
    await_final_answer,
    report_lost_answer,
    report_missing_answer,
)
from argmin.backends.rules.deadline import cut_at_deadline, end_at_deadline
from argmin.backends.rules.drift import repair
from argmin.backends.rules.failure import fail_for_good, fail_on_full_scratch, fail_with_run
from argmin.backends.rules.prerequisites import await_pause, check_preconditions
from argmin.backends.rules.start import record_active_time, run_again, start
from argmin.backends.rules.suspend import suspend
from argmin.optimization.observe import Observed
from argmin.optimization.rules.cleanup import await_cleanup, clean_up
from argmin.optimization.rules.context import Context, Rule, RuleResult, build_context
from argmin.optimization.rules.deletion import ignore_deleted
from argmin.optimization.rules.finish import stay_finished
from argmin.optimization.rules.prerequisites import await_sources
from argmin.optimization.rules.progress import report_progress
from argmin.optimization.rules.projection import follow
from argmin.optimization.rules.ttl import expire
from argmin.optimization.status import to_wire
from argmin.plan import Note, Plan

RULES: tuple[Rule, ...] = (
    ignore_deleted,  # a deleted object starts nothing; what runs outside is stopped
    expire,  # before the rules that keep a finished job: its time to live is over
    clean_up,  # also a finished job deletes what is left of an older spec
    stay_finished,  # an end is final: no rule below applies to a finished job
    await_cleanup,  # none starts while an older run is being stopped
    follow(accept_answer),  # an answer is used, whatever else happened to the job meanwhile
    follow(report_missing_answer),  # waiting cannot help after success without an answer
    follow(fail_for_good),  # a rerun would end the same: before deadline and retries
    follow(fail_on_full_scratch),  # a rerun would write as much: as the line above
    follow(cut_at_deadline),  # stops what runs too long; its last answer may still come
    follow(await_final_answer),  # before the job ends without the answer that is on its way
    follow(end_at_deadline),  # the time is used up, nothing runs: use the last solution, or fail
    follow(fail_with_run),  # the backend gave up: the deadline is the more precise reason
    follow(report_lost_answer),  # before run_again, which would repeat it without end
    follow(suspend),  # all ends come first: what has ended cannot be suspended
    follow(await_removal),  # its Job is being deleted: a new one would have the same name
    follow(run_again),  # ended without a result and not for a reason above: another attempt
    follow(record_active_time),  # a crash between this and a start would lose the time
    await_sources,  # a run is not started without what its spec names
    follow(check_preconditions),  # nor where its backend is known to refuse it
    follow(await_pause),  # the last check: backends that retry by themselves have none
    follow(delete_stale_config_map),  # of an earlier Job of this run: it cannot be changed
    follow(start),  # nothing runs, and no rule above stopped the chain
    follow(repair),  # a run is there or announced: make it so, which creates it elsewhere
    report_progress,  # otherwise: reports the progress of the run
)


def decide(job: OptimizationJob, runs: RunSet, observed: Observed, now: datetime) -> Plan:
    """The plan for a job: pure, total, and the same for the same arguments."""
    evaluated = list(_evaluate(build_context(job, runs, observed, now)))
    results = [result for _, result in evaluated]
    last = results[-1]
    actions = merge_actions(result.actions for result in results)
    return Plan(
        patch=actions.patch,
        apply=actions.apply,
        delete=actions.delete,
        calls=actions.calls,
        status=to_wire(last.status) if last.status else None,
        uids={(JOB_UID,): actions.job} if actions.job else {},
        events=tuple(event for result in results for event in result.events),
        requeue_after=last.requeue_after,
        notes=tuple(Note(name, result.reason) for name, result in evaluated),
    )


def _evaluate(context: Context) -> Iterator[tuple[str, RuleResult]]:
    for rule in RULES:
        result = rule(context)
        if result:
            yield rule.__name__, result
            if result.stop:
                return
