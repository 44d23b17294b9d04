"""Reading the state of a run from its Job and pods; pure, and raises nothing."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from argmin.api.answer import Reason, RunReport
from argmin.backends.answers import parse_answer
from argmin.backends.pods.objects import (
    COMPLETE,
    DISRUPTION_TARGET,
    FAILED,
    FAILURE_TARGET,
    SUSPENDED,
    LiveCondition,
    LiveJob,
    LivePod,
    Terminated,
)
from argmin.backends.pods.pending import explain_no_pods, explain_waiting
from argmin.backends.pods.template import CONTAINER
from argmin.backends.run import Run
from argmin.backends.state import Attempt, RunPhase, RunReason, RunState

_ENDLESS_PAST = datetime.min.replace(tzinfo=UTC)
_MESSAGE_LIMIT = 1024

_DISRUPTIONS = {
    "PreemptionByScheduler": (
        RunReason.PREEMPTED,
        "a pod of higher priority took its place",
    ),
    "DeletionByTaintManager": (RunReason.NODE_LOST, "its node no longer tolerates it"),
    "DeletionByPodGC": (RunReason.NODE_LOST, "its node is gone"),
    "EvictionByEvictionAPI": (RunReason.EVICTED, "it was evicted, as by a drain of its node"),
    "TerminationByKubelet": (RunReason.EVICTED, "its node stopped it"),
}
_JOB_REASONS = {
    "DeadlineExceeded": RunReason.DEADLINE_EXCEEDED,
    "BackoffLimitExceeded": RunReason.BACKOFF_LIMIT_EXCEEDED,
}


def read_state(run: Run, job: LiveJob | None, pods: Sequence[LivePod], now: datetime) -> RunState:
    """The state of a run from its Job and the pods that still exist."""
    if job is None:
        return RunState(RunPhase.ABSENT)
    attempts = tuple(read_attempt(run, pod) for pod in sorted(pods, key=_order))
    held = job.find(SUSPENDED)
    shared: dict[str, Any] = {
        "attempts": attempts,
        "active_since": None if job.spec.suspend or held else job.status.start_time,
        "held_since": held.last_transition_time if held else None,
    }
    finished = _read_end(job)
    if finished:
        phase, condition = finished
        return RunState(
            phase,
            reason=_JOB_REASONS.get(condition.reason, RunReason.FAILED)
            if phase is not RunPhase.SUCCEEDED
            else None,
            message=condition.message,
            ended=condition.last_transition_time,
            **shared,
        )
    if job.spec.suspend:
        waits_in_queue = bool(run.queue_labels) and not run.suspend
        return RunState(RunPhase.QUEUED if waits_in_queue else RunPhase.SUSPENDED, **shared)
    if any(attempt.phase is RunPhase.RUNNING for attempt in attempts):
        return RunState(RunPhase.RUNNING, **shared)
    return _read_waiting(run, job, pods, now, shared)


def _read_end(job: LiveJob) -> tuple[RunPhase, LiveCondition] | None:
    ends = (
        (RunPhase.SUCCEEDED, job.find(COMPLETE)),
        (RunPhase.FAILED, job.find(FAILED)),
        (RunPhase.ENDING, job.find(FAILURE_TARGET)),
    )
    return next(((phase, found) for phase, found in ends if found), None)


def _read_waiting(
    run: Run, job: LiveJob, pods: Sequence[LivePod], now: datetime, shared: dict[str, Any]
) -> RunState:
    pending = [pod for pod in pods if pod.status.phase == "Pending" and not _is_being_deleted(pod)]
    if pending:
        waiting = explain_waiting(pending[-1], run, now)
    else:
        waiting = explain_no_pods(job, now) if not pods else None
    if waiting is None:
        return RunState(RunPhase.PENDING, **shared)
    return RunState(
        RunPhase.PENDING,
        reason=waiting.reason,
        message=waiting.message,
        permanent=waiting.permanent,
        look_again=waiting.look_again,
        **shared,
    )


def _order(pod: LivePod) -> tuple[datetime, str]:
    return pod.metadata.creation_timestamp or _ENDLESS_PAST, pod.metadata.name


def _is_being_deleted(pod: LivePod) -> bool:
    return pod.metadata.deletion_timestamp is not None


def read_attempt(run: Run, pod: LivePod) -> Attempt:
    """One attempt from its pod."""
    state = pod.find_container(CONTAINER)
    phase = _read_phase(pod, state.terminated)
    started = state.running.started_at if state.running else None
    attempt = Attempt(
        name=pod.metadata.name,
        phase=phase,
        node=pod.spec.node_name,
        started=started,
        stopped=_is_being_deleted(pod) or pod.find(DISRUPTION_TARGET) is not None,
    )
    return _read_ending(run, pod, state.terminated, attempt) if attempt.is_over else attempt


def _read_phase(pod: LivePod, terminated: Terminated | None) -> RunPhase:
    # The container's termination is used at once: the pod's phase may follow in a later update.
    if terminated:
        return RunPhase.SUCCEEDED if terminated.exit_code == 0 else RunPhase.FAILED
    return {
        "Pending": RunPhase.PENDING,
        "Succeeded": RunPhase.SUCCEEDED,
        "Failed": RunPhase.FAILED,
    }.get(pod.status.phase, RunPhase.RUNNING)


def _read_ending(
    run: Run, pod: LivePod, terminated: Terminated | None, attempt: Attempt
) -> Attempt:
    answer = parse_answer(terminated.message) if terminated else None
    if answer and not _has_platform_cause(pod, terminated, answer):
        reason, message = str(answer.reason), answer.message
    else:
        reason, message = _explain_ending(run, pod, terminated)
    return Attempt(
        name=attempt.name,
        phase=attempt.phase,
        node=attempt.node,
        exit_code=terminated.exit_code if terminated else None,
        reason=reason,
        message=message[:_MESSAGE_LIMIT] or None,
        answer=answer,
        started=terminated.started_at if terminated else None,
        finished=terminated.finished_at if terminated else None,
        stopped=attempt.stopped,
    )


def _has_platform_cause(pod: LivePod, terminated: Terminated | None, answer: RunReport) -> bool:
    """Whether Kubernetes reports the cause of an end of which the runner saw only the effect.

    The runner survives a program that is killed for its memory, and SIGTERM carries no cause.
    """
    if terminated and terminated.reason == "OOMKilled":
        return not answer.has_result
    stopped = pod.find(DISRUPTION_TARGET) is not None or pod.status.reason == RunReason.EVICTED
    return answer.reason is Reason.INTERRUPTED and stopped


def _explain_ending(run: Run, pod: LivePod, terminated: Terminated | None) -> tuple[str, str]:
    if terminated and terminated.reason == "OOMKilled":
        return RunReason.OOM_KILLED, explain_out_of_memory(run)
    if terminated and terminated.reason in ("StartError", "ContainerCannotRun"):
        return RunReason.CANNOT_START, (
            f'image "{run.image}" cannot start argmin\'s runner: {terminated.message};'
            " an image of your own is built from argmin's solver image"
        )
    disruption = pod.find(DISRUPTION_TARGET)
    if disruption:
        default = (RunReason.EVICTED, "it was stopped from outside")
        reason, text = _DISRUPTIONS.get(disruption.reason, default)
        return reason, f"{text}: {disruption.message or pod.status.message}".rstrip(": ")
    if pod.status.reason:
        return _explain_pod(pod)
    if _is_being_deleted(pod):
        return RunReason.STOPPED, "its pod was deleted"
    return _explain_exit(terminated)


def _explain_pod(pod: LivePod) -> tuple[str, str]:
    text = f"{pod.status.reason}: {pod.status.message}".rstrip(": ")
    # The kubelet reports the cause only as text, which has not changed since 2017.
    if "EmptyDir volume" in pod.status.message:
        advice = "write less, or raise spec.resources.ephemeralStorage"
        return RunReason.SCRATCH_FULL, f"{text}; {advice}"
    known = {r.value: r for r in RunReason}
    return known.get(pod.status.reason, RunReason.EVICTED), text


def _explain_exit(terminated: Terminated | None) -> tuple[str, str]:
    if terminated is None:
        return RunReason.CRASHED, "its pod failed, and no container of it says why"
    if terminated.exit_code == 0:
        return RunReason.STOPPED, ""
    text = " ".join(terminated.message.split())
    ending = f"the runner ended with exit code {terminated.exit_code} and no answer"
    return RunReason.CRASHED, f"{ending}: {text}" if text else ending


def explain_out_of_memory(run: Run) -> str:
    """The message for a run that was killed for its memory."""
    limit = run.resources.limits.get("memory")
    if limit is None:
        return (
            "the run was killed because its node ran out of memory:"
            " ask for what it needs in spec.resources.requests.memory"
        )
    return (
        f"the run needed more than its memory limit of {limit} and was killed:"
        " raise spec.resources.limits.memory, or use fewer threads"
    )
