"""A set of runs in the status of a kind: which there are, what they need next, how they ended.

Any kind with runs has these steps: want, observe, decide. Only what is computed differs.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from pydantic import Field

from argmin.api.answer import Outcome
from argmin.api.backend import JOB_UID, AttemptStatus, BackendFields, BackendName
from argmin.api.base import list_map
from argmin.api.meta import Metadata
from argmin.api.run import RunDocument, RunScript
from argmin.backends.attempts import remember_attempts
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
from argmin.backends.run import Owner, Run
from argmin.backends.state import RunPhase
from argmin.plan import Manifest, Runs

_OVER = (RunPhase.SUCCEEDED, RunPhase.FAILED)


class RunStatus(BackendFields):
    """One run of an object."""

    name: str = Field(description="Name of the run.")
    namespace: str = Field(description="Namespace of its Job and pods.")
    phase: RunPhase = Field(default=RunPhase.PENDING, description="Where it stands.")
    objective: str | None = Field(default=None, description="Objective of its answer.")
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


def build_run(owner: Owner, namespace: str, number: int, text: str) -> Run:
    """The run of this number, which has a name of its own for each text."""
    digest = hashlib.sha256(text.encode()).hexdigest()[:6]
    script = RunScript(path="/opt/ml/processing/input/source/part.py", args=(text,))
    name = f"{owner.name}-{number}{digest}"
    document = RunDocument(
        name=owner.name, namespace=namespace, uid=owner.uid, run=name, script=script
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
            is_finished=status.phase in _OVER,
            namespace=status.namespace,
        )
        for status in statuses
    }
    state = OwnerState(owner, metadata.finalizers, is_deleted)
    return build_run_set(state, runs, memories)


def decide_runs(
    run_set: RunSet, before: Sequence[RunStatus], seen: Observations, now: datetime
) -> RunsDecision:
    """Start what is wanted, repair what runs, clean up what is wanted no more; pure."""
    recorded = {status.name: status for status in before}
    decisions = [_decide(r, recorded, seen, now) for r in run_set.requests.values()]
    leftovers = find_leftovers(run_set, seen, now)
    going = [recorded[name] for name in run_set.removed if leftovers.actions or leftovers.awaited]
    statuses = tuple(status for _, status in decisions)
    return RunsDecision(
        merge_actions((leftovers.actions, *(actions for actions, _ in decisions))),
        (*statuses, *going),
        are_over=all(status.phase in _OVER for status in statuses),
        have_failed=any(status.phase is RunPhase.FAILED for status in statuses),
    )


def _decide(
    request: RunRequest, recorded: dict[str, RunStatus], seen: Observations, now: datetime
) -> tuple[Actions, RunStatus]:
    run = request.run
    status = recorded.get(run.name) or RunStatus(
        name=run.name, namespace=run.namespace, backend=BackendName.PODS
    )
    if request.is_finished:
        return Actions(), status
    execution = find_execution(request, seen, now)
    state = execution.state
    answer = next((a.answer for a in state.attempts if a.is_over and a.answer), None)
    attempts = remember_attempts(status.attempts, state.attempts, now, execution.messages.gone)
    phase = state.phase
    if answer:
        phase = RunPhase.FAILED if answer.outcome is Outcome.ERROR else RunPhase.SUCCEEDED
    status = status.model_copy(
        update={
            **execution.backend_ref.to_fields(),
            "attempts": attempts,
            "phase": RunPhase.PENDING if phase is RunPhase.ABSENT else phase,
            "objective": answer and answer.objective,
        }
    )
    if phase in _OVER or execution.is_being_deleted:
        return Actions(), status
    if execution.exists:
        return execution.repair(run), status
    stale = execution.delete_stale_config_map(run)
    return stale or execution.start(run, "the spec wants it"), status


def list_runs(manifest: Manifest) -> Runs:
    """The runs that the status names: those that may report, and those that have ended."""
    listed = (manifest.get("status") or {}).get("runs") or ()
    over = frozenset(run["name"] for run in listed if run["phase"] in _OVER)
    uids = {run["name"]: run.get(JOB_UID, "") for run in listed if run["name"] not in over}
    return Runs(uids, over)
