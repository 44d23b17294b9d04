"""Sets of runs, and what is observed of them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from argmin.api.backend import (
    AttemptStatus,
    BackendFields,
    BackendName,
    BackendSettings,
    SageMakerBackend,
    SageMakerStatus,
)
from argmin.api.scalars import format_time
from argmin.api.storage import S3Store
from argmin.backends.backend import Observations
from argmin.backends.dispatch import find_execution
from argmin.backends.execution import Execution, OwnerState, RunMemory, RunSet, build_run_set
from argmin.backends.pods.execution import ObservedPods
from argmin.backends.pods.job import build_job
from argmin.backends.pods.objects import LiveJob, LivePod
from argmin.backends.run import Owner, Run
from argmin.backends.sagemaker.jobs.processing import PROCESSING
from argmin.backends.sagemaker.observation import FINALIZER, JobObservation
from argmin.backends.sagemaker.request import name_job
from argmin.plan import Manifest
from tests.unit.backends.runs import OWNER, make_run

NOW = datetime(2026, 12, 1, 9, 0, tzinfo=UTC)
ROLE = "arn:aws:iam::111122223333:role/argmin-job"
SETTINGS = BackendSettings(
    sage_maker=SageMakerBackend(instance_type="ml.m5.large", role_arn=ROLE, region="eu-west-1")
)
KNOWN = RunMemory()
CLUSTER_OWNER = replace(OWNER, namespace="", uid="c1u5")


def trial(number: int, *, aws: bool = False, owner: Owner = OWNER, namespace: str = "team") -> Run:
    """A run that can be executed anywhere."""
    run = make_run(name=f"steel-r{number}", namespace=namespace, owner=owner)
    source = make_run().inputs[0]
    plain = replace(run, env=(), inputs=(source,), store=S3Store(bucket="results"))
    backend = BackendName.SAGE_MAKER if aws else BackendName.PODS
    return replace(plain, backend=backend, backend_settings=SETTINGS)


def make_set(*runs: Run, remembered: dict[str, RunMemory] | None = None, **owner: Any) -> RunSet:
    """The set of some runs of one owner; `owner` has fields of its state."""
    of = runs[0].owner if runs else OWNER
    return build_run_set(OwnerState(of, **owner), runs, remembered or {})


def held(*runs: Run, remembered: dict[str, RunMemory] | None = None, **owner: Any) -> RunSet:
    """The same with argmin's finalizer on the owner."""
    return make_set(*runs, remembered=remembered, finalizers=(FINALIZER,), **owner)


def announced(run: Run, arn: bool = True, **fields: Any) -> RunMemory:
    """What a status records of a run whose first job was announced, and created."""
    name = name_job(run, 1)
    prefix = "arn:aws:sagemaker:eu-west-1:111122223333:processing-job"
    status = SageMakerStatus(
        job_name=name, region="eu-west-1", job_arn=f"{prefix}/{name}" if arn else None
    )
    ref = BackendFields(backend=BackendName.SAGE_MAKER, sage_maker=status)
    return RunMemory(backend_ref=ref, **fields)


def job_of(run: Run, *conditions: str) -> LiveJob:
    """The Job of a run as the API server has it, with conditions that are true."""
    return LiveJob.model_validate(manifest_of(run, *conditions))


def manifest_of(run: Run, *conditions: str) -> Manifest:
    manifest = build_job(run)
    manifest["metadata"]["uid"] = f"uid-of-{run.name}"
    manifest["status"] = {
        "startTime": format_time(NOW),
        "conditions": [
            {"type": kind, "status": "True", "lastTransitionTime": format_time(NOW)}
            for kind in conditions
        ],
    }
    return manifest


def pod_of(run: Run, phase: str = "Running", exit_code: int = 1, message: str = "") -> LivePod:
    """The pod of a run's Job; `message` is what its container left at its end."""
    end = {"exitCode": exit_code, "finishedAt": format_time(NOW), "message": message}
    ended = {"terminated": end}
    state = {"running": {"startedAt": format_time(NOW)}} if phase == "Running" else ended
    return LivePod.model_validate(
        {
            "metadata": {
                "name": f"{run.name}-pod",
                "namespace": run.namespace,
                "uid": f"pod-of-{run.name}",
                "ownerReferences": [{"uid": f"uid-of-{run.name}", "controller": True}],
            },
            "status": {
                "phase": phase,
                "containerStatuses": [{"name": "runner", "state": state}],
            },
        }
    )


def in_pods(jobs: Iterable[LiveJob] = (), pods: Iterable[LivePod] = ()) -> dict[BackendName, Any]:
    """Observations of the cluster alone."""
    return {BackendName.PODS: ObservedPods(tuple(jobs), tuple(pods))}


def on_aws(run: Run, status: str = "InProgress") -> dict[str, JobObservation]:
    """The observation of a run's first job."""
    name = name_job(run, 1)
    job = PROCESSING.parse_description(
        {
            "ProcessingJobName": name,
            "ProcessingJobArn": f"arn:aws:sagemaker:eu-west-1:111122223333:processing-job/{name}",
            "ProcessingJobStatus": status,
            "CreationTime": NOW,
            "ProcessingStartTime": NOW,
            "ProcessingEndTime": NOW if status == "Stopped" else None,
        }
    )
    return {name: JobObservation(job, NOW + timedelta(seconds=30))}


def failed_attempt(name: str) -> AttemptStatus:
    return AttemptStatus(name=name, phase="Failed", exit_code=1, reason="Crashed")


def find_executions(runs: RunSet, seen: Observations, now: datetime = NOW) -> dict[str, Execution]:
    """The executions of all wanted runs, by run name."""
    return {name: find_execution(request, seen, now) for name, request in runs.requests.items()}
