"""A set of runs in the status of a kind: which there are, what they need next, how they ended.

Any kind with runs has these steps: want, observe, decide. Only what is computed differs.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from pydantic import Field

from argmin.api.backend import JOB_UID, AttemptStatus, BackendFields
from argmin.api.base import list_map
from argmin.api.meta import Metadata
from argmin.api.run import RunDocument
from argmin.api.scalars import Timestamp
from argmin.api.task import ProgramTask
from argmin.backends.backend import Observations
from argmin.backends.dispatch import find_execution, find_leftovers
from argmin.backends.execution import (
    Actions,
    OwnerState,
    RunMemory,
    RunRequest,
    RunSet,
    build_run_set,
    merge_actions,
)
from argmin.backends.rules.chain import decide_run
from argmin.backends.rules.context import RunEnd, build_context
from argmin.backends.run import Owner, Run
from argmin.backends.state import RunPhase
from argmin.plan import Key, Manifest, Runs

_OVER = (RunPhase.SUCCEEDED, RunPhase.FAILED)


class RunStatus(BackendFields):
    """One run of an object."""

    name: str = Field(description="Name of the run.")
    namespace: str = Field(description="Namespace of its Job and pods.")
    phase: str = Field(description="Its stage, or how it has ended.")
    objective: str | None = Field(default=None, description="Objective of its answer.")
    active_since: Timestamp | None = Field(default=None, description="Start of its active period.")
    active_seconds: int | None = Field(default=None, description="Running time before, in s.")
    attempts: tuple[AttemptStatus, ...] = Field(
        default=(), description="Its attempts.", json_schema_extra=list_map("name")
    )


@dataclass(frozen=True)
class RunsDecision:
    """What all runs of an object need, and their status afterwards."""

    actions: Actions
    statuses: tuple[RunStatus, ...]
    are_over: bool
    have_failed: bool
    requeue_after: timedelta | None
    uids: Mapping[tuple[str | int, ...], Key]
    """Of new Jobs, as `Plan.uids` has them."""


@dataclass(frozen=True)
class _Step:
    """What one run needs, and its status afterwards."""

    actions: Actions
    status: RunStatus
    requeue_after: timedelta | None = None


def build_run(owner: Owner, namespace: str, number: int, text: str) -> Run:
    """The run of this number, which has a name of its own for each text."""
    digest = hashlib.sha256(text.encode()).hexdigest()[:6]
    program = ProgramTask(path="/opt/ml/processing/input/source/part.py", args=(text,))
    name = f"{owner.name}-{number}{digest}"
    document = RunDocument(
        name=owner.name, namespace=namespace, uid=owner.uid, run=name, task=program
    )
    return Run(name, namespace, owner, document, inputs=(), image="solvers:1")


def want_runs(
    owner: Owner, metadata: Metadata, runs: Iterable[Run], statuses: Sequence[RunStatus]
) -> RunSet:
    """The set of runs of an object, with what its status records of them."""
    is_deleted = metadata.deletion_timestamp is not None
    memories = {
        status.name: RunMemory(
            backend_ref=BackendFields.model_validate(status.to_fields()),
            attempts=status.attempts,
            active_since=status.active_since,
            active_seconds=status.active_seconds,
            is_finished=status.phase in _OVER,
            namespace=status.namespace,
        )
        for status in statuses
    }
    state = OwnerState(owner, metadata.finalizers, metadata.resource_version, is_deleted)
    return build_run_set(state, runs, memories)


def decide_runs(
    run_set: RunSet, before: Sequence[RunStatus], seen: Observations, now: datetime
) -> RunsDecision:
    """Start what is wanted, repair what runs, clean up what is wanted no more; pure."""
    recorded = {status.name: status for status in before}
    requests = run_set.requests.items()
    steps = [_step(request, recorded.get(name), seen, now) for name, request in requests]
    leftovers = find_leftovers(run_set, seen, now)
    going = [recorded[name] for name in run_set.removed if leftovers.actions or leftovers.awaited]
    pauses = [*(step.requeue_after for step in steps), leftovers.look_again]
    return RunsDecision(
        merge_actions((leftovers.actions, *(step.actions for step in steps))),
        (*(step.status for step in steps), *going),
        are_over=all(step.status.phase in _OVER for step in steps),
        have_failed=any(step.status.phase == RunPhase.FAILED for step in steps),
        requeue_after=min((pause for pause in pauses if pause is not None), default=None),
        uids={
            ("runs", index, JOB_UID): step.actions.job
            for index, step in enumerate(steps)
            if step.actions.job
        },
    )


def _step(
    request: RunRequest, status: RunStatus | None, seen: Observations, now: datetime
) -> _Step:
    """The next step of a run's life, and what its status says then."""
    if request.is_finished and status:
        return _Step(Actions(), status)
    context = build_context(request, find_execution(request, seen, now), now)
    decision = decide_run(context)
    change, memory = decision.change, decision.memory
    objective = None
    if not isinstance(change, RunEnd):
        phase = str(change.stage)
    else:
        phase = RunPhase.SUCCEEDED if change.has_answer else RunPhase.FAILED
        answer = change.attempt and change.attempt.answer
        objective = answer and answer.solve.objective
    after = RunStatus(
        name=request.run.name,
        namespace=request.run.namespace,
        phase=phase,
        objective=objective,
        attempts=memory.attempts,
        active_since=memory.active_since,
        active_seconds=memory.active_seconds,
        **memory.backend_ref.to_fields(),
    )
    return _Step(decision.actions, after, decision.requeue_after)


def list_runs(manifest: Manifest) -> Runs:
    """The runs that the status names: those that may report, and those that have ended."""
    listed = (manifest.get("status") or {}).get("runs") or ()
    over = frozenset(run["name"] for run in listed if run["phase"] in _OVER)
    uids = {run["name"]: run.get(JOB_UID, "") for run in listed if run["name"] not in over}
    return Runs(uids, over)
