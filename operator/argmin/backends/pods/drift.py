"""The changes that an existing Job needs; pure.

Most fields of a Job are immutable, and a newer argmin may build another template. So a Job is never
applied again: only the few mutable fields are patched.
"""

from __future__ import annotations

from typing import Any

from argmin.backends.pods.job import build_labels, build_owner_reference
from argmin.backends.pods.objects import SUSPENDED, LiveJob, OwnerReference
from argmin.backends.run import Owner, Run
from argmin.plan import Manifest


def find_drift(live: LiveJob, run: Run) -> Manifest:
    """The merge patch that makes a Job match its run; empty if it does.

    A Job in a queue is suspended and resumed by the queue, and here only without one.
    """
    body: Manifest = {}
    metadata = _find_metadata_drift(live, run)
    spec = _find_spec_drift(live, run)
    if metadata:
        body["metadata"] = metadata
    if spec:
        body["spec"] = spec
    return body


def decide_suspension(live: LiveJob, run: Run) -> bool:
    """Whether the Job should be suspended now."""
    if run.suspend:
        return True
    if run.queue_labels or not live.spec.suspend:
        return live.spec.suspend
    # Resumed only after its controller has seen the suspension: otherwise its start time would
    # stay that of the former period, and time would count twice.
    return live.status.start_time is not None and live.find(SUSPENDED) is None


def _find_spec_drift(live: LiveJob, run: Run) -> Manifest:
    suspend = decide_suspension(live, run)
    wanted: dict[str, Any] = {
        "suspend": suspend,
        "parallelism": 1,
        "backoffLimit": run.backoff_limit,
        "activeDeadlineSeconds": _choose_deadline(live, run, suspend),
    }
    found = live.spec.model_dump(by_alias=True)
    return {name: value for name, value in wanted.items() if found[name] != value}


def _choose_deadline(live: LiveJob, run: Run, suspend: bool) -> int | None:
    # On resumption Kubernetes first compares the deadline with the start of the former period,
    # as if the pause had counted. So a Job that was active before gets its deadline back only
    # when its controller has written the new start.
    was_active = live.status.start_time is not None
    return None if was_active and (suspend or live.keeps_old_start) else run.deadline_seconds


def _find_metadata_drift(live: LiveJob, run: Run) -> Manifest:
    metadata: Manifest = {}
    labels = {k: v for k, v in _list_labels(live, run).items() if live.metadata.labels.get(k) != v}
    if labels:
        metadata["labels"] = labels
    if not _is_owned(live, run.owner):
        others = [_dump(r) for r in live.metadata.owner_references if r.uid != run.owner.uid]
        metadata["ownerReferences"] = [*others, build_owner_reference(run.owner)]
    return metadata


def _list_labels(live: LiveJob, run: Run) -> dict[str, str]:
    # A queue does not allow its running Jobs to change queues.
    queue = dict(run.queue_labels) if live.spec.suspend else {}
    return build_labels(run.owner) | queue


def _is_owned(live: LiveJob, owner: Owner) -> bool:
    wanted = build_owner_reference(owner)
    return any(_dump(reference) == wanted for reference in live.metadata.owner_references)


def _dump(reference: OwnerReference) -> Manifest:
    return reference.to_wire()
