"""Jobs on SageMaker that belong to no run that may go on; pure."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from argmin.api.backend import BackendFields, BackendName, SageMakerStatus
from argmin.aws.models import Access
from argmin.backends.execution import (
    Actions,
    Leftovers,
    OwnerState,
    RunSet,
    merge_leftovers,
)
from argmin.backends.sagemaker.calls import StopJob
from argmin.backends.sagemaker.decision.execution import (
    is_stopping,
    wait_for,
)
from argmin.backends.sagemaker.jobs import read_job_type
from argmin.backends.sagemaker.observation import (
    FINALIZER,
    JobObservation,
    ObservedJobs,
    list_unwanted,
    record_end,
)
from argmin.plan import Patch


def find_leftovers(run_set: RunSet, observations: ObservedJobs, now: datetime) -> Leftovers:
    """Stop the jobs that are not wanted any more; remove the finalizer once all have ended."""
    owner, unwanted = run_set.owner, list_unwanted(run_set)
    names = ", ".join(status.job_name for status, _ in unwanted.values())
    if owner.is_abandoned:
        warning = f"let go by annotation: SageMaker job {names} is yours to stop, if it is there"
        release = _release(owner, "let go by annotation")
        return Leftovers(release, warning=warning if names else "")
    parts = [
        _stop_unwanted(owner, status, access, observations.get(status.job_name), now)
        for status, access in unwanted.values()
    ]
    seen = {n: (status, observations.get(status.job_name)) for n, (status, _) in unwanted.items()}
    refs = {n: _record_end(s, o) for n, (s, o) in seen.items() if o is not None and not o.is_live}
    found = merge_leftovers((*parts, Leftovers(refs=refs)))
    if found.awaited or any(
        not r.is_idle and r.run.backend is BackendName.SAGE_MAKER for r in run_set.requests.values()
    ):
        return found
    return replace(found, actions=_release(owner, "SageMaker has nothing more of it"))


def _stop_unwanted(
    owner: OwnerState,
    status: SageMakerStatus,
    access: Access,
    observed: JobObservation | None,
    now: datetime,
) -> Leftovers:
    if observed is not None and not observed.is_live:
        return Leftovers()
    reason = "nobody wants this job any more"
    stop = StopJob(
        reason,
        access,
        read_job_type(status),
        status.job_name,
        force_delete_hint=owner.force_delete_hint,
    )
    return Leftovers(
        Actions() if is_stopping(observed) else Actions(reason, calls=(stop,)),
        awaited=f"SageMaker job {status.job_name} is being stopped",
        look_again=wait_for(now, observed.due if observed else None),
    )


def _record_end(status: SageMakerStatus, observed: JobObservation) -> BackendFields:
    ended = record_end(status, observed)
    return BackendFields(backend=BackendName.SAGE_MAKER, sage_maker=ended)


def _release(owner: OwnerState, reason: str) -> Actions:
    if FINALIZER not in owner.finalizers:
        return Actions()
    patch = Patch.without_finalizer(
        owner.owner.key, owner.finalizers, FINALIZER, owner.resource_version, reason
    )
    return Actions(reason, patch=(patch,))
