"""Why a run has not started yet, with a message that says what to do; pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta

from argmin.api.storage import ACCESS_KEY_ID, SECRET_ACCESS_KEY
from argmin.backends.field_paths import name_secrets
from argmin.backends.pods.objects import (
    POD_READY_TO_START,
    POD_SCHEDULED,
    LiveJob,
    LivePod,
    Waiting,
)
from argmin.backends.pods.template import CONTAINER
from argmin.backends.run import Run
from argmin.backends.state import RunReason

PATIENCE = timedelta(seconds=20)
"""How long a start may take before the status reports a problem: some are reported by events only,
which argmin does not read."""
MOUNTED_BY = timedelta(seconds=60)
"""How long the kubelet may report missing volumes before the status reports a problem."""
LONGEST_PAUSE = timedelta(seconds=60)

_PULL_REASONS = ("ErrImagePull", "ImagePullBackOff", "ErrImageNeverPull", "RegistryUnavailable")
_BACK_OFF = re.compile(r'^Back-off pulling image "[^"]*"(: (ErrImagePull: )?)?')
_CONNECTION = re.compile(r"\b(read|write) (udp|tcp) \S+->\S+: ")
"""Addresses and ports of one connection: they differ in every attempt."""


@dataclass(frozen=True)
class Delay:
    """Why a run waits; without a reason while it is too early to tell."""

    reason: RunReason | None = None
    message: str | None = None
    permanent: bool = False
    look_again: timedelta | None = None


def explain_waiting(pod: LivePod, run: Run, now: datetime) -> Delay | None:
    """Why a pod has not started; `None` if nothing is wrong."""
    waiting = pod.find_container(CONTAINER).waiting
    found = _explain_container(waiting, run) if waiting else _explain_scheduling(pod)
    return found or _explain_volumes(pod, run, now)


def explain_no_pods(job: LiveJob, now: datetime) -> Delay | None:
    """Why a Job has no pod at all; `None` if it has had some, or the reason is unknown."""
    since = job.status.start_time
    if since is None or job.status.failed > 0:
        return None
    if now - since < PATIENCE:
        return Delay(look_again=PATIENCE - (now - since))
    name = job.metadata.name
    return Delay(
        RunReason.PODS_NOT_CREATED,
        "no pod could be made: a quota, a limit range, an admission policy or a missing service"
        f" account may refuse it; kubectl describe job {name} tells which",
    )


def is_stuck(pod: LivePod, now: datetime) -> bool:
    """Whether a pod was scheduled long ago and has not started."""
    since = pod.status.start_time
    return pod.status.phase == "Pending" and since is not None and now - since >= PATIENCE


def _explain_volumes(pod: LivePod, run: Run, now: datetime) -> Delay | None:
    since = pod.status.start_time
    if since is None:
        return None
    waited = now - since
    if waited < PATIENCE:
        return Delay(look_again=PATIENCE - waited)
    secrets = _describe_secrets(run)
    asks = f"kubectl describe pod {pod.metadata.name} tells what it waits for"
    again = min(waited, LONGEST_PAUSE)
    if secrets and waited >= MOUNTED_BY and _lacks_volumes(pod):
        message = f"the volumes of its pod cannot be mounted: create {secrets}, or name another"
        return Delay(RunReason.VOLUMES_NOT_READY, f"{message}; {asks}", True, again)
    needs = f", for which it needs {secrets}" if secrets else ""
    message = f"its node is still preparing the image or the volumes{needs}; {asks}"
    return Delay(RunReason.VOLUMES_NOT_READY, message, look_again=again)


def _lacks_volumes(pod: LivePod) -> bool:
    """Whether the kubelet has no volumes and no sandbox yet: images come after these."""
    found = (c for c in pod.status.conditions if c.type == POD_READY_TO_START)
    return any(c.status == "False" for c in found)


def _describe_secrets(run: Run) -> str:
    """The Secrets that a mount may be waiting for: argmin cannot read them."""
    secrets = name_secrets(run)
    return secrets and f"{secrets} with the keys {ACCESS_KEY_ID} and {SECRET_ACCESS_KEY}"


def _explain_container(waiting: Waiting, run: Run) -> Delay | None:
    if waiting.reason in _PULL_REASONS:
        # The kubelet alternates between two messages for one cause: the status reports one of them.
        cause = _CONNECTION.sub("", _BACK_OFF.sub("", waiting.message))
        return Delay(
            RunReason.IMAGE_PULL,
            f'image "{run.image}" cannot be pulled{": " if cause else ""}{cause};'
            " correct spec.image, or name a login for its registry in spec.imagePullSecrets",
            permanent=True,
        )
    if waiting.reason == "InvalidImageName":
        return Delay(
            RunReason.INVALID_IMAGE_NAME,
            f'"{run.image}" is no image name: correct spec.image',
            permanent=True,
        )
    if waiting.reason == "CreateContainerConfigError":
        return Delay(
            RunReason.CONTAINER_CONFIG,
            f"the container cannot be set up: {waiting.message};"
            " create what is missing, or correct spec.env",
            permanent=True,
        )
    if waiting.reason in ("CreateContainerError", "RunContainerError"):
        return Delay(
            RunReason.CONTAINER_CREATION,
            f'the container of image "{run.image}" cannot be made: {waiting.message}',
            permanent=True,
        )
    return None


def _explain_scheduling(pod: LivePod) -> Delay | None:
    conditions = (c for c in pod.status.conditions if c.type == POD_SCHEDULED)
    found = next(conditions, None)
    if found is None or found.status != "False":
        return None
    return Delay(
        RunReason.UNSCHEDULABLE,
        f"no node can take the run: {found.message} (spec.resources, spec.nodeSelector and"
        " spec.tolerations say what it needs)",
    )
