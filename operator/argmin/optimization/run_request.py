"""Building the `RunSet` of an OptimizationJob: its one run; pure."""

from __future__ import annotations

from collections.abc import Mapping

from argmin.api.backend import BackendFields, BackendName
from argmin.api.conditions import COMPLETE, FAILED, is_true
from argmin.api.optimization.spec import ABANDON, OptimizationJob
from argmin.backends.execution import OwnerState, RunMemory, RunSet, build_run_set
from argmin.backends.policy import Policy, apply_policy
from argmin.optimization.build_run import build_run


def build_runs(job: OptimizationJob, policy: Policy) -> RunSet:
    """The run that a job defines, as the only one of its set, and what its status records.

    A status has room for one run: after an edit it is that of the older spec.
    """
    run = apply_policy(build_run(job, policy.defaults), policy)
    name, metadata = job.status.run_name, job.metadata
    owner = OwnerState(
        owner=run.owner,
        finalizers=metadata.finalizers,
        resource_version=metadata.resource_version,
        is_deleted=metadata.deletion_timestamp is not None,
        is_abandoned=is_abandoned(metadata.annotations),
        force_delete_hint=describe_force_delete(job),
    )
    return build_run_set(owner, (run,), {name: read_memory(job)} if name else {})


def read_memory(job: OptimizationJob) -> RunMemory:
    """What the status of a job records of its run."""
    status = job.status
    conditions = status.conditions
    fields = {**status.to_fields(), "backend": status.backend or BackendName.PODS}
    backend_ref = BackendFields().model_copy(update=fields)
    return RunMemory(
        backend_ref=backend_ref,
        attempts=status.attempts,
        active_since=status.active_since,
        active_seconds=status.active_seconds,
        is_finished=is_true(conditions, COMPLETE) or is_true(conditions, FAILED),
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
