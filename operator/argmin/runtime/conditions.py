"""Conditions that the engine itself sets, on the status of any kind as it stands on the wire."""

from __future__ import annotations

from datetime import datetime

from pydantic import ValidationError

from argmin.api.common import Condition
from argmin.api.conditions import RECONCILING, STALLED, condition, set_condition
from argmin.plan import Manifest

INVALID_SPEC = "InvalidSpec"
_MESSAGE_LIMIT = 4096


def stall(manifest: Manifest, reason: str, message: str, now: datetime) -> Manifest:
    """The object's status, with `Stalled` saying why nothing more can be done for now."""
    status = dict(manifest.get("status") or {})
    generation = manifest["metadata"].get("generation")
    conditions = tuple(Condition.model_validate(c) for c in status.get("conditions") or ())
    message = message[:_MESSAGE_LIMIT]
    for wanted in (
        condition(STALLED, True, reason, message, now, generation),
        condition(RECONCILING, False, reason, "", now, generation),
    ):
        conditions = set_condition(conditions, wanted)
    status["conditions"] = [c.to_wire() for c in conditions]
    status["observedGeneration"] = generation
    status["state"] = STALLED
    return status


def explain_invalid(error: ValidationError) -> str:
    """One sentence a field: its path, and what to write instead."""
    return "; ".join(
        f"{'.'.join(str(part) for part in each['loc']) or 'object'}: "
        + each["msg"].removeprefix("Value error, ")
        for each in error.errors(include_url=False)
    )
