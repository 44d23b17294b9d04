"""Conditions that the engine itself sets, on the status of any kind as it stands on the wire."""

from __future__ import annotations

from datetime import datetime

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from argmin.api.common import Condition
from argmin.api.conditions import (
    COMPLETE,
    FAILED,
    RECONCILING,
    STALLED,
    condition,
    is_true,
    set_condition,
)
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


def stall(manifest: Manifest, reason: str, message: str, now: datetime) -> Manifest:
    """The object's status, with `Stalled` saying why nothing more can be done for now."""
    status = _explain(manifest, STALLED, RECONCILING, reason, message, now)
    conditions = [Condition.model_validate(c) for c in status["conditions"]]
    if not is_true(conditions, COMPLETE) and not is_true(conditions, FAILED):
        status["state"] = STALLED
    return status


def shrink(manifest: Manifest, refusal: str, now: datetime) -> Manifest:
    """The last status that was taken, saying why the one that was to follow is not."""
    message = f"{refusal[:_QUOTED_LIMIT]}: {_REMEDY}"
    return stall(manifest, STATUS_REFUSED, message, now)


def keep_trying(manifest: Manifest, reason: str, message: str, now: datetime) -> Manifest:
    """The object's status, with `Reconciling` saying what is tried again and again."""
    status = _explain(manifest, RECONCILING, STALLED, reason, message, now)
    if status.get("state") == STALLED:
        status["state"] = _PENDING
    return status


def forget_own(manifest: Manifest) -> Manifest:
    """The object as a kind is to see it: without what we said in an earlier reconcile."""
    status = manifest.get("status") or {}
    conditions = status.get("conditions") or ()
    kept = [c for c in conditions if c.get("reason") not in _OURS]
    if len(kept) == len(conditions):
        return manifest
    return {**manifest, "status": {**status, "conditions": kept}}


def explain_invalid(error: ValidationError) -> str:
    """One sentence a field: its path, and what to write instead."""
    return "; ".join(
        f"{_join(each['loc']) or 'object'}: {_phrase(each)}"
        for each in error.errors(include_url=False, include_input=False)
    )


def _phrase(error: ErrorDetails) -> str:
    return _MISSING if error["type"] == "missing" else error["msg"].removeprefix("Value error, ")


def _join(location: tuple[int | str, ...]) -> str:
    parts = (f"[{part}]" if isinstance(part, int) else f".{part}" for part in location)
    return "".join(parts).lstrip(".")


def _explain(
    manifest: Manifest, holds: str, holds_not: str, reason: str, message: str, now: datetime
) -> Manifest:
    status = manifest.get("status") or {}
    generation = manifest["metadata"].get("generation")
    conditions = tuple(Condition.model_validate(c) for c in status.get("conditions") or ())
    for wanted in (
        condition(holds, True, reason, message[:_MESSAGE_LIMIT], now, generation),
        condition(holds_not, False, reason, "", now, generation),
    ):
        conditions = set_condition(conditions, wanted)
    return {
        **status,
        "conditions": [c.to_wire() for c in conditions],
        "observedGeneration": generation,
    }
