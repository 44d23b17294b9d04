"""From an OptimizationJob to what it claims of the backends; pure."""

from __future__ import annotations

from datetime import datetime, timedelta

from argmin.api.conditions import COMPLETE, FAILED, is_true
from argmin.api.optimizationjob import ABANDON, OptimizationJob
from argmin.backends.backend import Claim, Place
from argmin.backends.run import Defaults
from argmin.optimization.budget import count_remaining
from argmin.optimization.manifests import build_run


def build_claim(job: OptimizationJob, defaults: Defaults) -> Claim:
    """The run that a job wants, and what its status remembers."""
    run = build_run(job, defaults)
    status = job.status
    conditions, metadata = status.conditions, job.metadata
    is_over = is_true(conditions, COMPLETE) or is_true(conditions, FAILED)
    return Claim(
        run=run,
        remembered_run=status.job,
        attempts=status.runs,
        place=Place(status.backend or Place().backend, status.sage_maker),
        finalizers=metadata.finalizers,
        deadline=_find_deadline(job) if status.job == run.name else None,
        is_finished=is_over and status.job == run.name,
        is_deleted=metadata.deletion_timestamp is not None,
        is_abandoned=metadata.annotations.get(ABANDON, "").strip().lower() == "true",
        way_out=describe_way_out(job),
    )


def describe_way_out(job: OptimizationJob) -> str:
    """How a job that is being deleted goes at once, in words; empty for any other."""
    if job.metadata.deletion_timestamp is None:
        return ""
    waiting = "the job is being deleted and waits for that"
    said = job.metadata.annotations.get(ABANDON)
    if said is None:
        return f"{waiting}: to let go of it at once, annotate it with {ABANDON}=true"
    return (
        f'{waiting}: its annotation {ABANDON} is "{said[:32]}", which says nothing;'
        f" to let go of it at once, write {ABANDON}=true"
    )


def _find_deadline(job: OptimizationJob) -> datetime | None:
    left = count_remaining(job.spec.active_deadline_seconds, job.status)
    since = job.status.active_since
    return None if left is None or since is None else since + timedelta(seconds=max(0, left))
