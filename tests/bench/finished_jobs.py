"""Finished jobs on an API server without nodes: we do what kubelet and Job controller would do.

The operator makes the Jobs and writes the answers itself, so what it holds in memory afterwards is
what it would hold on a cluster.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from functools import partial
from typing import Any

from kubernetes import client

from argmin.api.answer import Outcome, Reason, RunReport, Sense, SolveResult
from argmin.api.run import name_result
from argmin.api.scalars import format_time
from argmin.backends.pods.template import CONTAINER
from argmin.plan import Manifest
from tests.bench.manifests import build_quick, join_manifests
from tests.bench.sightings import load_configuration
from tests.cluster.waiting import wait_until
from tests.kubectl import Kubectl, holds

WRITERS = 8
STEP_TIMEOUT = 300.0
KIND = "optimizationjobs.argmin.dev"

_ANSWER = RunReport(
    succeeded=True,
    reason=Reason.OPTIMAL,
    message="proven optimal",
    seed=0,
    threads=1,
    result_digest="sha256:" + "0" * 64,
    delivered=True,
    result=SolveResult(
        outcome=Outcome.OPTIMAL,
        sense=Sense.MINIMIZE,
        objective="15005.0",
        best_bound="15005.0",
        gap="0",
        solver="highs",
        solver_version="1.14.0",
        nodes=1,
        solutions=1,
        solve_seconds="0.021",
        model_digest="sha256:" + "0" * 64,
    ),
)


def finish_jobs(kubectl: Kubectl, count: int) -> None:
    """Apply jobs in the namespace of `kubectl`, and bring all of them to their end.

    The operator has to run meanwhile.
    """
    kubectl.run("create", "serviceaccount", "default")  # no controller makes it here
    names = [f"job-{number:04}" for number in range(count)]
    manifests = join_manifests([build_quick(name) for name in names])
    kubectl.run("create", "--filename=-", stdin=manifests, timeout=STEP_TIMEOUT)
    _wait_for(kubectl, "jobs", count, lambda job: True, "to be made by the operator")
    jobs = kubectl.list("jobs")
    api = client.ApiClient(load_configuration(kubectl.kubeconfig))
    with ThreadPoolExecutor(WRITERS) as writers:
        _drain(writers.map(partial(_finish, api, kubectl.namespace), jobs))
    _wait_for(kubectl, KIND, count, lambda job: holds(job, "Complete"), "to be complete")


def _wait_for(
    kubectl: Kubectl, kind: str, count: int, reached: Callable[[Manifest], bool], what: str
) -> None:
    wait_until(
        lambda: sum(map(reached, kubectl.list(kind))) == count,
        f"{count} {kind} {what}",
        timeout=STEP_TIMEOUT,
        interval=1.0,
    )


def _drain(results: Iterable[None]) -> None:
    for _ in results:  # raises what a writer raised
        pass


def _finish(api: Any, namespace: str, job: Manifest) -> None:
    """A result that was delivered, a pod that succeeded, a Job that is complete."""
    core, batch = client.CoreV1Api(api), client.BatchV1Api(api)
    now = format_time(datetime.now(UTC))
    core.create_namespaced_config_map(namespace, _build_result(job))
    pod = _build_pod(job)
    core.create_namespaced_pod(namespace, pod)
    name = pod["metadata"]["name"]
    core.patch_namespaced_pod_status(name, namespace, {"status": _build_pod_status(pod, now)})
    batch.patch_namespaced_job_status(
        job["metadata"]["name"], namespace, {"status": _build_job_status(now)}
    )


def _build_result(job: Manifest) -> Manifest:
    metadata = job["metadata"]
    return {
        "metadata": {
            "name": name_result(metadata["name"]),
            "labels": metadata["labels"],
            "ownerReferences": metadata["ownerReferences"],
        },
        "binaryData": {"solution.json.gz": "H4sIAAAAAAAC/w=="},
    }


def _build_pod(job: Manifest) -> Manifest:
    metadata, template = job["metadata"], job["spec"]["template"]
    owner = {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "name": metadata["name"],
        "uid": metadata["uid"],
        "controller": True,
        "blockOwnerDeletion": True,
    }
    return {
        "metadata": {
            "name": f"{metadata['name']}-bench",
            "labels": template["metadata"]["labels"],
            "ownerReferences": [owner],
        },
        "spec": {**template["spec"], "nodeName": "bench"},
    }


def _build_pod_status(pod: Manifest, now: str) -> Manifest:
    container = pod["spec"]["containers"][0]
    terminated = {
        "exitCode": 0,
        "reason": "Completed",
        "message": _ANSWER.model_dump_json(by_alias=True, exclude_none=True),
        "startedAt": now,
        "finishedAt": now,
        "containerID": f"containerd://{'0' * 64}",
    }
    conditions = {
        "PodReadyToStartContainers": "False",
        "Initialized": "True",
        "Ready": "False",
        "ContainersReady": "False",
        "PodScheduled": "True",
    }
    return {
        "phase": "Succeeded",
        "startTime": now,
        "conditions": [
            {"type": kind, "status": status, "lastTransitionTime": now}
            for kind, status in conditions.items()
        ],
        "containerStatuses": [
            {
                "name": CONTAINER,
                "image": container["image"],
                "imageID": f"{container['image']}@sha256:{'0' * 64}",
                "ready": False,
                "started": False,
                "restartCount": 0,
                "state": {"terminated": terminated},
            }
        ],
    }


def _build_job_status(now: str) -> Manifest:
    conditions = [
        {"type": kind, "status": "True", "lastProbeTime": now, "lastTransitionTime": now}
        for kind in ("SuccessCriteriaMet", "Complete")
    ]
    return {
        "startTime": now,
        "completionTime": now,
        "succeeded": 1,
        "ready": 0,
        "uncountedTerminatedPods": {},
        "conditions": conditions,
    }
