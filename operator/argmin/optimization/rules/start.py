"""Rules that start a run, or start it again; pure."""

from __future__ import annotations

from datetime import timedelta

from argmin.backends.state import RunPhase
from argmin.optimization.active_deadline import open_period
from argmin.optimization.reasons import ConditionReason
from argmin.optimization.rules.context import Context, RuleResult, record_backend
from argmin.optimization.rules.messages import pending, queued, update_status
from argmin.optimization.status import set_conditions


def run_again(s: Context) -> RuleResult | None:
    """The Job has ended without a result, because its pod was stopped: replace the Job.

    A solver that is stopped with a solution ends with exit code 0, so Kubernetes sets the Job
    complete, although the search has not finished.
    """
    if s.state.phase is not RunPhase.SUCCEEDED:
        return None
    change = pending(
        ConditionReason.RETRYING,
        "the last attempt was stopped before it was done: another follows",
    )
    return RuleResult(
        change.message,
        s.execution.delete_job(change.message),
        status=update_status(s, change),
        stop=True,
    )


def record_active_time(s: Context) -> RuleResult | None:
    """The run no longer exists: record its running time before another starts.

    Otherwise, after a crash of the operator in between, that time would not count.
    """
    if (
        s.execution.exists
        or s.job.status.active_since is None
        or s.job.status.run_name != s.run.name
    ):
        return None
    change = pending(ConditionReason.RETRYING, s.execution.messages.removed)
    return RuleResult(
        f"{s.status.active_seconds} s of running time are used",
        status=update_status(s, change),
        requeue_after=timedelta(0),
        stop=True,
    )


def start(s: Context) -> RuleResult | None:
    """Start the run if nothing runs for this spec.

    Also if somebody deleted what ran: attempts and running time continue to count.
    """
    if s.execution.exists:
        return None
    reason = (
        "nothing runs yet for this spec" if not s.status.attempts else "another attempt follows"
    )
    actions = s.execution.start(s.run, reason)
    change = pending(ConditionReason.PENDING, s.execution.messages.preparing)
    status = s.status
    if actions.backend_ref:
        status = record_backend(s, status, actions.backend_ref)
    if s.run.queue_labels:
        change = queued()
    else:
        status = open_period(status, s.now)
    return RuleResult(
        reason,
        actions,
        status=set_conditions(status, change, s.job.metadata.generation, s.now),
        requeue_after=None if actions else timedelta(0),
        stop=True,
    )
