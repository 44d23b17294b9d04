"""The decision for an OptimizationJob: an ordered list of rules, with a reason for each place.

Every rule gets the same context, and most return nothing. A rule may return actions and let the
later rules go on; the first result with `stop` decides the status. So the order matters: rules that
end a job come before those that suspend it, and these before those that start it. The rules of its
run's life are those of every kind with runs, in the order of `argmin.backends.rules.chain`.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from argmin.api.backend import JOB_UID
from argmin.api.optimization.spec import OptimizationJob
from argmin.backends.execution import RunSet, merge_actions
from argmin.backends.rules.chain import ENDINGS, PAUSES, STARTS
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
    *map(follow, ENDINGS),  # an end of the run is an end of the job, whatever its spec says now
    *map(follow, PAUSES),  # all ends come first: what has ended cannot be suspended
    await_sources,  # a run is not started without what its spec names
    *map(follow, STARTS),  # nothing ended or holds the run, and all that it needs is there
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
        following=actions.following,
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
