"""Building the `RunRequest` of an OptimizationJob; pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from argmin.api.conditions import COMPLETE, FAILED, is_true
from argmin.api.optimization.spec import ABANDON, OptimizationJob
from argmin.backends.defaults import Defaults
from argmin.backends.execution import BackendRef, RunRequest
from argmin.optimization.active_deadline import count_remaining
from argmin.optimization.build_run import build_run


def build_run_request(job: OptimizationJob, defaults: Defaults) -> RunRequest:
    """The run that a job defines, and what its status records."""
    run = build_run(job, defaults)
    status = job.status
    conditions, metadata = status.conditions, job.metadata
    is_over = is_true(conditions, COMPLETE) or is_true(conditions, FAILED)
    return RunRequest(
        run=run,
        remembered_run=status.run_name,
        attempts=status.attempts,
        backend_ref=BackendRef(status.backend or BackendRef().backend, status.sage_maker),
        finalizers=metadata.finalizers,
        deadline=_find_deadline(job) if status.run_name == run.name else None,
        is_finished=is_over and status.run_name == run.name,
        is_deleted=metadata.deletion_timestamp is not None,
        is_abandoned=is_abandoned(metadata.annotations),
        force_delete_hint=describe_force_delete(job),
    )


def is_abandoned(annotations: Mapping[str, str]) -> bool:
    """Whether an annotation says not to wait for what the job has outside the cluster."""
    return annotations.get(ABANDON, "").strip().lower() == "true"


def describe_force_delete(job: OptimizationJob) -> str:
    """Message that says how to delete a job without waiting; empty if it is not being deleted."""
    if job.metadata.deletion_timestamp is None:
        return ""
    waiting = "the job is being deleted and waits for that"
    value = job.metadata.annotations.get(ABANDON)
    if value is None:
        return f"{waiting}: to let go of it at once, annotate it with {ABANDON}=true"
    return (
        f'{waiting}: its annotation {ABANDON} is "{value[:32]}", which says nothing;'
        f" to let go of it at once, write {ABANDON}=true"
    )


def _find_deadline(job: OptimizationJob) -> datetime | None:
    left = count_remaining(job.spec.active_deadline_seconds, job.status)
    since = job.status.active_since
    return None if left is None or since is None else since + timedelta(seconds=max(0, left))
