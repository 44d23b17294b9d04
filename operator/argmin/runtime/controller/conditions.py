"""Conditions that the engine itself sets, on the JSON status of any kind."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from argmin.api.conditions import (
    RECONCILING,
    STALLED,
    condition,
    is_finished,
    set_condition,
)
from argmin.api.meta import Condition
from argmin.api.optimization.stored_status import join_path
from argmin.plan import Manifest

INVALID_SPEC = "InvalidSpec"
REFUSED = "ApplyRefused"
INTERNAL_ERROR = "InternalError"
STATUS_REFUSED = "StatusRefused"

_OURS = frozenset({INVALID_SPEC, REFUSED, INTERNAL_ERROR, STATUS_REFUSED})
_MESSAGE_LIMIT = 4096
_QUOTED_LIMIT = 1024
_REMEDY = (
    "if it is too large, have the run report less, keep the rest in its outputs, and change the"
    " spec to run it anew; if not, install the CRDs of this version of argmin"
)
_PENDING = "Pending"
_MISSING = "is missing: write it"


def set_stalled(manifest: Manifest, reason: str, message: str, now: datetime) -> Manifest:
    """The object's status, with condition `Stalled` and its reason."""
    status = _explain(manifest, STALLED, RECONCILING, reason, message, now)
    if not is_finished(status):
        status["state"] = STALLED
    return status


def minimal_status(manifest: Manifest, refusal: str, now: datetime) -> Manifest:
    """The last accepted status, with the reason why the API server refused the next one."""
    message = f"{refusal[:_QUOTED_LIMIT]}: {_REMEDY}"
    return set_stalled(manifest, STATUS_REFUSED, message, now)


def set_retrying(manifest: Manifest, reason: str, message: str, now: datetime) -> Manifest:
    """The object's status, with condition `Reconciling` and what is being retried."""
    status = _explain(manifest, RECONCILING, STALLED, reason, message, now)
    if status.get("state") == STALLED:
        status["state"] = _PENDING
    return status


def drop_own_conditions(manifest: Manifest) -> Manifest:
    """The object as passed to its kind: without the conditions that the engine set before."""
    status = manifest.get("status") or {}
    conditions = status.get("conditions") or ()
    if not _is_list_of_mappings(conditions):
        return manifest
    kept = [c for c in conditions if c.get("reason") not in _OURS]
    if len(kept) == len(conditions):
        return manifest
    return {**manifest, "status": {**status, "conditions": kept}}


def explain_defect(error: Exception) -> str:
    """The message of an internal error; for a response that cannot be parsed, its fields."""
    if isinstance(error, ValidationError):
        return (
            "argmin cannot read what it looked at, and tries again; this is not the fault of the"
            f" spec: {error.title}: {explain_invalid(error)}"
        )
    return "argmin failed on this object and tries again: see the operator's log"


def explain_invalid(error: ValidationError) -> str:
    """One sentence for each field: its path, and what to write instead."""
    return "; ".join(
        f"{join_path(each['loc']) or 'object'}: {_phrase(each)}"
        for each in error.errors(include_url=False, include_input=False)
    )


def _phrase(error: ErrorDetails) -> str:
    return _MISSING if error["type"] == "missing" else error["msg"].removeprefix("Value error, ")


def _explain(
    manifest: Manifest, holds: str, holds_not: str, reason: str, message: str, now: datetime
) -> Manifest:
    status = manifest.get("status") or {}
    listed = status.get("conditions") or ()
    if not _is_list_of_mappings(listed):
        return dict(status)  # overwriting them would lose their content
    generation = manifest["metadata"].get("generation")
    said = (
        condition(holds, True, reason, message[:_MESSAGE_LIMIT], now, generation),
        condition(holds_not, False, reason, "", now, generation),
    )
    conditions = tuple(found for c in listed if (found := _read(c)))
    for wanted in said:
        conditions = set_condition(conditions, wanted)
    kept = [c for c in listed if not _read(c) and c.get("type") not in (holds, holds_not)]
    return {
        **status,
        "conditions": sorted(
            [*(c.to_wire() for c in conditions), *kept], key=lambda c: str(c.get("type"))
        ),
        "observedGeneration": generation,
    }


def _read(written: Manifest) -> Condition | None:
    """A condition, or `None` if it does not match the schema (another writer or version)."""
    try:
        return Condition.model_validate(written)
    except ValidationError:
        return None


def _is_list_of_mappings(value: Any) -> bool:
    return isinstance(value, list | tuple) and all(isinstance(item, dict) for item in value)
