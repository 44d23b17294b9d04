"""Dispatch over all backends: the one that has a run, and leftovers on the others; pure."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime

from argmin.api.backend import BackendName
from argmin.api.progress import AttemptProgress
from argmin.backends.execution import Execution, Leftovers, RunRequest, merge_actions
from argmin.backends.pods import execution as pod_execution
from argmin.backends.pods.execution import ObservedPods
from argmin.backends.sagemaker import execution as sagemaker_execution
from argmin.backends.sagemaker.observation import JobObservation, find_announced, record_end


@dataclass(frozen=True)
class Observations:
    """What an owner has on all backends."""

    pods: ObservedPods = field(default_factory=ObservedPods)
    sage_maker: JobObservation | None = None
    """The SageMaker job that the status names, if it was observed."""


def find_execution(request: RunRequest, seen: Observations, now: datetime) -> Execution:
    """The execution of the wanted run, on its backend."""
    request = _record_older_end(request, seen)
    if request.run.backend is BackendName.SAGE_MAKER:
        return sagemaker_execution.find_execution(request, seen.sage_maker, now)
    return pod_execution.find_execution(request, seen.pods, now)


def read_progress(seen: Observations) -> AttemptProgress | None:
    """The progress of a search, if its backend was observed."""
    observed = seen.sage_maker
    if observed is None or observed.job is None or observed.progress is None:
        return None
    return AttemptProgress(attempt=observed.job.name, progress=observed.progress)


def find_leftovers(request: RunRequest, seen: Observations, now: datetime) -> Leftovers:
    """What older runs left on any backend."""
    pods = pod_execution.find_leftovers(request, seen.pods)
    aws = sagemaker_execution.find_leftovers(request, seen.sage_maker, now)
    return replace(aws, actions=merge_actions((pods.actions, aws.actions)))


def _record_older_end(request: RunRequest, seen: Observations) -> RunRequest:
    """The request with the observed end of an older run's SageMaker job.

    It is recorded in the status, whatever backend the wanted run has, to save calls to AWS.
    """
    older, observed = request.backend_ref.sage_maker, seen.sage_maker
    if older is None or observed is None or find_announced(request):
        return request
    return replace(
        request, backend_ref=replace(request.backend_ref, sage_maker=record_end(older, observed))
    )
