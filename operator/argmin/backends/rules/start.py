"""Rules that start a run, or start it again; pure."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from argmin.backends.rules.active_time import open_period
from argmin.backends.rules.context import RunContext, RunResult
from argmin.backends.rules.progress import pending, queued
from argmin.backends.rules.reasons import LifeReason
from argmin.backends.state import RunPhase


def run_again(c: RunContext) -> RunResult | None:
    """The Job has ended without a result, because its pod was stopped: replace the Job.

    A solver that is stopped with a solution ends with exit code 0, so Kubernetes sets the Job
    complete, although the search has not finished.
    """
    if c.state.phase is not RunPhase.SUCCEEDED:
        return None
    change = pending(
        LifeReason.RETRYING,
        "the last attempt was stopped before it was done: another follows",
    )
    return RunResult(change.message, c.execution.delete_job(change.message), change, stop=True)


def record_active_time(c: RunContext) -> RunResult | None:
    """The run no longer exists: record its running time before another starts.

    Otherwise, after a crash of the operator in between, that time would not count.
    """
    recorded = c.request.memory
    if c.execution.exists or recorded is None or recorded.active_since is None:
        return None
    return RunResult(
        f"{c.memory.active_seconds} s of running time are used",
        change=pending(LifeReason.RETRYING, c.execution.messages.removed),
        requeue_after=timedelta(0),
        stop=True,
    )


def start(c: RunContext) -> RunResult | None:
    """Start the run if nothing runs for this spec.

    Also if somebody deleted what ran: attempts and running time continue to count.
    """
    if c.execution.exists:
        return None
    reason = (
        "nothing runs yet for this spec" if not c.memory.attempts else "another attempt follows"
    )
    actions = c.execution.start(c.run, reason)
    memory, change = c.memory, pending(LifeReason.PENDING, c.execution.messages.preparing)
    if actions.backend_ref:
        memory = replace(memory, backend_ref=actions.backend_ref)
    if c.run.queue_labels:
        change = queued()
    else:
        memory = open_period(memory, c.now)
    requeue_after = None if actions else timedelta(0)
    return RunResult(reason, actions, change, memory, requeue_after, stop=True)
